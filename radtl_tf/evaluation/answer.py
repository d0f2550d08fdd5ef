"""The answer to the experiment's question, in one sentence that is true of the table."""

from __future__ import annotations

import math
from dataclasses import dataclass

import pandas as pd

from radtl_tf.evaluation.choices import Values
from radtl_tf.evaluation.comparison import Verdict
from radtl_tf.evaluation.contrasts import Judged
from radtl_tf.evaluation.intervals import FoldMean
from radtl_tf.evaluation.record import Record


@dataclass(frozen=True)
class Answer:
    """The question's outcome: ``a`` minus ``b``.

    ``folds`` has per repeat and fold the test AUROCs ``first`` and ``second``; ``choices`` how often each scenario was
    chosen for each weights (empty where the question is over the grid). ``chances`` are P(a better), P(equivalent),
    P(b better) by the margin, under a flat prior.
    """

    a: str
    b: str
    test: FoldMean
    verdict: Verdict
    sentence: str
    margin: float
    chances: tuple[float, float, float]
    folds: pd.DataFrame
    choices: pd.DataFrame


def answer(record: Record, values: Values, result: Judged) -> Answer:
    """Put the tested question into words and numbers."""
    contrast, test, margin = result.contrast, result.test, record.experiment["question"]["margin"]
    above, not_below = test.probability_above(margin), test.probability_above(-margin)
    return Answer(
        a=contrast.a,
        b=contrast.b,
        test=test,
        verdict=result.verdict,
        sentence=sentence(record, result),
        margin=margin,
        chances=(above, not_below - above, 1 - not_below),
        folds=pd.DataFrame({"first": contrast.first, "second": contrast.second}).reset_index(),
        choices=_choices(record, values),
    )


def sentence(record: Record, result: Judged) -> str:
    """Return the headline: unit, difference, interval, p, method, size, verdict and what it does not say."""
    contrast, test, data = result.contrast, result.test, record.data
    repeats = "repeat" if record.num_repeats == 1 else "repeats"
    plan = f"{record.num_folds} folds x {record.num_repeats} {repeats}"
    size = f"{data['examples']} images of {data['patients']} patients"
    reason = _reason(result, record.experiment["question"]["margin"])
    return (
        f"Per {data['unit']}, {contrast.a} minus {contrast.b}: AUROC {number(test.mean, sign=True)} "
        f"({_spread(test)}; corrected t, {plan}, {size}): {result.verdict}{reason}. "
        f"Compared: {contrast.note}. This compares training procedures, not one exported model."
    )


def number(value: float, *, sign: bool = False) -> str:
    """Return ``value`` with three decimals, without a minus before zero; a dash where there is none.

    >>> number(-0.0001), number(0.0524, sign=True), number(float("nan"))
    ('0.000', '+0.052', '-')
    """
    if math.isnan(value):
        return "-"
    rounded = round(value, 3) + 0.0  # turns -0.0 into 0.0
    return f"{rounded:+.3f}" if sign else f"{rounded:.3f}"


def range_text(low: float, high: float) -> str:
    """Return an interval's ends, or a dash where there is none."""
    return "-" if math.isnan(low) else f"{number(low)} to {number(high)}"


def p_text(value: float) -> str:
    """Return ``= 0.026`` or ``< 0.001``; a dash where there is no p."""
    if math.isnan(value):
        return "-"
    return "< 0.001" if value < 0.001 else f"= {value:.3f}"


def _spread(test: FoldMean) -> str:
    if not test.standard_error:
        return "the same in every fold, which leaves no spread for an interval or a p"
    return f"95 % {range_text(*test.interval())}, p {p_text(test.p_value)}"


def _reason(result: Judged, margin: float) -> str:
    """Say what an equivalence or an open outcome rests on; the interval already says it for the other two."""
    test = result.test
    if result.verdict == "undecided" and test.standard_error:
        return f" (the data exclude neither no difference nor one beyond the margin of {margin:g})"
    if result.verdict != "equivalent":
        return ""
    also = ", a difference that is real but too small to count" if result.p_adjusted < 0.05 else ""
    return f" (90 % {range_text(*test.interval(0.90))}, inside the margin of {margin:g}{also})"


def _choices(record: Record, values: Values) -> pd.DataFrame:
    """Count per weights which scenario was chosen, the most frequent first."""
    question = record.experiment["question"]
    if question["over"] != "selected":
        return pd.DataFrame(columns=["weights", "scenario", "times"])
    counts = [values.choose(record.family(weights)).value_counts() for weights in question["compare"]]
    tables = [
        pd.DataFrame({"weights": weights, "scenario": count.index, "times": count.to_numpy()})
        for weights, count in zip(question["compare"], counts, strict=True)
    ]
    return pd.concat(tables, ignore_index=True)
