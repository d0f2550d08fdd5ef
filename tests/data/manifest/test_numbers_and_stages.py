"""Cells of numbers and stages."""

from __future__ import annotations

import math

import pytest

from radtl_tf.data.manifest.label_cells import read_cells
from radtl_tf.data.manifest.labels import assemble
from radtl_tf.data.manifest.numbers_and_stages import number_of, number_texts, stage_names, text_of
from radtl_tf.errors import DataError
from radtl_tf.records.experiment import Task

AGE = Task(kind="regression", label="age", label_unit="years")
STAGE = Task(kind="ordinal", label="stage", classes=("CS1", "CS2", "CS3"))


@pytest.mark.parametrize(
    ("cell", "number"),
    [("12", 12), ("12.5", 12.5), (" 12,5 ", 12.5), ("-3", -3), ("\N{MINUS SIGN}3", -3), (".5", 0.5), ("1e2", 100)]
    + [("１２", 12)],
)
def test_a_number_is_read_as_spreadsheets_write_it(cell: str, number: float) -> None:
    assert number_of(cell) == number
    assert number_of(text_of(number)) == number


@pytest.mark.parametrize(
    "cell", ["10Y", "10 years", "1979-03-02", "1,234.5", "1.234.567", "ten", "nan", "inf", "1_000"]
)
def test_what_is_not_one_number_is_none(cell: str) -> None:
    assert math.isnan(number_of(cell))


def test_an_age_with_its_unit_is_refused_with_its_line_and_an_example() -> None:
    with pytest.raises(DataError) as caught:
        number_texts([("10", 2), ("10Y", 3), ("018M", 4)], AGE)
    assert all(word in str(caught.value) for word in ("2 cells", "line 3", "'10Y'", "10.5", "years"))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("cell", ["Yamada Hanako", "1979-03-02", "A-17-004"])
def test_a_cell_that_may_name_a_patient_is_not_shown(cell: str) -> None:
    with pytest.raises(DataError) as caught:
        number_texts([(cell, 2)], AGE)
    assert cell not in str(caught.value)


def test_a_number_too_large_for_a_computer_is_refused() -> None:
    with pytest.raises(DataError, match="finite"):
        number_texts([("1e400", 2)], AGE)


def test_points_and_commas_in_one_column_are_refused() -> None:
    assert number_texts([("1,5", 2), ("2", 3)], AGE) == ["1.5", "2.0"]
    with pytest.raises(DataError, match="line 3"):
        number_texts([("1.5", 2), ("1,234", 3)], AGE)


def test_missing_numbers_are_refused_or_left_out() -> None:
    cells, lines = {"age": ["7", "", "NaN", "8"]}, [2, 3, 4, 5]
    with pytest.raises(DataError, match=r"2 labels are missing.*line 3"):
        read_cells(cells, lines, AGE)
    found = read_cells(cells, lines, Task(**{**vars(AGE), "missing": "ignore"}))
    assert found.rows == (0, 3) and found.labels.names == (("7.0",), ("8.0",)) and found.counts.left_out == 2


def test_numbers_become_the_truth() -> None:
    cases = assemble([("7.5",), ("-1.0",), ("7.5",)], ["a", "b", "a"], Task(**{**vars(AGE), "unit": "patient"}))
    assert cases.truth.tolist() == [7.5, -1.0, 7.5] and cases.truth.dtype == float
    assert (cases.classes, cases.num_outputs, cases.all_known) == ((), 1, True)
    assert cases.marks.shape == (3, 0)


@pytest.mark.parametrize("names", [[("7.0",), ("7.0",)], [("7.0",), ()], [("7.0",), ("nan",)]])
def test_equal_or_absent_numbers_are_refused(names: list[tuple[str, ...]]) -> None:
    with pytest.raises(DataError):
        assemble(names, ["a", "b"], AGE)


def test_a_patient_with_two_numbers_has_none_of_their_own() -> None:
    labels = [("7.0",), ("8.0",), ("8.0",)]
    with pytest.raises(DataError, match="1 patients"):
        assemble(labels, ["a", "a", "b"], Task(**{**vars(AGE), "unit": "patient"}))
    assert assemble(labels, ["a", "a", "b"], Task(**{**vars(AGE), "unit": "image"})).unit == "image"


def test_stages_keep_the_order_of_the_task() -> None:
    cases = assemble([("CS3",), ("CS1",), ("CS2",)], ["a", "b", "c"], STAGE)
    assert cases.truth.tolist() == [2, 0, 1] and cases.num_outputs == 2
    assert cases.labels.tolist() == [[1, 1], [0, 0], [1, 0]]
    assert cases.columns.tolist() == cases.labels.tolist()
    assert cases.marks.tolist() == [[0, 0, 1], [1, 0, 0], [0, 1, 0]]


def test_a_stage_may_be_a_number_in_another_form() -> None:
    task = Task(kind="ordinal", label="stage", classes=("0", "1", "2"))
    assert stage_names([("1.0", 2), ("0", 3), ("2", 4)], task) == ["1", "0", "2"]


def test_a_stage_that_is_not_listed_is_named() -> None:
    with pytest.raises(DataError) as caught:
        read_cells({"stage": ["CS1", "CS7", "CS2"]}, [2, 3, 4], STAGE)
    assert all(word in str(caught.value) for word in ("'CS7'", "line 3", "CS1, CS2, CS3"))


def test_many_strange_stages_may_be_names_of_people_and_are_not_shown() -> None:
    names = [f"person {number}" for number in range(9)]
    with pytest.raises(DataError) as caught:
        stage_names([(name, line) for line, name in enumerate(names)], STAGE)
    assert "person 0'" not in str(caught.value)


def test_a_stage_that_no_image_has_is_named() -> None:
    with pytest.raises(DataError, match="'CS3'"):
        assemble([("CS1",), ("CS2",)], ["a", "b"], STAGE)
