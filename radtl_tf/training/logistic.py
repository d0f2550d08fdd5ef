"""L2 logistic regression on a few numbers per image: the linear probe and the trivial baselines are made of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss

from radtl_tf.data.cases import Cases
from radtl_tf.data.folds import Fold
from radtl_tf.models.head import DEAD
from radtl_tf.training.run import standardization

STRENGTHS = tuple(10.0**power for power in range(-6, 2))  # C of scikit-learn: smaller is a stronger penalty
DEFAULT_STRENGTH = 1e-3  # where the inner part is too small to choose

Rows = Callable[[NDArray[np.int64]], NDArray[np.float32]]  # positions (M,) to their features (M, C)


@dataclass(frozen=True)
class Fitted:
    """A regression on features standardized by ``mean`` and ``sd`` (C,) of the training part.

    ``scores``: the probability of the positive class of every image of the inner and the test part.
    """

    coefficients: NDArray[np.float64]
    intercept: float
    mean: NDArray[np.float32]
    sd: NDArray[np.float32]
    strength: float
    scores: dict[str, NDArray[np.float64]]


def fit(rows: Rows, cases: Cases, fold: Fold) -> Fitted:
    """Fit on the training part of a fold, choose C by inner log loss, score the inner and the test part."""
    features = rows(fold.train)
    mean, sd = standardization(features)
    scale = np.where(sd > DEAD * np.abs(mean), sd, np.inf)  # the head's own rule for a constant feature
    basis = _basis((features - mean) / scale)
    turned = {part: (rows(at) - mean) / scale @ basis for part, at in fold.parts()}
    truth = {part: cases.truth[at] for part, at in fold.parts()}
    strengths = (DEFAULT_STRENGTH,) if fold.fixed_epochs else STRENGTHS
    fitted = [_regression(value).fit(turned["train"], truth["train"]) for value in strengths]
    losses = [log_loss(truth["inner"], model.predict_proba(turned["inner"]), labels=[0, 1]) for model in fitted]
    best = fitted[int(np.argmin(losses))]
    scores = {part: best.predict_proba(turned[part])[:, 1] for part in ("inner", "test")}
    return Fitted(basis @ best.coef_[0], float(best.intercept_[0]), mean, sd, best.C, scores)


def _regression(strength: float) -> LogisticRegression:
    return LogisticRegression(C=strength, solver="newton-cholesky", max_iter=200)


def _basis(features: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return (C, r), an orthonormal basis of the rows of ``features`` (n, C).

    The regression is exact in these r <= n coordinates: the L2 penalty is the same after a rotation, and it leaves a
    direction that no training row has at 0 (Hastie & Tibshirani, Biostatistics 2004).
    """
    wide = features.astype(np.float64)
    if len(wide) >= wide.shape[1]:
        return np.eye(wide.shape[1])
    values, vectors = np.linalg.eigh(wide @ wide.T)
    kept = values > values[-1] * len(wide) * np.finfo(np.float64).eps
    return wide.T @ (vectors[:, kept] / np.sqrt(values[kept]))
