"""The two scores of a candidate's features: LogME, and the question's metric of the nearest neighbors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from radtl_tf.evaluation.metrics.auroc import midranks
from radtl_tf.evaluation.metrics.metric_table import Metric, question_metric
from radtl_tf.evaluation.screen.log_evidence import log_me
from radtl_tf.evaluation.screen.neighbors import neighbor_scores
from radtl_tf.records.experiment import Kind

Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Labels:
    """What a screen knows of n images, all of it: there is no test part.

    ``targets`` (n, T) are the labels that the neighbors predict: one column of 0 and 1 per class, of the positive class
    of a binary task, or per threshold between stages, with NaN where a label is not known; or the numbers of a
    regression. ``groups`` (n,) never are neighbors; ``cases`` (n,) numbers what counts as one case.
    """

    kind: Kind
    targets: Numbers
    groups: NDArray[np.int64]
    cases: NDArray[np.int64]

    @property
    def metric(self) -> Metric:
        """The metric of the question: the AUROC, or the MAE of a regression."""
        return question_metric(self.kind)

    @property
    def explained(self) -> Numbers:
        """Return the columns that LogME explains: one per class or stage, or the standardized numbers.

        A label of a multilabel task has two: has it, and has it not.
        """
        targets = self.targets
        if self.kind == "regression":
            return (targets - targets.mean()) / (targets.std() or 1)
        if self.kind == "ordinal":  # of "above a stage" for each stage but the last, to "is a stage"
            ends = np.ones((len(targets), 1)), np.zeros((len(targets), 1))
            return -np.diff(np.hstack([ends[0], targets, ends[1]]), axis=1)
        return targets if self.kind == "multiclass" else np.hstack([targets, 1 - targets])


@dataclass(frozen=True)
class Scores:
    """``log_me`` in nats per image, higher is better; ``neighbors`` in the question's metric."""

    log_me: float
    neighbors: float


def scores_of(features: NDArray[np.float32], labels: Labels, k: int) -> Scores:
    """Return the scores of features (n, D); the neighbors predict the mean over the images of each case."""
    predicted = neighbor_scores(features, labels.targets, labels.groups, k)
    truth, score = (_per_case(columns, labels.cases) for columns in (labels.targets, predicted))
    if labels.kind in ("binary", "regression"):
        truth, score = truth[:, 0], score[:, 0]
    return Scores(log_me(features, labels.explained), labels.metric.of(labels.kind)(truth, score))


def ranking(scores: Sequence[Scores], *, lower_is_better: bool) -> list[int]:
    """Return the positions of candidates, the best first: by the mean of the ranks in both scores, then the neighbors.

    A score that is not defined (NaN) counts as the worst.

    >>> ranking([Scores(-0.5, 0.7), Scores(-0.4, 0.8), Scores(-0.6, 0.9)], lower_is_better=False)
    [1, 2, 0]
    """
    sign = 1 if lower_is_better else -1
    evidence = midranks(np.nan_to_num([-one.log_me for one in scores], nan=np.inf))
    near = midranks(np.nan_to_num([sign * one.neighbors for one in scores], nan=np.inf))
    return sorted(range(len(scores)), key=lambda at: (evidence[at] + near[at], near[at]))


def deserving(ranked: Sequence[Scores], *, lower_is_better: bool) -> int:
    """Return how many of the best deserve an experiment: two, or three if the third leads the second in one score.

    >>> deserving([Scores(-0.4, 0.8), Scores(-0.5, 0.7), Scores(-0.6, 0.75)], lower_is_better=False)
    3
    """
    if len(ranked) < 3:
        return len(ranked)
    second, third = ranked[1], ranked[2]
    sign = -1 if lower_is_better else 1
    leads = third.log_me > second.log_me or sign * (third.neighbors - second.neighbors) > 0
    return 3 if leads else 2


def _per_case(columns: Numbers, cases: NDArray[np.int64]) -> Numbers:
    """Return the mean of each column over the known values of the images of a case, in the order of the cases."""
    _, place = np.unique(cases, return_inverse=True)
    known = np.isfinite(columns)
    total = np.zeros((place.max() + 1, columns.shape[1]))
    number = np.zeros(total.shape)
    np.add.at(total, place, np.where(known, columns, 0))
    np.add.at(number, place, known)
    return np.divide(total, number, out=np.full(total.shape, np.nan), where=number > 0)
