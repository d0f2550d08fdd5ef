from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from radtl_tf.data.manifest.label_cells import CellLabels, read_cells
from radtl_tf.errors import DataError
from radtl_tf.records.experiment import Task

CHEXPERT = {"A": ["1.0", "0.0", "-1.0", "", ""], "B": ["0.0", "1.0", "1.0", "nan", "0"]}
MARKS = Task(kind="multilabel", label=("A", "B"))


def read(columns: Mapping[str, Sequence[str]], task: Task, **policy: Any) -> CellLabels:
    lines = range(2, 2 + len(next(iter(columns.values()))))
    return read_cells(columns, list(lines), replace(task, **policy))


def test_a_table_with_gaps_is_refused_with_counts_columns_and_first_lines() -> None:
    with pytest.raises(DataError) as caught:
        read(CHEXPERT, MARKS)
    message = str(caught.value)
    for part in ("3 labels", "'A' 2, 'B' 1; first line 5", "1 label ", "'A' 1; first line 4"):
        assert part in message
    assert "\n" not in message
    with pytest.raises(DataError, match="uncertain"):
        read(CHEXPERT, MARKS, missing="ignore")


def test_the_policies_of_columns_of_yes_and_no() -> None:
    found = read(CHEXPERT, MARKS, missing="no", uncertain="yes")
    assert found.labels.names == (("A",), ("B",), ("A", "B"), (), ())
    assert not any(found.labels.unknown)
    assert (found.counts.missing, found.counts.uncertain) == ({"A": 2, "B": 1}, {"A": 1})
    found = read(CHEXPERT, MARKS, missing="ignore", uncertain="no")
    assert found.rows == (0, 1, 2, 4)
    assert found.labels.names == (("A",), ("B",), ("B",), ())
    assert found.labels.unknown == ((), (), (), ("A",))
    assert found.counts.left_out == 1
    assert len(found.said) == 3


def test_a_mark_that_says_something_else_is_refused() -> None:
    with pytest.raises(DataError, match=r"\b2 rows .*'A'.* line 3"):
        read({"A": ["1", "x", "x"], "B": ["0", "0", "0"]}, MARKS)


@pytest.mark.parametrize(
    ("policy", "names", "rows"),
    [
        ({"missing": "ignore", "uncertain": "ignore"}, ("1.0", "0.0"), (0, 1)),
        ({"missing": "no", "uncertain": "ignore"}, ("1.0", "0.0", "0.0"), (0, 1, 3)),
        ({"missing": "ignore", "uncertain": "yes"}, ("1.0", "0.0", "1.0"), (0, 1, 2)),
        ({"missing": "no", "uncertain": "no"}, ("1.0", "0.0", "0.0", "0.0"), (0, 1, 2, 3)),
    ],
)
def test_the_policies_of_one_binary_column(policy: Any, names: tuple[str, ...], rows: tuple[int, ...]) -> None:
    found = read({"label": ["1.0", "0.0", "-1.0", "NaN"]}, Task(positive="1"), **policy)
    assert (tuple(name for (name,) in found.labels.names), found.rows) == (names, rows)
    assert any("'1.0'" in line for line in found.said)


def test_blanks_may_be_the_only_no_of_a_column() -> None:
    found = read({"label": ["present", "", " "]}, Task(positive="present"), missing="no")
    assert found.labels.names == (("present",), (), ())


def test_minus_one_is_a_class_beside_other_words() -> None:
    found = read({"label": ["-1", "left", "-1"]}, Task(positive="left"))
    assert found.labels.names == (("-1",), ("left",), ("-1",))
    found = read({"label": ["?", "left", "right"]}, Task(positive="left"), uncertain="ignore")
    assert found.rows == (1, 2)


def test_missing_labels_of_several_classes_can_only_be_left_out() -> None:
    task = Task(kind="multiclass")
    with pytest.raises(DataError) as caught:
        read({"label": ["a", "NA", "b"]}, task)
    assert "'ignore'" in str(caught.value)
    assert "'no'" not in str(caught.value)
    assert read({"label": ["a", "NA", "b"]}, task, missing="ignore").rows == (0, 2)
    with pytest.raises(DataError, match="known"):
        read({"label": ["", "NA"]}, task, missing="ignore")


def test_an_empty_list_is_an_answer_and_a_marker_is_none() -> None:
    task = Task(kind="multilabel", label_separator="|")
    found = read({"label": ["x|y", "", "x"]}, task)
    assert (found.labels.names, found.rows, len(found.said)) == ((("x", "y"), (), ("x",)), (0, 1, 2), 1)
    assert read({"label": ["x|y", "", "x"]}, task, missing="ignore").rows == (0, 2)
    with pytest.raises(DataError, match="1 label "):
        read({"label": ["x|y", "nan", ""]}, task)
    assert read({"label": ["x|NA", "NA"]}, replace(task, classes=("x", "NA"))).labels.names == (("x", "NA"), ("NA",))
