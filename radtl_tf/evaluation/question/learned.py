"""Was anything learned? The question's weights against chance and the best trivial baseline, on the same folds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from radtl_tf.evaluation.formatting import listed, number, p_text, range_text
from radtl_tf.evaluation.inference.comparison import ALPHA, difference, holm
from radtl_tf.evaluation.inference.corrected_t import FoldMean, fold_mean
from radtl_tf.evaluation.metrics.metric_table import BY_NAME
from radtl_tf.evaluation.question.answer import Answer
from radtl_tf.evaluation.question.comparisons import Comparison, Outcome, comparison
from radtl_tf.evaluation.results.experiment_record import ExperimentRecord

LEVEL, CHANCE = "learned", "chance"
METADATA = "metadata"  # the baseline that sees no image
MEDIAN = "median"  # the baseline of a regression that is the counterpart of chance
MARKER = 0.9  # AUROC; a trivial baseline whose interval is above it separates the classes too well for a disease


@dataclass(frozen=True)
class Against:
    """One weights of the question minus ``other``, which is chance or the best trivial baseline.

    p is adjusted over the weights (Holm). With ``lower_is_better``, a difference below 0 favors the weights.
    """

    weights: str
    other: str
    test: FoldMean
    p_adjusted: float
    lower_is_better: bool = False

    @property
    def is_ahead(self) -> bool:
        """Tell whether the weights are shown to be better; without spread over the folds, whether they are at all."""
        gain = -self.test.mean if self.lower_is_better else self.test.mean
        return gain > 0 and (self.p_adjusted < ALPHA or not self.test.standard_error)

    @property
    def outcome(self) -> Outcome:
        """Say what is shown; there is no margin."""
        if not (self.is_ahead or self.p_adjusted < ALPHA):
            return "undecided"
        return "higher" if self.test.mean > 0 else "lower"


@dataclass(frozen=True)
class Learned:
    """What the question's weights reach beyond chance and beyond ``baseline``, the best one ("" without baselines).

    ``value`` is the AUROC or MAE of the baseline over the folds. The best baseline is chosen after the fact, which
    favors it. ``chance`` is the value without any model: 0.5, or the mean MAE of the median of the training part.
    ``metric``, ``in_unit`` and ``lower_is_better`` as in ``Answer``.
    """

    baseline: str
    value: FoldMean | None
    rows: tuple[Against, ...]
    chance: float = 0.5
    metric: str = "AUROC"
    in_unit: str = ""
    lower_is_better: bool = False

    @property
    def ahead_of_all(self) -> list[str]:
        """The weights that are shown to be better than chance and than the best baseline."""
        return [name for name in self.weights if all(row.is_ahead for row in self.rows if row.weights == name)]

    @property
    def ahead(self) -> str:
        """The word for better values: above or below."""
        return "below" if self.lower_is_better else "above"

    @property
    def fitted_by(self) -> str:
        """How the trivial baselines are fitted."""
        return "ridge regression" if self.lower_is_better else "logistic regression"

    @property
    def no_model(self) -> str:
        """What chance is, with its value."""
        if not self.lower_is_better:
            return f"{self.chance:g}"
        return f"the median of the training part, {self.metric} {number(self.chance)}{self.in_unit}"

    @property
    def weights(self) -> list[str]:
        """The weights, in the question's order."""
        return list(dict.fromkeys(row.weights for row in self.rows))

    @property
    def is_marker(self) -> bool:
        """Tell whether a trivial baseline is nearly perfect and no weights are above it."""
        if self.value is None or self.lower_is_better:  # an error has no value that is too good for a disease
            return False
        low = self.value.interval()[0] if self.value.standard_error else self.value.mean
        return low > MARKER and not self.ahead_of(self.baseline)

    def ahead_of(self, other: str) -> list[str]:
        """Return the weights that are shown to be better than ``other``."""
        return [row.weights for row in self.rows if row.other == other and row.is_ahead]


def learned(answer: Answer, baselines: pd.DataFrame, folds: int, no_model: float | pd.Series = 0.5) -> Learned:
    """Compare each weights of ``answer`` with ``no_model`` and with the best of ``baselines``, a column per baseline.

    ``baselines`` has the test value per (repeat, fold), and so has ``no_model`` if it is not the same everywhere. The
    test is the corrected resampled t on the fold values. The weights are compared with chance first and with the
    baseline second; each of the two families is adjusted by Holm.
    """
    lower, means = answer.lower_is_better, baselines.mean()
    best = str(means.idxmin() if lower else means.idxmax()) if len(baselines.columns) else ""
    others = {CHANCE: no_model} | ({best: baselines[best]} if best else {})
    rows = tuple(row for name, value in others.items() for row in _against(answer, name, value, folds))
    return Learned(
        baseline=best,
        value=fold_mean(baselines[best].to_numpy(), folds) if best else None,
        rows=rows,
        chance=float(np.mean(no_model)),
        metric=answer.metric,
        in_unit=answer.in_unit,
        lower_is_better=lower,
    )


def no_model_values(record: ExperimentRecord, baselines: pd.DataFrame, predictions: pd.DataFrame) -> float | pd.Series:
    """Return the value without any model: 0.5, or per (repeat, fold) the MAE of the median of the training part.

    The median is one of the ``baselines`` if the experiment has any.
    """
    if not record.target.is_number:
        return 0.5
    return baselines[MEDIAN] if MEDIAN in baselines else median_errors(record, predictions)


def median_errors(record: ExperimentRecord, predictions: pd.DataFrame) -> pd.Series:
    """Return the test MAE per (repeat, fold) of the median of the training part: the best guess without an image."""
    key = "patient" if record.data.unit == "patient" else "example"
    truth = predictions.drop_duplicates("example").set_index("example")["truth"]
    cases = record.folds.join(truth, on="example").drop_duplicates(["repeat", "fold", key])
    by_part = cases.set_index(["repeat", "fold"])
    tested, trained = (by_part.loc[(by_part["part"] == part).to_numpy(), "truth"] for part in ("test", "train"))
    median = trained.groupby(level=[0, 1]).median()
    return (tested - median.reindex(tested.index)).abs().groupby(level=[0, 1]).mean()


def _against(answer: Answer, other: str, value: float | pd.Series, folds: int) -> Iterator[Against]:
    tests = {name: difference(own - value, 0.0, folds) for name, own in _sides(answer).items()}
    adjusted = holm([test.p_value for test in tests.values()]).tolist()
    for (name, test), p_adjusted in zip(tests.items(), adjusted, strict=True):
        yield Against(name, other, test, p_adjusted, answer.lower_is_better)


def _sides(answer: Answer) -> dict[str, pd.Series]:
    """Return the fold values of each weights by name, under each possible pixel convention."""
    found: dict[str, pd.Series] = {}
    for one in answer.by_convention:
        values = one.folds.set_index(["repeat", "fold"])
        found = {one.a: values["first"], one.b: values["second"]} | found
    return found


def learned_rows(found: Learned) -> Iterator[Comparison]:
    """Yield the rows of ``comparisons.csv``."""
    for row in found.rows:
        chosen = f"secondary; the best baseline was chosen by its test {found.metric}"
        reason = chosen if row.other != CHANCE else "secondary"
        names, family = (row.weights, row.other), CHANCE if row.other == CHANCE else "the best trivial baseline"
        yield comparison(LEVEL, names, BY_NAME[found.metric].key, row.test, row.p_adjusted, row.outcome, reason, family)


def sentence(found: Learned) -> str:
    """Say whether the weights are better than chance and than the best trivial baseline."""
    nothing = "" if found.ahead_of(CHANCE) else "Nothing is shown to have been learned. "
    said = f"{nothing}{_who(found, CHANCE)} {found.ahead} chance ({found.no_model})"
    if found.value is None:
        return f"{said}. This experiment has no trivial baseline to compare with."
    gaps = [f"{row.weights} {_gap(row)}" for row in found.rows if row.other == found.baseline]
    return (
        f"{said}. {_where(found)} the best trivial baseline, {found.fitted_by} on "
        f"{found.baseline} ({found.metric} {number(found.value.mean)}{found.in_unit}): {'; '.join(gaps)}."
    )


def _where(found: Learned) -> str:
    """Say which weights are better than the best baseline, or that all of them are even shown to be worse."""
    rows = [row for row in found.rows if row.other == found.baseline]
    worse, word = ("higher", "above") if found.lower_is_better else ("lower", "below")
    if all(row.outcome == worse for row in rows):
        return f"{'Both' if len(rows) == 2 else 'All'} are {word}"
    return f"{_who(found, found.baseline)} {found.ahead}"


def _who(found: Learned, other: str) -> str:
    ahead, every = found.ahead_of(other), found.weights
    if not ahead:
        return "Neither is shown to be" if len(every) == 2 else "None is shown to be"
    if len(ahead) == len(every):
        return "Both are" if len(every) == 2 else "All are"
    return f"Only {listed(ahead)} {'is' if len(ahead) == 1 else 'are'} shown to be"


def _gap(row: Against) -> str:
    change = number(row.test.mean, sign=True)
    if not row.test.standard_error:
        return f"{change} in every fold"
    return f"{change} ({range_text(*row.test.interval())}, adjusted p {p_text(row.p_adjusted)})"


def marker_warning(found: Learned) -> str:
    """Warn of a trivial baseline that the networks cannot beat because it is nearly perfect; empty if there is none."""
    if not found.is_marker or found.value is None:
        return ""
    start = (
        f"Logistic regression on {found.baseline} alone reaches an AUROC of {number(found.value.mean)}, and none of "
        "the weights is shown to be above it."
    )
    if found.baseline == METADATA:
        return f"{start} Age, device or size nearly give the label, so these images may not be needed to tell it."
    return (
        f"{start} The networks may have found a marker in the images, or how they were taken, instead of the disease. "
        "The data check names the region."
    )
