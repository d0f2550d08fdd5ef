"""data preview, as a user types it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from radtl_tf.cli.preview import chosen_rows


def test_a_sheet_is_written(tmp_path: Path, radiographs_in: Any, radtl: Any) -> None:
    manifest = radiographs_in(tmp_path)
    words = ["data", "preview", manifest, "--positive", "sick", "--image-size", 32, "--pixels", "tf"]
    result = radtl(*words, "--augmentation", "published", "--per-class", 2, "--out", tmp_path / "sheet.html")
    assert result.exit_code == 0, result.output
    page = (tmp_path / "sheet.html").read_text()
    assert page.count("<img") == 2 * 2 * 3  # classes, images, plain and two views
    assert "000.png" not in page and "0001" not in page  # no path, no patient
    unknown = radtl(*words[:-1], "tff", "--out", tmp_path / "other.html")
    assert unknown.exit_code == 1 and "did you mean 'tf'" in unknown.stderr


def test_rows_are_drawn_per_class_and_the_same_again() -> None:
    labels, patients = [("a",), ("b",), ("a", "b"), ("a",), ()], list("uvwxy")
    chosen = chosen_rows(labels, patients, 2, 1)
    assert chosen == chosen_rows(labels, patients, 2, 1)
    assert {name: len(rows) for name, rows in chosen.items()} == {"a": 2, "b": 2}
    assert set(chosen["b"]) == {1, 2}


@pytest.mark.parametrize("seed", range(5))
def test_images_of_other_patients_come_first(seed: int) -> None:
    labels, patients = [("a",)] * 6, list("uuuuvw")
    assert {patients[row] for row in chosen_rows(labels, patients, 3, seed)["a"]} == {"u", "v", "w"}
    assert len(chosen_rows(labels, patients, 5, seed)["a"]) == 5  # three patients are not enough for five
