"""The answer of an experiment as plain fields: ``Result.answer``."""

from __future__ import annotations

from dataclasses import dataclass

from radtl_tf.evaluation.inference.comparison import Verdict
from radtl_tf.evaluation.question.answer import Answer as Found


@dataclass(frozen=True)
class Answer:
    """Which of two weights is better, and how sure that is.

    Attributes:
        verdict: ``better``, ``worse``, ``equivalent`` or ``undecided``: what ``first`` is, compared with ``second``.
            ``undecided``, too, where it depends on a pixel convention that is not public.
        first: the weights that are named first.
        second: the weights that are named second.
        difference: mean test AUROC of ``first`` minus that of ``second``; ``nan`` where there is none.
        interval: its 95 % interval.
        p: two-sided p of no difference.
        margin: the difference that was declared not to count.
        probabilities: of ``first`` better by more than the margin, ``equivalent``, ``second`` better by more; ``nan``
            where the folds are all equal.
        sentence: all of this in one sentence, with unit, method and size.
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


def answer_from(found: Found) -> Answer:
    """Return the answer of an evaluation; numbers are those of each weights' headline pixel convention."""
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
    )
