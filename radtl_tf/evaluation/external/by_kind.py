"""Measure frozen models of any kind of task: the cases of a test as the views, thresholds or numbers of their kind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from radtl_tf.data.manifest.cases import Cases
from radtl_tf.evaluation.external.frozen_models import evaluate_classes, evaluate_external
from radtl_tf.evaluation.external.numbers import Numbers, evaluate_numbers
from radtl_tf.evaluation.external.positive_calls import with_threshold
from radtl_tf.evaluation.external.results import External
from radtl_tf.evaluation.external.scored import Scored
from radtl_tf.evaluation.external.stages import with_stages
from radtl_tf.records.runs import Target

Scores = NDArray[np.float64]


@dataclass(frozen=True)
class ScoredCases:
    """The images of a test: truth (N, S) and ``scores`` (N, M, S) of M models, in the order of ``target``.

    S is 1 for a binary task and a regression, the number of classes, or of the thresholds between stages.
    """

    target: Target
    truth: NDArray[Any]
    scores: Scores
    patients: NDArray[np.int64]

    @property
    def images(self) -> list[Scored] | Numbers:
        """The images with each class against the rest or each threshold, or with the numbers of a regression."""
        if self.target.is_number:
            return Numbers(self.truth[:, 0].astype(np.float64), self.scores[:, :, 0], self.patients)
        columns = self.truth.astype(np.int64).T
        return [Scored(column, self.scores[:, :, at], self.patients) for at, column in enumerate(columns)]


def scored_cases(cases: Cases, target: Target, scores: Scores) -> ScoredCases:
    """Return the cases with the ``scores`` (N, M, S) of models that predict ``target``."""
    return ScoredCases(target, _truth(cases, target), scores, cases.patients)


def measured(
    names: Sequence[str], of: ScoredCases, cases: Cases, *, label_unit: str, threshold: float | None, seed: int
) -> External:
    """Return all results of the models ``names``; ``threshold`` is for binary models, ``label_unit`` for a regression.

    Raises:
        ValueError: a class or threshold has no images on one side.
    """
    images, target = of.images, of.target
    if isinstance(images, Numbers):
        return evaluate_numbers(names, images, cases.unit, label_unit, seed=seed)
    if target.is_binary:
        external = evaluate_external(names, images[0], cases.unit, seed=seed)
        return external if threshold is None else with_threshold(external, names, images[0], threshold, seed=seed)
    views = dict(zip(target.outputs, images, strict=True))
    external = evaluate_classes(names, views, target.kind, cases.unit, seed=seed)
    return with_stages(external, names, views, target.classes, seed=seed) if target.kind == "ordinal" else external


def _truth(cases: Cases, target: Target) -> NDArray[Any]:
    if target.is_binary or target.is_number:
        return cases.truth[:, np.newaxis]
    if target.kind == "ordinal":
        return (cases.truth[:, np.newaxis] > np.arange(len(target.outputs))).astype(np.int64)
    truth = cases.truth if cases.kind == "multilabel" else cases.marks
    return truth[:, [cases.classes.index(name) for name in target.classes]]
