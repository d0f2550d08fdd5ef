from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from radtl_tf.errors import DataError
from radtl_tf.evaluation.results.predictions import read_predictions
from radtl_tf.records.runs import BINARY, Target


@pytest.fixture
def table() -> pd.DataFrame:
    """Two scenarios, two folds, each with two test patients and two inner ones."""
    rows = [
        (scenario, 0, fold, part, example, f"00{example}", example % 2, 0.25 + example / 10)
        for scenario in ("a", "b")
        for fold in (0, 1)
        for part, examples in (("test", (2 * fold, 2 * fold + 1)), ("inner", (2 - 2 * fold, 3 - 2 * fold)))
        for example in examples
    ]
    return pd.DataFrame(rows, columns=list(BINARY.columns))


def write(table: pd.DataFrame, folder: Path) -> Path:
    path = folder / "predictions.csv"
    table.to_csv(path, index=False)
    return path


def test_text_stays_text(table: pd.DataFrame, tmp_path: Path) -> None:
    table = table.replace({"patient": {"001": "NA"}, "scenario": {"b": "1e5"}})
    found = read_predictions(write(table, tmp_path))
    assert set(found["patient"]) == {"000", "NA", "002", "003"}
    assert set(found["scenario"]) == {"a", "1e5"}
    pd.testing.assert_frame_equal(found, table, check_dtype=False)


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("score", "", "line 4: score"),
        ("score", "nan", "line 4: score"),
        ("score", "inf", "line 4: score"),
        ("score", "1.01", "line 4: score"),
        ("score", "high", "line 4: score"),
        ("truth", "2", "line 4: truth"),
        ("truth", "0.5", "line 4: truth"),
        ("part", "train", "line 4: part"),
        ("fold", "-1", "line 4: fold"),
        ("example", "1.5", "line 4: example"),
    ],
)
def test_bad_values_are_refused_with_their_line(
    table: pd.DataFrame, tmp_path: Path, column: str, value: str, said: str
) -> None:
    table = table.astype(object)
    table.loc[2, column] = value
    with pytest.raises(DataError, match=re.escape(said)) as caught:
        read_predictions(write(table, tmp_path))
    assert "\n" not in str(caught.value)


def drop(rows: str) -> Callable[[pd.DataFrame], pd.DataFrame]:
    return lambda table: table.drop(table.query(rows).index)


def put(rows: str, **values: object) -> Callable[[pd.DataFrame], pd.DataFrame]:
    def change(table: pd.DataFrame) -> pd.DataFrame:
        table.loc[table.query(rows).index, list(values)] = list(values.values())
        return table

    return change


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda table: table.drop(columns="score"), "'score'"),
        (lambda table: table.rename(columns={"patient": "patients"}), "'patient' .*'patients'"),
        (lambda table: table[:0], "no prediction"),
        (lambda table: pd.concat([table, table[:1]]), "line 18: "),
        (drop("scenario == 'b' and fold == 1"), "'b' .*repeat 0, fold 1"),
        (drop("scenario == 'b' and example == 2 and part == 'test'"), "cases .*repeat 0, fold 1"),
        (put("scenario == 'b' and example == 2", truth=1), "cases .*repeat 0, fold 1"),
        (put("scenario == 'b' and example == 2", patient="x"), "cases .*repeat 0, fold 1"),
        (put("example == 2", patient="000"), "two folds"),
        (put("part == 'inner' and fold == 0 and example == 2", patient="000"), "inner .*test"),
        (put("example == 3", truth=0), "repeat 0, fold 1 .*one class"),
    ],
)
def test_what_cannot_be_compared_is_refused(
    table: pd.DataFrame, tmp_path: Path, change: Callable[[pd.DataFrame], pd.DataFrame], said: str
) -> None:
    with pytest.raises(DataError, match=said) as caught:
        read_predictions(write(change(table), tmp_path))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b'a,b\n"1,2\n1,2,3,4\n'])
def test_what_is_no_table_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "predictions.csv").write_bytes(content)
    with pytest.raises(DataError, match="predictions.csv"):
        read_predictions(tmp_path / "predictions.csv")


def test_a_missing_file_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"predictions\.csv"):
        read_predictions(tmp_path / "predictions.csv")


def test_a_truncated_file_is_refused(table: pd.DataFrame, tmp_path: Path) -> None:
    path = write(table, tmp_path)
    path.write_text(path.read_text()[:-12])
    with pytest.raises(DataError, match="line 17"):
        read_predictions(path)


def test_an_empty_truth_is_a_label_that_nobody_knows_in_a_multilabel_task_only(
    table: pd.DataFrame, tmp_path: Path
) -> None:
    target = Target("multilabel", ("a", "b"))
    both = table.drop(columns=["truth", "score"]).assign(
        truth_a=table["truth"], truth_b=table["truth"], score_a=table["score"], score_b=0.5
    )
    both["truth_b"] = both["truth_b"].astype(float).mask(both["part"] == "inner")
    found = read_predictions(write(both, tmp_path), target)
    assert (found["truth_a"].dtype.kind, found["truth_b"].dtype.kind) == ("i", "f")
    assert found["truth_b"].isna().tolist() == (both["part"] == "inner").tolist()
    with pytest.raises(DataError, match="line 4: truth"):
        read_predictions(write(table.assign(truth=table["truth"].astype(float).mask(table.index == 2)), tmp_path))


def test_numbers_may_be_any_finite_number(table: pd.DataFrame, tmp_path: Path) -> None:
    number = Target("regression", ())
    table = table.assign(truth=table["example"] + 7.5, score=table["score"] - 3)
    found = read_predictions(write(table, tmp_path), number)
    assert found["truth"].tolist() == table["truth"].tolist()
    assert found["score"].tolist() == pytest.approx(table["score"].tolist())
    for column, value in (("truth", "inf"), ("score", "old"), ("truth", "")):
        odd = table.astype(object)
        odd.loc[2, column] = value
        with pytest.raises(DataError, match=f"line 4: {column} is not a number"):
            read_predictions(write(odd, tmp_path), number)


def test_a_stage_above_a_threshold_is_above_every_lower_one(table: pd.DataFrame, tmp_path: Path) -> None:
    ordinal = Target("ordinal", ("a", "b", "c"))
    rows = table.drop(columns=["truth", "score"])
    rows = rows.assign(**{"truth_above a": table["truth"], "truth_above b": 0})
    rows.loc[rows["example"] == 3, "truth_above b"] = 1
    rows = rows.assign(**{"score_above a": 0.6, "score_above b": 0.4})
    rows.loc[rows["example"] == 1, ["truth_above a", "truth_above b"]] = [0, 1]
    with pytest.raises(DataError, match="above a stage, but not above a lower one"):
        read_predictions(write(rows, tmp_path), ordinal)
