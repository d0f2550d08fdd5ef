"""The linear probe: logistic regression on pooled features, fitted for every frozen Setting."""

from __future__ import annotations

import numpy as np

from radtl_tf.data.folds.draw import Fold
from radtl_tf.training.features.prefix_features import POOLED
from radtl_tf.training.learned_weights import Learned
from radtl_tf.training.linear.logistic import Fitted, fit
from radtl_tf.training.run import Outcome, RunData


def train_probe(data: RunData, fold: Fold, *, strength: float | None = None) -> tuple[Outcome, float]:
    """Fit the probe on the training part; return the outcome and the C: ``strength``, or chosen on the inner part.

    The features are standardized whatever ``head_input`` is; otherwise the penalty would depend on their scale.
    """
    fitted = fit(lambda positions: data.store.rows(POOLED, positions, None)[0], data.cases, fold, strength)
    outcome = Outcome(
        history=[],
        best_epoch=0,
        converged=None,
        diverged=False,
        scores=fitted.scores,
        learned=_as_head(fitted),
    )
    return outcome, fitted.strength


def _as_head(fitted: Fitted) -> Learned:
    """Return the regression as the weights of a head."""
    kernel, bias = fitted.coefficients.astype(np.float32), fitted.intercepts.astype(np.float32)
    return Learned(suffix=[], kernel=kernel, bias=bias, mean=fitted.mean, sd=fitted.sd)
