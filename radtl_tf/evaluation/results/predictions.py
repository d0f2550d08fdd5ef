"""Read ``predictions.csv`` and check everything that the statistics rely on."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from radtl_tf.errors import DataError, nearest
from radtl_tf.records.runs import BINARY, Target

RUN = ["scenario", "repeat", "fold"]
_WHOLE = ("repeat", "fold", "example")
_SUM = 1e-3  # the scores of a multiclass task add up to 1 except for rounding
_RANGES = {
    "part": "'inner' or 'test'",
    "repeat": "a whole number from 0",
    "fold": "a whole number from 0",
    "example": "a whole number from 0",
}
_ADVICE = "Delete the file and run the experiment again to rebuild it."


def read_predictions(path: Path, target: Target = BINARY, leave_out: Collection[str] = ()) -> pd.DataFrame:
    """Read the predictions of an experiment: one row per scenario, repeat, fold and example.

    Text stays text, so a patient ``001`` is not ``1``. ``target`` gives the columns: a truth is 0 or 1, a score a
    probability; of a regression both are numbers. An empty truth of a multilabel task is NaN: the label is not known.
    ``leave_out`` names scenarios to ignore.

    Raises:
        DataError: a column is missing, a value is out of range, a run is missing, scenarios were tested on different
            cases, or a patient is on both sides of a split.
    """
    read = _read_clean(path, target)
    table = _as_numbers(_read_text(path, target) if read is None else read, path, target)
    if leave_out:
        table = table[~table["scenario"].isin(leave_out)].reset_index(drop=True)
    _check_one_class(table, path, target)
    _check_order(table, path, target)
    _check_no_duplicates(table, path)
    _check_every_run(table, path)
    _check_same_cases(table, path, target)
    _check_split(table, path, target)
    return table


def _read_clean(path: Path, target: Target) -> pd.DataFrame | None:
    """Return the table with numbers read as such, which is much faster than ``_read_text``.

    ``None`` where something is not a number or missing: ``_read_text`` names it. Equal texts are one object, which
    makes grouping fast.
    """
    if target.kind == "multilabel":  # an empty truth is allowed
        return None
    numbers = dict.fromkeys((*_WHOLE, *target.truth, *target.score), "float64")
    kinds = {name: numbers.get(name, "category") for name in target.columns}
    rules: dict[str, Any] = {"keep_default_na": False, "na_filter": False}
    try:
        table = pd.read_csv(path, dtype=kinds, usecols=list(target.columns), encoding="utf-8", **rules)
    except (OSError, ValueError):  # pandas' parser errors are ValueErrors
        return None
    if table.empty:
        return None
    texts = {name: table[name].astype(object) for name in target.columns if name not in numbers}
    return table.assign(**texts)[list(target.columns)]


def _read_text(path: Path, target: Target) -> pd.DataFrame:
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False, na_filter=False, encoding="utf-8")
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}). Run the experiment first.") from error
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: not a table of predictions. {_ADVICE}") from error
    missing = [name for name in target.columns if name not in table]
    if missing:
        hint = nearest(missing[0], table.columns)
        raise DataError(f"{path}: has no column {missing[0]!r}{hint}; expected {', '.join(target.columns)}. {_ADVICE}")
    if table.empty:
        raise DataError(f"{path}: contains no predictions. Run the experiment first.")
    return table[list(target.columns)]


def _as_numbers(table: pd.DataFrame, path: Path, target: Target) -> pd.DataFrame:
    """Turn the numeric columns into numbers and refuse the first value that is not a number or out of range."""
    whole = _WHOLE if target.is_number else (*_WHOLE, *target.truth)
    numbers = {name: pd.to_numeric(table[name], errors="coerce") for name in (*_WHOLE, *target.truth, *target.score)}
    good = {name: (numbers[name] >= 0) & (numbers[name] % 1 == 0) for name in _WHOLE}
    unknown = {name: (table[name] == "") & (target.kind == "multilabel") for name in target.truth}
    if target.is_number:
        good |= {name: np.isfinite(numbers[name]) for name in ("truth", "score")}
    else:
        good |= {name: numbers[name].isin((0, 1)) | unknown[name] for name in target.truth}
        good |= {name: numbers[name].between(0, 1) for name in target.score}
    good["part"] = table["part"].isin(("inner", "test"))
    truth, score = ("a number",) * 2 if target.is_number else ("0 or 1", "a probability from 0 to 1")
    ranges = dict.fromkeys(target.truth, truth) | dict.fromkeys(target.score, score)
    for name, expected in (_RANGES | ranges).items():
        if not good[name].all():
            line = int(np.argmin(good[name])) + 2  # line 1 is the header
            raise DataError(f"{path}, line {line}: {name} is not {expected}. {_ADVICE}")
    decimal = (*target.truth, *target.score) if target.is_number else target.score
    scores = {name: numbers[name].astype(float) for name in decimal}
    partly = [name for name in target.truth if unknown[name].any()]  # NaN needs floats
    as_int = {name: numbers[name].astype(np.int64) for name in whole if name not in partly}
    return table.assign(**as_int, **{name: numbers[name] for name in partly}, **scores)


def _check_one_class(table: pd.DataFrame, path: Path, target: Target) -> None:
    """Each case of a multiclass task is of one class, and its scores add up to 1."""
    if target.kind != "multiclass":
        return
    several = (table[list(target.truth)].sum(axis=1) != 1).to_numpy()
    odd = several | (np.abs(table[list(target.score)].sum(axis=1) - 1) > _SUM).to_numpy()
    if odd.any():
        line = int(np.argmax(odd)) + 2
        what = "does not have exactly one class" if several[line - 2] else "has scores that do not add up to 1"
        raise DataError(f"{path}, line {line}: a case of this multiclass task {what}. {_ADVICE}")


def _check_order(table: pd.DataFrame, path: Path, target: Target) -> None:
    """A case of an ordinal task that is above a stage is above every lower stage, too."""
    if target.kind != "ordinal":
        return
    odd = (np.diff(table[list(target.truth)].to_numpy(), axis=1) > 0).any(axis=1)
    if odd.any():
        raise DataError(
            f"{path}, line {int(np.argmax(odd)) + 2}: the truth is above a stage, but not above a lower one. {_ADVICE}"
        )


def _check_no_duplicates(table: pd.DataFrame, path: Path) -> None:
    twice = table.duplicated([*RUN, "example"])
    if twice.any():
        raise DataError(
            f"{path}, line {int(np.argmax(twice)) + 2}: this row repeats a prediction of the same run and example. "
            f"{_ADVICE}"
        )


def _check_every_run(table: pd.DataFrame, path: Path) -> None:
    """Every scenario has every (repeat, fold) that another one has."""
    runs = table.loc[table["part"] == "test", RUN].drop_duplicates()
    expected = runs[RUN[1:]].drop_duplicates().merge(table[["scenario"]].drop_duplicates(), how="cross")
    absent = expected.merge(runs, how="left", indicator=True).query("_merge == 'left_only'")
    if len(absent):
        first = absent.iloc[0]
        raise DataError(
            f"{path}: scenario {first['scenario']!r} has no test predictions for repeat {first['repeat']}, fold "
            f"{first['fold']} ({len(absent)} of {len(expected)} runs are missing). Run the experiment again."
        )


def _check_same_cases(table: pd.DataFrame, path: Path, target: Target) -> None:
    """All scenarios were tested on the same examples, with the same patients and truth, in each (repeat, fold)."""
    columns = ["repeat", "fold", "example", "patient", *target.truth]
    groups = table[table["part"] == "test"].groupby("scenario", sort=False)[columns]
    name, first = next(iter(groups))
    for other, group in groups:
        if _same(group, first):
            continue
        cases, reference = (of.sort_values(columns[:3]).reset_index(drop=True) for of in (group, first))
        if not cases.equals(reference):
            odd = reference.merge(cases, how="outer", indicator=True).query("_merge != 'both'").iloc[0]
            raise DataError(
                f"{path}: scenarios {name!r} and {other!r} were tested on different cases in repeat {odd['repeat']}, "
                f"fold {odd['fold']}; a comparison needs the same cases. {_ADVICE}"
            )


def _same(one: pd.DataFrame, other: pd.DataFrame) -> bool:
    """Whether all rows are equal and in the same order, as radtl writes them."""
    return one.reset_index(drop=True).equals(other.reset_index(drop=True))


def _check_split(table: pd.DataFrame, path: Path, target: Target) -> None:
    """Each patient is tested in one fold of a repeat and absent from its inner part; test parts have every class."""
    pairs = table[["repeat", "fold", "part", "patient"]].drop_duplicates()
    tested = pairs[pairs["part"] == "test"]
    if tested.duplicated(["repeat", "patient"]).any():
        raise DataError(
            f"{path}: a patient is tested in two folds of one repeat; folds must not share patients. {_ADVICE}"
        )
    if pairs.duplicated(["repeat", "fold", "patient"]).any():
        raise DataError(f"{path}: a patient is in the inner part and in the test part of one fold. {_ADVICE}")
    if target.is_number:
        return
    classes = table[table["part"] == "test"].groupby(["repeat", "fold"])[list(target.truth)].nunique()
    fewest = classes.min(axis=1)
    if (fewest < 2).any():
        repeat, fold = fewest.index[int(np.argmin(fewest))]
        lacks = "has only one class" if target.is_binary else "has a class with all of its cases or with none"
        raise DataError(f"{path}: the test part of repeat {repeat}, fold {fold} {lacks}. Use fewer folds.")
