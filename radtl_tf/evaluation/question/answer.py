"""The answer to the experiment's question, in words and numbers that agree with the table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from radtl_tf.evaluation.formatting import listed, number, p_text, range_text
from radtl_tf.evaluation.inference.comparison import Verdict
from radtl_tf.evaluation.inference.corrected_t import FoldMean
from radtl_tf.evaluation.metrics.metric_table import AUROC
from radtl_tf.evaluation.question.contrasts import Judged, side
from radtl_tf.evaluation.question.inner_choice import RunValues
from radtl_tf.evaluation.results.experiment_record import ExperimentRecord
from radtl_tf.records.experiment import Question


@dataclass(frozen=True)
class ConventionAnswer:
    """The question under one of the possible pixel conventions.

    ``a`` and ``b`` name the sides; ``pixels`` says which convention uncertain weights got (empty if there are none).
    ``folds`` has per repeat and fold the test values ``first`` and ``second``. ``chances`` are P(a better),
    P(equivalent), P(b better) by the margin, under a flat prior.
    """

    a: str
    b: str
    pixels: str
    test: FoldMean
    verdict: Verdict
    chances: tuple[float, float, float]
    folds: pd.DataFrame


@dataclass(frozen=True)
class Answer:
    """The question's outcome: ``a`` minus ``b``, read under each convention that the weights may have seen.

    ``metric`` is its name, ``in_unit`` its unit behind a number (" years", or ""). With ``lower_is_better``, a
    difference below 0 favors ``a``.

    If the verdicts differ, ``verdict`` is undecided. ``choices`` counts how often each scenario was chosen for
    each weights (empty if the question is over the grid). ``is_one_network``: both gave the same scores in every run.
    """

    a: str
    b: str
    by_convention: tuple[ConventionAnswer, ...]
    verdict: Verdict
    sentence: str
    margin: float
    choices: pd.DataFrame
    is_one_network: bool = False
    metric: str = AUROC.name
    in_unit: str = ""
    lower_is_better: bool = False

    @property
    def agree(self) -> bool:
        """Tell whether all conventions give the same verdict."""
        return len({found.verdict for found in self.by_convention}) == 1

    @property
    def test(self) -> FoldMean:
        """The test of the first convention: each weights under its headline convention."""
        return self.by_convention[0].test

    @property
    def chances(self) -> tuple[float, float, float]:
        """The chances of the first convention."""
        return self.by_convention[0].chances

    @property
    def folds(self) -> pd.DataFrame:
        """The fold values of the first convention."""
        return self.by_convention[0].folds


def answer(
    record: ExperimentRecord, values: RunValues, results: Sequence[Judged], *, is_one_network: bool = False
) -> Answer:
    """Put the tested question, a result per convention, into words and numbers."""
    question = record.asked
    by_convention = tuple(_under_convention(record, result) for result in results)
    a, b = question.compare
    return Answer(
        a=a,
        b=b,
        by_convention=by_convention,
        verdict=joint_verdict(results),
        sentence=sentence(record, *results),
        margin=question.margin,
        choices=_choices(record, values),
        is_one_network=is_one_network,
        metric=record.question_metric.name,
        in_unit=record.in_unit,
        lower_is_better=record.lower_is_better,
    )


def joint_verdict(results: Sequence[Judged]) -> Verdict:
    """Return the verdict that all results share; otherwise the question is undecided."""
    words: set[Verdict] = {result.verdict for result in results}
    return words.pop() if len(words) == 1 else "undecided"


def sentence(record: ExperimentRecord, *results: Judged) -> str:
    """Return the headline: unit, differences, intervals, p, method, size, verdict and what was compared."""
    data = record.data
    repeats = "repeat" if record.num_repeats == 1 else "repeats"
    method = (
        f"{record.question_method}, {record.num_folds} folds x {record.num_repeats} {repeats}, "
        f"{data.examples} images of {data.patients} patients"
    )
    a, b = record.asked.compare
    found = [_finding(record, result, method if len(results) == 1 else "") for result in results]
    joint = _joint(results, method) if len(results) > 1 else ""
    lower = f" A lower {record.question_metric.name} is better." if record.lower_is_better else ""
    return (
        f"Per {data.unit}, {a} minus {b}: {'; '.join(found)}{joint}.{lower} Compared: {results[0].contrast.note}. The "
        f"comparison is between training procedures, not between exported models.{_draws(record)}"
    )


def _draws(record: ExperimentRecord) -> str:
    """Say of random weights how many draws of them were trained."""
    asked = record.asked.compare
    drawn = dict.fromkeys(used.name for used in record.facts.weights if used.source == "random" and used.name in asked)
    repeats = record.num_repeats
    how = "one draw, the same in all folds" if repeats == 1 else f"{repeats} draws, one per repeat"
    return f" Random weights ({listed(list(drawn))}): {how}." if drawn else ""


def margin_words(margin: float, in_unit: str = "") -> str:
    """Return the margin with its value; nobody may have chosen it if it is the default, which no unit has.

    >>> margin_words(0.05), margin_words(0.25, " years")
    ('the declared margin of 0.05', 'the declared margin of 0.25 years')
    """
    is_default = margin == Question.margin and not in_unit
    return f"the {'default' if is_default else 'declared'} margin of {margin:g}{in_unit}"


def _under_convention(record: ExperimentRecord, result: Judged) -> ConventionAnswer:
    contrast, test, margin = result.contrast, result.test, record.asked.margin
    above, not_below = test.probability_above(margin), test.probability_above(-margin)
    chances = above, not_below - above, 1 - not_below
    return ConventionAnswer(
        a=contrast.a,
        b=contrast.b,
        pixels=contrast.pixels,
        test=test,
        verdict=result.verdict,
        chances=chances[::-1] if record.lower_is_better else chances,
        folds=pd.DataFrame({"first": contrast.first.folds, "second": contrast.second.folds}).reset_index(),
    )


def _finding(record: ExperimentRecord, result: Judged, method: str) -> str:
    """Return difference, interval, p and verdict of one result."""
    under = f"with {result.contrast.pixels} pixels " * bool(result.contrast.pixels)
    spread = "; ".join(filter(None, (_spread(result.test), method)))
    change = f"{record.metric} {number(result.test.mean, sign=True)}{record.in_unit}"
    return f"{under}{change} ({spread}): {result.verdict}{_reason(record, result)}"


def _joint(results: Sequence[Judged], method: str) -> str:
    """Say whether the verdict holds under every possible convention of the weights, and what follows."""
    if len({result.verdict for result in results}) > 1:
        return (
            f" ({method}). The verdicts differ, so the answer is undecided: {_UNKNOWN}, and the data of this "
            "experiment cannot show which result is the true one"
        )
    verdict = results[0].verdict
    every = "both" if len(results) == 2 else f"all {len(results)}"
    so = "knowing it would not decide the question" if verdict == "undecided" else "here it makes no difference"
    return f" ({method}). The verdict ({verdict}) holds under {every}: {_UNKNOWN}, and {so}"


_UNKNOWN = "it is not public which pixel convention was used to pre-train those weights"


def _spread(test: FoldMean) -> str:
    if not test.standard_error:
        return "the same in every fold, so there is no interval and no p"
    return f"95 % interval {range_text(*test.interval())}, p {p_text(test.p_value)}"


def _reason(record: ExperimentRecord, result: Judged) -> str:
    """Say what an equivalent or undecided outcome is based on; the interval already shows it for the other two."""
    test, margin = result.test, margin_words(record.asked.margin, record.in_unit)
    if result.verdict == "undecided" and test.standard_error:
        return f" (the data exclude neither a difference of zero nor one beyond {margin})"
    if result.verdict != "equivalent":
        return ""
    also = ", so the difference is real but too small to matter" if result.p_adjusted < 0.05 else ""
    return f" (90 % interval {range_text(*test.interval(0.90))}, inside {margin}{also})"


def _choices(record: ExperimentRecord, values: RunValues) -> pd.DataFrame:
    """Count per weights which scenario was chosen, the most frequent first."""
    question = record.asked
    if question.over != "selected":
        return pd.DataFrame(columns=["weights", "scenario", "times"])
    sides = [(weights, entry) for weights in question.compare for entry in record.candidates(weights)]
    counts = [values.choose(record.family(*of_side)).value_counts() for of_side in sides]
    tables = [
        pd.DataFrame({"weights": side(record, *of_side), "scenario": count.index, "times": count.to_numpy()})
        for of_side, count in zip(sides, counts, strict=True)
    ]
    return pd.concat(tables, ignore_index=True)
