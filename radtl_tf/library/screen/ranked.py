"""Compute the features of every candidate, score them, and rank the candidates."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from radtl_tf.data.manifest.cases import UNKNOWN, Cases
from radtl_tf.errors import DataError, ExperimentError
from radtl_tf.evaluation.screen.scores import Labels, ranking, scores_of
from radtl_tf.library.bars import bars
from radtl_tf.library.data.dataset import Dataset
from radtl_tf.library.embeddings import PooledFeatures
from radtl_tf.library.screen.candidates import Candidate, File, Weights, candidates_from
from radtl_tf.library.screen.result import Row, Screen
from radtl_tf.logs import get_logger
from radtl_tf.progress import Progress, Watch
from radtl_tf.records.experiment import Training
from radtl_tf.records.reader import record_from
from radtl_tf.training.device import borrowed

_log = get_logger(__name__)


@dataclass(frozen=True)
class Settings:
    """The arguments of ``screen`` that say how features are computed and scored."""

    image_size: int | str
    resize: str
    k: int
    seed: int

    @property
    def training(self) -> Training:
        """The settings in the form that an experiment has them.

        Raises:
            ExperimentError: one is out of range.
        """
        return record_from({"image_size": self.image_size, "resize": self.resize}, Training)


def ranked(
    data: Dataset,
    weights: Sequence[Weights],
    backbones: Sequence[str],
    pixels: str | None,
    features: Mapping[str, ArrayLike | File],
    settings: Settings,
) -> Screen:
    """Return the ranking of the candidates; the arguments and errors are those of ``radtl_tf.screen``."""
    if not isinstance(data, Dataset):
        raise DataError(f"screen takes a radtl_tf.Dataset, not {type(data).__name__}.")
    if settings.k < 1:
        raise ExperimentError(f"k = {settings.k} is out of range: it must be at least 1.")
    training = settings.training
    found = candidates_from(data, weights, backbones, pixels, features, settings.image_size)
    labels = labels_of(data.cases)
    with bars() as watch, borrowed(training) as device:
        store = PooledFeatures(data, training, device, settings.seed)
        rows = _scored(found, store, labels, settings.k, watch)
        store.close()
    order = ranking([row.scores for row in rows], lower_is_better=labels.metric.lower_is_better)
    return Screen(
        rows=tuple(rows[at] for at in order),
        metric=labels.metric,
        data=data,
        training=training,
        k=settings.k,
        seed=settings.seed,
    )


def labels_of(cases: Cases) -> Labels:
    """Return what the screen knows of the images; unknown labels are NaN."""
    targets = cases.columns.astype(np.float64)
    if cases.kind == "multilabel":
        targets[cases.columns == UNKNOWN] = np.nan
    number = len(targets)
    members = cases.patients if cases.unit == "patient" else np.arange(number)
    return Labels(cases.kind, targets.reshape(number, -1), cases.groups, members)


def _scored(candidates: Sequence[Candidate], store: PooledFeatures, labels: Labels, k: int, watch: Watch) -> list[Row]:
    """Return a row per candidate; those of one backbone share its network."""
    rows = []
    for done, candidate in enumerate(sorted(candidates, key=lambda one: one.backbone)):
        watch(Progress("Candidates", done, len(candidates)))
        start, spent = time.monotonic(), store.seconds
        vectors = store.of(candidate.record) if candidate.record else candidate.brought_in
        scores = scores_of(vectors, labels, k)
        computed = store.seconds > spent
        rows.append(Row(candidate, scores, vectors.shape[1], time.monotonic() - start, computed))
    watch(Progress("Candidates", len(candidates), len(candidates)))
    return rows
