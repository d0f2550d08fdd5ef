"""The answer of an experiment as plain fields: ``Result.answer``."""

from __future__ import annotations

from dataclasses import dataclass

from radtl_tf.evaluation.inference.comparison import Verdict
from radtl_tf.evaluation.question.answer import Answer as Found


@dataclass(frozen=True)
class Answer:
    """Which of two weights is better, and how sure that is.

    Attributes:
        verdict: ``first`` compared with ``second``: ``better``, ``worse``, ``equivalent`` or ``undecided``. It is also
            ``undecided`` if the result depends on a pixel convention that is not public.
        first: the weights named first.
        second: the weights named second.
        difference: mean test value of ``first`` minus ``second``, in the metric; ``nan`` if there is none.
        interval: its 95 % interval.
        p: two-sided p of the null hypothesis of no difference.
        margin: the largest difference that was declared irrelevant.
        probabilities: that ``first`` is better by more than the margin, that both are equivalent, that ``second`` is
            better by more than the margin; ``nan`` if all folds are equal.
        metric: the name of the metric, ``AUROC`` or, for a number, ``MAE``. A lower MAE is better, so a difference
            below 0 favors ``first``.
        unit: the unit of difference, interval and margin, such as ``years``; empty for an AUROC.
        sentence: the whole answer in one sentence, with unit, method and sample size.
    """

    verdict: Verdict
    first: str
    second: str
    difference: float
    interval: tuple[float, float]
    p: float
    margin: float
    probabilities: dict[str, float]
    sentence: str
    metric: str = "AUROC"
    unit: str = ""


def answer_from(found: Found) -> Answer:
    """Return the answer of an evaluation; its numbers use the headline pixel convention of each weights."""
    names = ("first", "equivalent", "second")
    return Answer(
        verdict=found.verdict,
        first=found.a,
        second=found.b,
        difference=found.test.mean,
        interval=found.test.interval(),
        p=found.test.p_value,
        margin=found.margin,
        probabilities=dict(zip(names, found.chances, strict=True)),
        sentence=found.sentence,
        metric=found.metric,
        unit=found.in_unit.strip(),
    )
