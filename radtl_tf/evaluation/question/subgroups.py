"""The question within subgroups, such as sex and age, and the patients in each part."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from radtl_tf.data.folds.draw import MIN_INNER_PATIENTS as MIN_PATIENTS
from radtl_tf.errors import DataError
from radtl_tf.evaluation.inference.comparison import difference
from radtl_tf.evaluation.inference.corrected_t import fold_mean
from radtl_tf.evaluation.metrics.auroc import auroc
from radtl_tf.evaluation.question.chosen_runs import Pair, Side
from radtl_tf.evaluation.results.experiment_record import ExperimentRecord
from radtl_tf.evaluation.results.predictions import RUN
from radtl_tf.evaluation.results.run_parts import RunKey, RunParts
from radtl_tf.records.folder import OutputFolder

UNKNOWN = "unknown"
BANDS = {"age": 20.0, "spacing": 0.05}  # widths, in years and mm
OF_PATIENTS = ("age", "sex")  # described per patient; other properties may differ between a patient's images
COLUMNS = (
    *("name", "value", "images", "patients", "positives", "a", "b"),
    *("auroc_a", "a_low", "a_high", "auroc_b", "b_low", "b_high"),
    *("difference", "ci_low", "ci_high", "reason"),
)
SIDE_COLUMNS = ("name", "value", "images", "patients", "positives", "auroc", "low", "high", "reason")
_MOST_NAMED = 6


@dataclass(frozen=True)
class Subgroups:
    """``table``: per subgroup (``name`` = ``value``) and pair of sides the counts, and the AUROCs or the ``reason``.

    AUROCs and their difference have 95 % intervals (``a_low``, ``a_high``, ...; ``ci_low`` and ``ci_high`` for the
    difference).

    ``demographics``: per repeat, fold and part a text per name. ``notes``: which subgroups are small.
    """

    table: pd.DataFrame
    demographics: pd.DataFrame
    notes: tuple[str, ...]


def subgroups(folder: Path, record: ExperimentRecord, predictions: pd.DataFrame, pairs: Sequence[Pair]) -> Subgroups:
    """Return the question within each requested subgroup, and the patients in each part.

    Raises:
        DataError: ``metadata.csv`` is missing or damaged, or has other examples.
    """
    names = record.experiment.evaluation.subgroups
    metadata = read_metadata(folder, record, names)
    rows, notes = [], []
    for name in names:
        groups = banded(name, metadata[name])
        for value in sorted(groups.unique(), key=_in_order):
            inside = predictions[predictions["example"].isin(groups.index[groups == value])]
            counts, few = _counts(inside)
            notes += [f"{name} = {value} has fewer than {MIN_PATIENTS} patients of a class ({few})"] * (
                few < MIN_PATIENTS
            )
            rows += [(name, value, *counts, *_compared(record, inside, predictions, pair)) for pair in pairs]
    said = [f"The AUROCs of small subgroups are unreliable: {'; '.join(notes)}."] * bool(notes)
    if names and not pairs:
        said.append(
            "No AUROCs of subgroups: they compare the weights of the question, and this experiment declares "
            "no question."
        )
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    return Subgroups(table, demographics(record.folds, metadata), tuple(said))


def subgroups_of(folder: Path, record: ExperimentRecord, predictions: pd.DataFrame, side: Side) -> pd.DataFrame:
    """Return the AUROC of one side, with its 95 % interval, within each requested subgroup.

    The columns are ``name``, ``value``, ``images``, ``patients``, ``positives``, ``auroc``, ``low``, ``high`` and
    ``reason``, which says why a subgroup has no AUROC. ``predictions`` have all runs of the side.

    Raises:
        DataError: ``metadata.csv`` is missing or damaged, or has other examples.
    """
    names, rows = record.experiment.evaluation.subgroups, []
    metadata = read_metadata(folder, record, names)
    for name in names:
        groups = banded(name, metadata[name])
        for value in sorted(groups.unique(), key=_in_order):
            inside = predictions[predictions["example"].isin(groups.index[groups == value])]
            rows.append((name, value, *_counts(inside)[0], *_of_side(record, inside, predictions, side)))
    return pd.DataFrame(rows, columns=list(SIDE_COLUMNS))


def read_metadata(folder: Path, record: ExperimentRecord, names: Sequence[str]) -> pd.DataFrame:
    """Return ``metadata.csv``: a text per example (index) and name, and also age and sex if they are stored.

    An unknown value is an empty text. Experiments of earlier versions store nothing without ``names``.

    Raises:
        DataError: the file is missing or damaged, or has other examples than the folds.
    """
    path = OutputFolder(folder).metadata
    if not names and not path.exists():
        return pd.DataFrame(index=pd.Index([], name="example"))
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8")
        table = table.astype({"example": "int64"}).set_index("example")
        table = table[list(dict.fromkeys((*(name for name in OF_PATIENTS if name in table), *names)))]
    except (OSError, KeyError, ValueError) as error:  # pandas' parser errors are ValueErrors
        columns = ", ".join(("example", *names))
        raise DataError(
            f"{path}: missing or damaged; expected the columns {columns}. Run the experiment again."
        ) from error
    if set(table.index) != set(record.folds["example"]):
        raise DataError(f"{path}: has other examples than folds.csv. Delete the file and run the experiment again.")
    return table.replace(r"^'(?=[=+\-@])", "", regex=True)


def banded(name: str, values: pd.Series) -> pd.Series:
    """Return the subgroup of each value: ages in bands of 20 years, spacing in bands of 0.05 mm, others unchanged.

    >>> banded("age", pd.Series(["19", "20", "90", ""])).tolist()
    ['0 to 19', '20 to 39', '80 and above', 'unknown']
    """
    if name not in BANDS:
        return values.where(values != "", UNKNOWN)
    return pd.to_numeric(values, errors="coerce").map(_years if name == "age" else _millimeters)


def demographics(folds: pd.DataFrame, metadata: pd.DataFrame) -> pd.DataFrame:
    """Return per repeat, fold and part a text per name: mean and SD of numbers, counts of the others.

    Age and sex come from each patient's first image in the part; other properties are counted per image.
    """
    if metadata.columns.empty:
        return pd.DataFrame(columns=["repeat", "fold", "part"])
    rows = folds.join(metadata, on="example").sort_values("example")
    found = []
    for (repeat, fold, part), group in rows.groupby(["repeat", "fold", "part"]):
        persons = group.drop_duplicates("patient")
        texts = {
            str(name): _described(str(name), (persons if name in OF_PATIENTS else group)[name]) for name in metadata
        }
        found.append({"repeat": repeat, "fold": fold, "part": part, **texts})
    return pd.DataFrame(found)


def _years(age: float) -> str:
    if math.isnan(age):
        return UNKNOWN
    low = int(age // BANDS["age"] * BANDS["age"])
    return f"{low} to {low + 19}" if low < 80 else "80 and above"


def _millimeters(spacing: float) -> str:
    if math.isnan(spacing):
        return UNKNOWN
    low = math.floor(spacing / BANDS["spacing"] + 1e-9) * BANDS["spacing"]
    return f"{low:.2f} to {low + BANDS['spacing']:.2f} mm"


def _in_order(value: str) -> tuple[bool, float, str]:
    """Sort bands by their number, words by their letters, and unknown values last."""
    first = value.split(" ")[0]
    number = float(first) if first.replace(".", "", 1).isdecimal() else -1.0
    return value == UNKNOWN, number, value


def _counts(inside: pd.DataFrame) -> tuple[tuple[int, int, int], int]:
    """Return images, patients and positive images, and the patients of the rarer class."""
    images = inside.drop_duplicates("example")
    of_class = [images.loc[images["truth"] == label, "patient"].nunique() for label in (0, 1)]
    return (len(images), images["patient"].nunique(), int(images["truth"].sum())), min(of_class)


def _compared(
    record: ExperimentRecord, inside: pd.DataFrame, predictions: pd.DataFrame, pair: Pair
) -> tuple[object, ...]:
    """Return the sides, their AUROCs and the difference, each with its interval, or the reason why there are none."""
    names = pair[0].name, pair[1].name
    lacking = _lacking(inside, predictions)
    if lacking:
        reason = f"{lacking} of {record.num_test_parts} test parts lack a class"
        return (*names, *(math.nan,) * 9, reason)
    value = partial(_auroc, RunParts(inside, record.data.unit))
    first, second = (side.of(value) for side in pair)
    test = difference(first, second, record.num_folds)
    return (*names, *_estimate(record, first), *_estimate(record, second), test.mean, *test.interval(), "")


def _of_side(
    record: ExperimentRecord, inside: pd.DataFrame, predictions: pd.DataFrame, side: Side
) -> tuple[object, ...]:
    """Return the AUROC of a side with its interval, or the reason why there is none."""
    lacking = _lacking(inside, predictions)
    if lacking:
        return (*(math.nan,) * 3, f"{lacking} of {record.num_test_parts} test parts lack a class")
    return *_estimate(record, side.of(partial(_auroc, RunParts(inside, record.data.unit)))), ""


def _estimate(record: ExperimentRecord, per_fold: pd.Series) -> tuple[float, float, float]:
    """Return the mean of the fold values (k x R,) and its interval, cut at 0 and 1."""
    found = fold_mean(per_fold.to_numpy(), record.num_folds)
    low, high = np.clip(found.interval(), 0, 1).tolist()  # nan stays nan
    return found.mean, low, high


def _auroc(parts: RunParts, run: RunKey) -> float:
    test = parts.test(run)
    return auroc(test.truth, test.score)


def _lacking(inside: pd.DataFrame, predictions: pd.DataFrame) -> int:
    """Return how many test parts have fewer than two classes within the subgroup."""
    keys = RUN[1:]
    every = predictions.loc[predictions["part"] == "test", keys].drop_duplicates()
    classes = inside[inside["part"] == "test"].groupby(keys)["truth"].nunique()
    return len(every) - int((classes == 2).sum())


def _described(name: str, values: pd.Series) -> str:
    if name in BANDS:
        return _mean_and_sd(pd.to_numeric(values, errors="coerce"))
    counts = values.where(values != "", UNKNOWN).value_counts(sort=False)
    ordered = sorted(counts.items(), key=lambda item: (-int(item[1]), str(item[0])))
    return ", ".join(_listed([(str(value), int(number)) for value, number in ordered]))


def _listed(counts: Sequence[tuple[str, int]]) -> Iterator[str]:
    yield from (f"{value} {number}" for value, number in counts[:_MOST_NAMED])
    if len(counts) > _MOST_NAMED:
        yield f"others {sum(number for _, number in counts[_MOST_NAMED:])}"


def _mean_and_sd(numbers: pd.Series) -> str:
    known = numbers.dropna()
    missing = f" ({UNKNOWN} {len(numbers) - len(known)})" if len(known) < len(numbers) else ""
    digits: Callable[[float], str] = "{:.3g}".format
    if len(known) < 2:
        return f"{UNKNOWN} {len(numbers)}" if known.empty else f"{digits(known.iloc[0])}{missing}"
    return f"{digits(known.mean())} ± {digits(known.std(ddof=1))}{missing}"
