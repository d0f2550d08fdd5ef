"""Targets, loss, class weights and scores of a head for each kind of task.

Binary and multiclass tasks use a softmax over the classes, multilabel tasks a sigmoid per class, and ordinal tasks a
sigmoid per threshold between two stages. A regression has one linear output, which learns the standardized label.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray
from scipy.special import expit, softmax
from scipy.stats import rankdata
from sklearn.metrics import log_loss, roc_auc_score

from radtl_tf.data.manifest.cases import UNKNOWN, Cases
from radtl_tf.records.experiment import Kind

Scores = NDArray[np.float64]
_TINY = np.finfo(np.float64).eps  # as in scikit-learn's log_loss


@dataclass(frozen=True)
class LabelScale:
    """The unit in which a head learns: logits times ``sd`` plus ``mean`` are scores in the unit of the label.

    For classes, whose logits have no unit, they are 1 and 0.
    """

    mean: float = 0.0
    sd: float = 1.0

    def head(self, kernel: NDArray[np.float32], bias: NDArray[np.float32]) -> tuple[NDArray, NDArray]:
        """Return kernel (C, K) and bias (K,) of a head whose logits are in the unit of the label."""
        sd = np.float32(self.sd)
        return kernel * sd, (bias * sd + self.mean).astype(np.float32)


def label_scale(cases: Cases, training: NDArray[np.int64]) -> LabelScale:
    """Return the mean and the SD of the label over the training part of a regression.

    If all its labels are equal, the SD is 1, as the network need not learn a difference.
    """
    if not cases.is_number:
        return LabelScale()
    numbers = cases.truth[training]
    return LabelScale(float(numbers.mean()), float(numbers.std()) or 1.0)


def targets_of(cases: Cases, scale: LabelScale = LabelScale()) -> NDArray[np.float32]:
    """Return (N, K): 1 if the example has the class or is above the threshold, else 0; or the standardized number.

    ``example_weights`` masks what is not known.
    """
    if cases.is_number:
        return ((cases.truth - scale.mean) / scale.sd).astype(np.float32)[:, np.newaxis]
    return (cases.above if cases.kind == "ordinal" else cases.marks).astype(np.float32)


def class_weights(truth: NDArray[np.int64], num_classes: int, policy: str) -> NDArray[np.float32]:
    """Return a weight per class (K,) from labels ``truth`` (n,) of the training part, or (2, K) from marks (n, K).

    ``none``: all weights are 1. ``balanced``: weights are inversely proportional to the share of the class, with mean
    weight 1; for several labels, to the share of absence (row 0) and presence (row 1) of each label, among the known
    labels.
    """
    if truth.ndim == 1:
        counts = np.bincount(truth, minlength=num_classes)
    else:
        counts = np.stack([(truth == 0).sum(axis=0), (truth == 1).sum(axis=0)])
    if policy == "none":
        return np.ones(counts.shape, np.float32)
    return (counts.sum(axis=0) / (len(counts) * np.maximum(counts, 1))).astype(np.float32)


def example_weights(cases: Cases, training: NDArray[np.int64], policy: str) -> NDArray[np.float32]:
    """Return the weight of every example in the loss (N, 1), or of each label (N, K), from ``class_weights``.

    ``training`` are the positions of the training part. A label that is not known has weight 0, so that it moves no
    parameter (U-Ignore: Irvin et al., AAAI 2019); the others weigh more, so that the loss is the mean over what is
    known of the training part.
    """
    if cases.is_number:
        return np.ones((len(cases.truth), 1), np.float32)
    labels = cases.labels
    weights = class_weights(labels[training], len(cases.classes), policy)
    if labels.ndim == 1:
        return weights[labels][:, np.newaxis]
    by_label = np.where(labels == 1, weights[1], weights[0])
    return by_label if cases.all_known else by_label * known_share(cases.truth, training)


def known_share(truth: NDArray[np.int64], training: NDArray[np.int64]) -> NDArray[np.float32]:
    """Return (N, K): 0 where a label is not known, else how many labels there are for each known one in training."""
    known = truth != UNKNOWN
    return (known / max(known[training].mean(), _TINY)).astype(np.float32)


def softmax_loss(targets: tf.Tensor, logits: tf.Tensor, weights: tf.Tensor) -> tf.Tensor:
    """Return the cross-entropy (...,) of ``targets`` and ``logits`` (..., K), times ``weights`` (..., 1)."""
    return tf.nn.softmax_cross_entropy_with_logits(targets, logits) * weights[..., 0]


def sigmoid_loss(targets: tf.Tensor, logits: tf.Tensor, weights: tf.Tensor) -> tf.Tensor:
    """Return the mean over the classes (...,) of the binary cross-entropies (..., K), each times its weight."""
    return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(targets, logits) * weights, axis=-1)


def huber_loss(targets: tf.Tensor, logits: tf.Tensor, weights: tf.Tensor) -> tf.Tensor:
    """Return Huber's loss (...,) of numbers in units of their SD (..., 1), times ``weights`` (..., 1).

    It is half the squared error up to one SD, and grows linearly beyond it (Huber, Ann Math Stat 1964; 35:73).
    """
    error = tf.abs(logits - targets)
    each = tf.where(error < 1, tf.square(error) / 2, error - 0.5)
    return each[..., 0] * weights[..., 0]


LOSSES: dict[Kind, Callable[..., tf.Tensor]] = {
    "binary": softmax_loss,
    "multiclass": softmax_loss,
    "multilabel": sigmoid_loss,
    "regression": huber_loss,
    "ordinal": sigmoid_loss,
}


def scores_of(kind: Kind, logits: NDArray[np.floating], scale: LabelScale = LabelScale()) -> Scores:
    """Return the scores of ``logits`` (..., K): P(positive) (...,) for a binary task, else P(class) (..., K).

    For an ordinal task it is P(above) of each threshold, for a regression the number (...,) in the unit of the label.
    They are computed in float64, so that extreme logits remain distinct.
    """
    wide = logits.astype(np.float64)
    if kind == "regression":
        return wide[..., 0] * scale.sd + scale.mean
    if kind == "binary":
        return expit(wide[..., 1] - wide[..., 0])
    return softmax(wide, axis=-1) if kind == "multiclass" else expit(wide)


def inner_loss(truth: NDArray[Any], scores: Scores) -> float:
    """Return the log loss (nats) of ``scores`` for ``truth``; with several labels, the mean over the labels.

    ``truth`` is ``Cases.labels``: classes (n,), with scores (n,) or (n, K), or marks (n, K), with scores (n, K). The
    mean is over the known labels, all with the same weight. Of numbers (n,), which are float64, it is the mean absolute
    error in their unit.
    """
    if is_number(truth):
        return float(np.abs(truth - scores).mean())
    known = truth != UNKNOWN
    if truth.ndim == 2 and not known.all():
        return float(log_loss(truth[known], scores[known], labels=[0, 1]))
    if truth.ndim == 2:
        return float(np.mean([log_loss(*column, labels=[0, 1]) for column in zip(truth.T, scores.T, strict=True)]))
    if scores.ndim == 1:
        return float(_binary_losses(truth, scores[:, np.newaxis])[0])
    return float(log_loss(truth, scores, labels=range(scores.shape[1])))


def _binary_losses(truth: NDArray[np.int64], scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the log loss (L,) of scores (n, L) with scikit-learn's formula, without its checks, which take longer."""
    given = np.where(truth[:, None] == 1, scores, 1 - scores)
    return -np.log(np.clip(given, _TINY, 1 - _TINY)).mean(axis=0)


def is_number(truth: NDArray[Any]) -> bool:
    """Tell whether ``Cases.labels`` are the numbers of a regression; classes and marks are integers."""
    return truth.dtype.kind == "f"


def inner_auroc(truth: NDArray[Any], scores: Scores) -> float | None:
    """Return the AUROC of ``scores`` for ``truth``, as in ``inner_loss``; with several classes, their mean.

    Each class is measured on the examples where it is known. Numbers have no AUROC, so the result is ``None``.
    """
    if is_number(truth):
        return None
    if scores.ndim == 1:
        return float(roc_auc_score(truth, scores))
    marks = truth if truth.ndim == 2 else np.eye(scores.shape[1], dtype=np.int64)[truth]
    columns = zip(marks.T, scores.T, strict=True)
    return float(np.mean([roc_auc_score(of[of != UNKNOWN], score[of != UNKNOWN]) for of, score in columns]))


def inner_metrics(truth: NDArray[Any], scores: NDArray[np.float64]) -> tuple[NDArray, NDArray]:
    """Return inner loss and inner AUROC (L,) of scores (n, L) or (n, L, K), all learning rates at once.

    The AUROC of numbers is ``None``.
    """
    if is_number(truth):
        return np.abs(truth[:, np.newaxis] - scores).mean(axis=0), np.full(scores.shape[1], None)
    return (_binary_metrics if scores.ndim == 2 else _class_metrics)(truth, scores)


def _binary_metrics(truth: NDArray[np.int64], scores: NDArray[np.float64]) -> tuple[NDArray, NDArray]:
    """Return inner loss and inner AUROC (L,) of scores (n, L), all learning rates at once."""
    losses = _binary_losses(truth, scores)
    positives = int(truth.sum())
    ranks = rankdata(scores, axis=0)[truth == 1].sum(axis=0) - positives * (positives + 1) / 2
    return losses, ranks / (positives * (len(truth) - positives))


def _class_metrics(truth: NDArray[np.int64], scores: NDArray[np.float64]) -> tuple[NDArray, NDArray]:
    """Return inner loss and inner AUROC (L,) of scores (n, L, K); ``nan`` if training has diverged."""
    found = [
        (inner_loss(truth, of_rate), inner_auroc(truth, of_rate)) if np.isfinite(of_rate).all() else (np.nan, np.nan)
        for of_rate in scores.swapaxes(0, 1)
    ]
    losses, aurocs = np.array(found).T
    return losses, aurocs
