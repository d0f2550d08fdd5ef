"""The probability that a claim of better performance is false, as a reviewer's calculator computes it.

Christodoulou et al., "False Promises in Medical Imaging AI? Assessing Validity of Outperformance Claims" (2025,
arXiv:2505.04720): the shares of cases that only the first model, only the second, and neither or both get right have a
flat Dirichlet prior. The posterior is Dirichlet(x1 + 1, x2 + 1, n - x1 - x2 + 2), where x1 and x2 count the cases that
only one of the models gets right. We know these counts, so we need no estimate of how often two models agree.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from radtl_tf.evaluation.inference.corrected_t import FoldMean
from radtl_tf.evaluation.metrics.auroc import Score, Truth
from radtl_tf.evaluation.metrics.secondary import CUT
from radtl_tf.evaluation.question.chosen_runs import Pair
from radtl_tf.evaluation.results.run_parts import RunPart, RunParts
from radtl_tf.records.runs import Target


@dataclass(frozen=True)
class Claim:
    """The claim that the model with more right decisions is the better one: ``better`` and ``worse`` name the weights.

    ``of`` is the class or label; empty if a case has one decision. ``only_better`` and ``only_worse`` of ``cases`` are
    right for one model only. ``probability`` (0..1) that the claim is false.
    """

    better: str
    worse: str
    of: str
    cases: int
    only_better: int
    only_worse: int
    probability: float


def false_claim(only_better: int, only_worse: int) -> float:
    """Return the probability (0..1) that the model with ``only_better`` is not the better one.

    Given that only one model is right, the share of the better one is Beta(x1 + 1, x2 + 1), whatever the other cases
    are: the Dirichlet posterior's two first parts over their sum.

    >>> round(false_claim(55, 41), 3)
    0.077
    """
    return float(stats.beta.cdf(0.5, only_better + 1, only_worse + 1))


def false_claims(target: Target, parts: RunParts, pairs: Sequence[Pair]) -> list[Claim]:
    """Return the claims about each pair of sides in the first repeat, where each case is tested once.

    Decisions: scores of 0.5 or more call a class present; with several classes, the highest score. Every label of a
    multilabel task, and every threshold of an ordinal one, has a claim of its own; a regression has no decisions.
    """
    return [] if target.is_number else [claim for pair in pairs for claim in _claims(target, parts, pair)]


def claim_is_false(test: FoldMean) -> float:
    """Return the probability (0..1) that the side that is ahead is not, for the training procedures.

    The posterior of Corani & Benavoli (2015); ``nan`` if the fold values do not vary.
    """
    return float(stats.t.sf(abs(test.t), test.df))


def _claims(target: Target, parts: RunParts, pair: Pair) -> Iterator[Claim]:
    first, second = (_tested(parts, side.of_repeat(0)) for side in pair)
    names = [""] if target.kind in ("binary", "multiclass") else list(target.outputs)
    for name, (one, other) in zip(names, _right(target, first, second), strict=True):
        only = int((one & ~other).sum()), int((~one & other).sum())
        more, fewer = max(only), min(only)
        better, worse = pair if only[0] >= only[1] else pair[::-1]
        yield Claim(better.name, worse.name, name, len(one), more, fewer, false_claim(more, fewer))


def _tested(parts: RunParts, runs: Sequence[tuple[str, int, int]]) -> tuple[Truth, Score]:
    tests: list[RunPart] = [parts.test(run) for run in runs]
    return np.concatenate([test.truth for test in tests]), np.concatenate([test.score for test in tests])


def _right(
    target: Target, first: tuple[Truth, Score], second: tuple[Truth, Score]
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield which decisions of both are right (n,), a pair for each label; labels that are not known are left out."""
    if target.kind == "multiclass":
        yield tuple(score.argmax(axis=1) == truth.argmax(axis=1) for truth, score in (first, second))
        return
    labels = first[0].reshape(len(first[0]), -1)
    for column in range(labels.shape[1]):
        known = ~np.isnan(labels[:, column].astype(float))
        positive = labels[known, column] == 1
        scores = (score.reshape(len(score), -1)[known, column] for _, score in (first, second))
        yield tuple((score >= CUT) == positive for score in scores)
