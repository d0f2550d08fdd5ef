"""L2 logistic or ridge regression on features of each image, for the linear probe and the trivial baselines."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression, Ridge

from radtl_tf.data.folds.draw import Fold
from radtl_tf.data.manifest.cases import UNKNOWN, Cases
from radtl_tf.models.head import DEAD
from radtl_tf.records.experiment import Kind
from radtl_tf.training.losses import inner_loss, scores_of
from radtl_tf.training.run import standardization

STRENGTHS = tuple(10.0**power for power in range(-6, 2))  # C of scikit-learn; a smaller value is a stronger penalty
DEFAULT_STRENGTH = 1e-3  # used if the inner part is too small to choose

Rows = Callable[[NDArray[np.int64]], NDArray[np.float32]]  # positions (M,) to their features (M, C)


@dataclass(frozen=True)
class Fitted:
    """A regression on features standardized by ``mean`` and ``sd`` (C,) of the training part.

    ``coefficients`` (C, K) and ``intercepts`` (K,) give the logits of the classes or thresholds, or the number of a
    regression; in a binary task, the negative class has logit 0. ``scores`` (n,) or (n, K) of the images of the inner
    and the test part are as ``losses.scores_of`` returns them.
    """

    coefficients: NDArray[np.float64]
    intercepts: NDArray[np.float64]
    mean: NDArray[np.float32]
    sd: NDArray[np.float32]
    strength: float
    scores: dict[str, NDArray[np.float64]]


def fit(rows: Rows, cases: Cases, fold: Fold, strength: float | None = None) -> Fitted:
    """Fit on the training part of a fold, choose C by the inner loss, and score the inner and the test part.

    A number is fitted by ridge regression, whose penalty is 1 / C, and chosen by the mean absolute error. C is
    ``strength`` if it is given.
    """
    features = rows(fold.train)
    mean, sd = standardization(features)
    scale = np.where(sd > DEAD * np.abs(mean), sd, np.inf)  # the same rule for constant features as in the head
    basis = _basis((features - mean) / scale)
    turned = {part: (rows(at) - mean) / scale @ basis for part, at in fold.parts()}
    labels = cases.labels
    truth = {part: labels[at] for part, at in fold.parts()}
    strengths = (strength,) if strength else (DEFAULT_STRENGTH,) if fold.fixed_epochs else STRENGTHS
    fitted = [_FITS[cases.kind](turned["train"], truth["train"], value) for value in strengths]
    losses = [inner_loss(truth["inner"], _scores(cases.kind, turned["inner"], of_one)) for of_one in fitted]
    best = int(np.argmin(losses))
    scores = {part: _scores(cases.kind, turned[part], fitted[best]) for part in ("inner", "test")}
    coefficients, intercepts = fitted[best]
    return Fitted(basis @ coefficients, intercepts, mean, sd, strengths[best], scores)


Line = tuple[NDArray[np.float64], NDArray[np.float64]]  # coefficients (r, K) and intercepts (K,)


def _scores(kind: Kind, features: NDArray[np.float64], line: Line) -> NDArray[np.float64]:
    return scores_of(kind, features @ line[0] + line[1])


def _of_two(features: NDArray[np.float64], truth: NDArray[np.int64], strength: float) -> Line:
    """Fit two classes; the first class has logit 0."""
    model = LogisticRegression(C=strength, solver="newton-cholesky", max_iter=200).fit(features, truth)
    zero = np.zeros(len(model.coef_[0]))
    return np.stack([zero, model.coef_[0]], axis=1), np.array([0.0, model.intercept_[0]])


def _of_several(features: NDArray[np.float64], truth: NDArray[np.int64], strength: float) -> Line:
    """Fit one multinomial regression, without Newton's method, whose matrix grows with the square of the classes."""
    model = LogisticRegression(C=strength, solver="lbfgs", max_iter=5000).fit(features, truth)
    return model.coef_.T, model.intercept_


def _of_labels(features: NDArray[np.float64], truth: NDArray[np.int64], strength: float) -> Line:
    """Fit a regression per label (n, K) on the rows where it is known, all with the same strength."""
    known = [label != UNKNOWN for label in truth.T]
    lines = [_of_two(features[at], label[at], strength) for label, at in zip(truth.T, known, strict=True)]
    coefficients, intercepts = zip(*lines, strict=True)
    return np.stack([both[:, 1] for both in coefficients], axis=1), np.array([both[1] for both in intercepts])


def _of_number(features: NDArray[np.float64], truth: NDArray[np.float64], strength: float) -> Line:
    """Fit a ridge regression (Hoerl & Kennard, Technometrics 1970)."""
    model = Ridge(alpha=1 / strength, solver="cholesky").fit(features, truth)
    return model.coef_[:, np.newaxis], np.array([model.intercept_])


_FITS: dict[Kind, Callable[[NDArray[np.float64], NDArray[Any], float], Line]] = {
    "binary": _of_two,
    "multiclass": _of_several,
    "multilabel": _of_labels,
    "regression": _of_number,
    "ordinal": _of_labels,
}


def _basis(features: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return (C, r), an orthonormal basis of the rows of ``features`` (n, C).

    The regression is exact in these r <= n coordinates: a rotation does not change the L2 penalty, and the coefficient
    of a direction that no training row has is 0 (Hastie & Tibshirani, Biostatistics 2004).
    """
    wide = features.astype(np.float64)
    if len(wide) >= wide.shape[1]:
        return np.eye(wide.shape[1])
    values, vectors = np.linalg.eigh(wide @ wide.T)
    kept = values > values[-1] * len(wide) * np.finfo(np.float64).eps
    return wide.T @ (vectors[:, kept] / np.sqrt(values[kept]))
