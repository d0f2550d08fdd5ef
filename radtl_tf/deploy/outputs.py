"""What an exported model gives: the names of its outputs in every format, and of its scores. Imports no TensorFlow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from radtl_tf.evaluation.metrics.stages import called_stage
from radtl_tf.records.experiment import Kind
from radtl_tf.records.runs import Target

GREY = "grey"  # (B, H, W, 1) float32 in 0..1
PROBABILITIES = "probabilities"  # (B, K) of the classes or stages
SCORE = "score"  # (B,) probability of the positive class, or the number of a regression


def main_output(kind: Kind) -> str:
    """Return the output that holds all scores: the probabilities, or the number of a regression.

    >>> main_output("ordinal"), main_output("regression")
    ('probabilities', 'score')
    """
    return SCORE if kind == "regression" else PROBABILITIES


def output_of(card: Mapping[str, Any]) -> str:
    """Return ``main_output`` of the model of a card; earlier versions wrote no kind and exported binary models only."""
    return main_output(card.get("kind", "binary"))


def columns_of(scores: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return scores (B, N); one number per image becomes (B, 1)."""
    return scores[:, np.newaxis] if scores.ndim == 1 else scores


def score_names(target: Target) -> tuple[str, ...]:
    """Return the names of an image's scores: those of the target, or one per stage of an ordinal model.

    >>> score_names(Target("ordinal", ("CS1", "CS2"))), score_names(Target("regression", ()))
    (('score_CS1', 'score_CS2'), ('score',))
    """
    return tuple(f"score_{stage}" for stage in target.classes) if target.kind == "ordinal" else target.score


def above_stages(probabilities: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return P(above a stage), (N, K - 1), from the probabilities of the stages (N, K).

    >>> above_stages(np.array([[0.1, 0.2, 0.7]])).round(3).tolist()
    [[0.9, 0.7]]
    """
    from_the_top = np.cumsum(np.asarray(probabilities, np.float64)[:, ::-1], axis=1)
    return from_the_top[:, -2::-1]


def stage_of(probabilities: Sequence[float]) -> int:
    """Return the number of the predicted stage: how many stages the image is above with more than one half.

    >>> stage_of([0.1, 0.3, 0.6]), stage_of([0.6, 0.0, 0.4])
    (2, 0)
    """
    return int(called_stage(above_stages(np.array([probabilities])))[0])
