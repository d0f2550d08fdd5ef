"""Metrics of a source task: loss, top-1, top-5 and AUROC per image, from the logits of the validation part.

They monitor pre-training; the estimates of an experiment come from ``radtl_tf.evaluation``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp
from sklearn.metrics import roc_auc_score

from radtl_tf.data.manifest.cases import UNKNOWN
from radtl_tf.records.experiment import Kind

TOP = 5  # top-5 is reported if there are more classes than this
_PART = 4096


def source_metrics(logits: NDArray[np.float32], truth: NDArray[np.int64], kind: Kind) -> dict[str, float]:
    """Return the metrics of n images: logits (n, K), truth (n,) or, multilabel, (n, K) of 0, 1 and ``UNKNOWN``.

    ``loss`` is the mean cross-entropy (nats; for multilabel tasks, also over the classes). ``auroc`` is for the
    positive class, or the mean over the ``auroc_classes`` classes that some images have and others lack; without such
    classes it is omitted. A tie counts as wrong in ``top1`` and ``top5``.

    >>> source_metrics(np.array([[0.0, 2.0], [3.0, 0.0]]), np.array([1, 1]), "binary")["top1"]
    0.5
    """
    return (_of_labels if kind == "multilabel" else _of_classes)(logits, truth)


def _of_classes(logits: NDArray[np.float32], truth: NDArray[np.int64]) -> dict[str, float]:
    rows, num_classes = np.arange(len(truth)), logits.shape[1]
    right = logits[rows, truth]
    place = (logits >= right[:, np.newaxis]).sum(axis=1)  # from 1; a tie counts as wrong
    total = np.concatenate([logsumexp(part, axis=1) for part in _wide(logits)])  # (n,) float64
    metrics = {"loss": float((total - right).mean()), "top1": float((place <= 1).mean())}
    if num_classes > TOP:
        metrics["top5"] = float((place <= TOP).mean())
    if num_classes == 2:
        found = _aurocs([logits[:, 1].astype(float) - logits[:, 0]], [truth == 1])
        return metrics | dict(zip(("auroc",), found, strict=False))
    return metrics | _macro((column - total for column in logits.T), (truth == number for number in range(num_classes)))


def _of_labels(logits: NDArray[np.float32], truth: NDArray[np.int64]) -> dict[str, float]:
    known = truth != UNKNOWN
    if known.all():
        losses = [np.logaddexp(0, part).sum() for part in _wide(logits)]
        mean = (np.sum(losses) - logits[truth == 1].sum(dtype=float)) / logits.size
        return {"loss": float(mean)} | _macro(logits.T, (column == 1 for column in truth.T))
    mean = (np.logaddexp(0, logits[known].astype(float)).sum() - logits[truth == 1].sum(dtype=float)) / known.sum()
    of_known = [column[at] for column, at in zip(logits.T, known.T, strict=True)]
    return {"loss": float(mean)} | _macro(of_known, (of[at] == 1 for of, at in zip(truth.T, known.T, strict=True)))


def _wide(logits: NDArray[np.float32]) -> Iterator[NDArray[np.float64]]:
    """Yield parts as float64; a whole copy of 135,000 images and 165 classes would need 180 MB."""
    for part in np.array_split(logits, len(logits) // _PART + 1):
        yield part.astype(np.float64)


def _macro(scores: Iterable[NDArray], truths: Iterable[NDArray[np.bool_]]) -> dict[str, float]:
    values = _aurocs(scores, truths)
    return {"auroc": float(np.mean(values)), "auroc_classes": len(values)} if values else {}


def _aurocs(scores: Iterable[NDArray], truths: Iterable[NDArray[np.bool_]]) -> list[float]:
    """Return the AUROC of each class that some images have and others lack; scores may be any monotone function."""
    pairs = zip(scores, truths, strict=True)
    return [
        float(roc_auc_score(truth, score))
        for score, truth in pairs
        if truth.any() and not truth.all() and np.isfinite(score).all()
    ]
