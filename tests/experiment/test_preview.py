"""The choice of radiographs on a contact sheet."""

from __future__ import annotations

from radtl_tf.experiment.preview import chosen_rows


def test_rows_are_drawn_per_class_and_the_same_again() -> None:
    labels = [("a",), ("b",), ("a", "b"), ("a",), ()]
    chosen = chosen_rows(labels, "01234", 2, 1)
    assert chosen == chosen_rows(labels, "01234", 2, 1)
    assert {name: len(rows) for name, rows in chosen.items()} == {"a": 2, "b": 2}
    assert set(chosen["b"]) == {1, 2}


def test_a_second_image_of_a_patient_comes_after_all_first_ones() -> None:
    labels = [("a",)] * 6
    assert {len({"001123"[row] for row in chosen_rows(labels, "001123", 4, seed)["a"]}) for seed in range(20)} == {4}
