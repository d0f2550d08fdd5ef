from __future__ import annotations

import pytest

from radtl_tf.data.manifest.label_words import alike, is_missing, mark, written_as


@pytest.mark.parametrize("cell", ["1", "1.0", "1,0", " YES ", "True", "t", "Y", "+1"])
def test_yes_in_all_its_forms(cell: str) -> None:
    assert mark(cell) == "yes"


@pytest.mark.parametrize("cell", ["0", "0.0", "No", "FALSE", "f", "n", "-0"])
def test_no_in_all_its_forms(cell: str) -> None:
    assert mark(cell) == "no"


def test_what_a_mark_is_besides() -> None:
    assert [mark(cell) for cell in ("-1", "-1.0", "?", "Uncertain")] == ["uncertain"] * 4
    assert [mark(cell) for cell in ("", "NaN", "#N/A", "NA", "None", "null", "#DIV/0!")] == ["missing"] * 7
    assert [mark(cell) for cell in ("2", "present", "1 0", "inf")] == [""] * 4


def test_none_names_a_class_and_na_does_not() -> None:
    assert (is_missing("none"), is_missing("NA")) == (False, True)


@pytest.mark.parametrize(
    ("name", "labels", "found"),
    [
        ("1", ("0.0", "1.0"), "1.0"),
        ("1.0", ("0", "1"), "1"),
        ("yes", ("0", "1"), "1"),
        ("true", ("TRUE", "FALSE"), "TRUE"),
        ("1", ("1", "1.0"), "1"),
        ("1", ("yes", "1.0"), None),
        ("3", ("3.0", "2.0"), "3.0"),
        ("present", ("Present", "absent"), None),
    ],
)
def test_a_class_is_found_in_another_form(name: str, labels: tuple[str, ...], found: str | None) -> None:
    assert written_as(name, labels) == found


def test_classes_that_are_one() -> None:
    assert alike(["b", "B", "a  b", "A B", "ab", "c", "2", "2.0", "1"]) == [
        ("2", "2.0"),
        ("A B", "a  b", "ab"),
        ("B", "b"),
    ]
    assert alike(["caries", "none", "0", "1"]) == []
