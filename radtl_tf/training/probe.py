"""The linear probe: L2 logistic regression on standardized pooled features, beside every frozen Setting."""

from __future__ import annotations

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss

from radtl_tf.data.folds import Fold
from radtl_tf.models.head import DEAD
from radtl_tf.training.checkpoint import Learned
from radtl_tf.training.features import POOLED
from radtl_tf.training.run import Outcome, Source, standardization

STRENGTHS = tuple(10.0**power for power in range(-6, 2))  # C of scikit-learn: smaller is a stronger penalty
DEFAULT_STRENGTH = 1e-3  # where the inner part is too small to choose


def train_probe(source: Source, fold: Fold) -> tuple[Outcome, float]:
    """Fit the probe on the training part, choose C by inner log loss; return the outcome and C.

    The features are standardized whatever ``head_input`` says: without it the penalty would measure their scale.
    """
    (features,) = source.store.rows(POOLED, fold.train, None)
    mean, sd = standardization(features)
    scale = np.where(sd > DEAD * np.abs(mean), sd, np.inf)  # the head's own rule for a constant feature
    rows = {part: (source.store.rows(POOLED, at, None)[0] - mean) / scale for part, at in fold.parts()}
    truth = {part: source.cases.truth[at] for part, at in fold.parts()}
    strengths = (DEFAULT_STRENGTH,) if fold.fixed_epochs else STRENGTHS
    fitted = [LogisticRegression(C=value, max_iter=2000).fit(rows["train"], truth["train"]) for value in strengths]
    losses = [log_loss(truth["inner"], model.predict_proba(rows["inner"]), labels=[0, 1]) for model in fitted]
    chosen = int(np.argmin(losses))
    scores = {part: fitted[chosen].predict_proba(rows[part])[:, 1] for part in ("inner", "test")}
    outcome = Outcome(
        history=[],
        best_epoch=0,
        converged=None,
        diverged=False,
        scores=scores,
        learned=_as_head(fitted[chosen], mean, sd),
    )
    return outcome, strengths[chosen]


def _as_head(model: LogisticRegression, mean: np.ndarray, sd: np.ndarray) -> Learned:
    """Write the regression as a softmax head: the negative class has logit 0."""
    kernel = np.stack([np.zeros_like(model.coef_[0]), model.coef_[0]], axis=1).astype(np.float32)
    bias = np.array([0.0, model.intercept_[0]], np.float32)
    return Learned(suffix=[], kernel=kernel, bias=bias, mean=mean, sd=sd)
