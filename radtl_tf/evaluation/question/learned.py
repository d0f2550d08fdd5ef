"""Was anything learned? The question's weights against chance and the best trivial baseline, on the same folds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from radtl_tf.evaluation.formatting import listed, number, p_text, range_text
from radtl_tf.evaluation.inference.comparison import ALPHA, difference, holm
from radtl_tf.evaluation.inference.corrected_t import FoldMean, fold_mean
from radtl_tf.evaluation.metrics.metric_table import AUROC
from radtl_tf.evaluation.question.answer import Answer
from radtl_tf.evaluation.question.comparisons import Comparison, Outcome, comparison

LEVEL, CHANCE = "learned", "chance"
MARKER = 0.9  # AUROC; a trivial baseline whose interval is above it separates the classes too well for a disease


@dataclass(frozen=True)
class Against:
    """One weights of the question minus ``other``, which is chance or the best trivial baseline.

    p is adjusted over the weights (Holm).
    """

    weights: str
    other: str
    test: FoldMean
    p_adjusted: float

    @property
    def is_above(self) -> bool:
        """Tell whether the weights are shown to be above; without spread over the folds, whether they are at all."""
        return self.test.mean > 0 and (self.p_adjusted < ALPHA or not self.test.standard_error)

    @property
    def outcome(self) -> Outcome:
        """Say what is shown; there is no margin."""
        if self.is_above:
            return "higher"
        return "lower" if self.test.mean < 0 and self.p_adjusted < ALPHA else "undecided"


@dataclass(frozen=True)
class Learned:
    """What the question's weights reach beyond chance and beyond ``baseline``, the best one ("" without baselines).

    ``auroc`` is the AUROC of the baseline over the folds. The best baseline is chosen after the fact, which favors it.
    """

    baseline: str
    auroc: FoldMean | None
    rows: tuple[Against, ...]

    @property
    def above_all(self) -> list[str]:
        """The weights that are shown to be above chance and above the best baseline."""
        return [name for name in self.weights if all(row.is_above for row in self.rows if row.weights == name)]

    @property
    def weights(self) -> list[str]:
        """The weights, in the question's order."""
        return list(dict.fromkeys(row.weights for row in self.rows))

    @property
    def is_marker(self) -> bool:
        """Tell whether a trivial baseline is nearly perfect and no weights are above it."""
        if self.auroc is None:
            return False
        low = self.auroc.interval()[0] if self.auroc.standard_error else self.auroc.mean
        return low > MARKER and not self.above(self.baseline)

    def above(self, other: str) -> list[str]:
        """Return the weights that are shown to be above ``other``."""
        return [row.weights for row in self.rows if row.other == other and row.is_above]


def learned(answer: Answer, baselines: pd.DataFrame, folds: int) -> Learned:
    """Compare each weights of ``answer`` with 0.5 and with the best of ``baselines``, a column per baseline.

    ``baselines`` has the test AUROC per (repeat, fold). The test is the corrected resampled t on the fold values. The
    weights are compared with chance first and with the baseline second; each of the two families is adjusted by Holm.
    """
    best = str(baselines.mean().idxmax()) if len(baselines.columns) else ""
    others = {CHANCE: 0.5} | ({best: baselines[best]} if best else {})
    rows = tuple(row for name, value in others.items() for row in _against(_sides(answer), name, value, folds))
    return Learned(best, fold_mean(baselines[best].to_numpy(), folds) if best else None, rows)


def _against(sides: dict[str, pd.Series], other: str, value: float | pd.Series, folds: int) -> Iterator[Against]:
    tests = {name: difference(own - value, 0.0, folds) for name, own in sides.items()}
    adjusted = holm([test.p_value for test in tests.values()]).tolist()
    for (name, test), p_adjusted in zip(tests.items(), adjusted, strict=True):
        yield Against(name, other, test, p_adjusted)


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
        reason = "secondary; the best baseline was chosen by its test AUROC" if row.other != CHANCE else "secondary"
        names, family = (row.weights, row.other), CHANCE if row.other == CHANCE else "the best trivial baseline"
        yield comparison(LEVEL, names, AUROC.key, row.test, row.p_adjusted, row.outcome, reason, family)


def sentence(found: Learned) -> str:
    """Say whether the weights are above chance and above the best trivial baseline."""
    nothing = "" if found.above(CHANCE) else "Nothing is shown to have been learned. "
    said = f"{nothing}{_who(found, CHANCE)} above chance (0.5)"
    if found.auroc is None:
        return f"{said}. This experiment has no trivial baseline to compare with."
    gaps = [f"{row.weights} {_gap(row)}" for row in found.rows if row.other == found.baseline]
    return (
        f"{said}. {_where(found)} the best trivial baseline, logistic regression on "
        f"{found.baseline} (AUROC {number(found.auroc.mean)}): {'; '.join(gaps)}."
    )


def _where(found: Learned) -> str:
    """Say which weights are above the best baseline, or that all of them are even shown to be below it."""
    rows = [row for row in found.rows if row.other == found.baseline]
    if all(row.outcome == "lower" for row in rows):
        return f"{'Both' if len(rows) == 2 else 'All'} are below"
    return f"{_who(found, found.baseline)} above"


def _who(found: Learned, other: str) -> str:
    above, every = found.above(other), found.weights
    if not above:
        return "Neither is shown to be" if len(every) == 2 else "None is shown to be"
    if len(above) == len(every):
        return "Both are" if len(every) == 2 else "All are"
    return f"Only {listed(above)} {'is' if len(above) == 1 else 'are'} shown to be"


def _gap(row: Against) -> str:
    change = number(row.test.mean, sign=True)
    if not row.test.standard_error:
        return f"{change} in every fold"
    return f"{change} ({range_text(*row.test.interval())}, adjusted p {p_text(row.p_adjusted)})"


def marker_warning(found: Learned) -> str:
    """Warn of a trivial baseline that the networks cannot beat because it is nearly perfect; empty if there is none."""
    if not found.is_marker or found.auroc is None:
        return ""
    return (
        f"Logistic regression on {found.baseline} alone reaches an AUROC of {number(found.auroc.mean)}, and none of "
        "the weights is shown to be above it. The networks may have found a marker in the images, or how they were "
        "taken, instead of the disease. The data check names the region."
    )
