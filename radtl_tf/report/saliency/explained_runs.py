"""The saliency maps of a finished run's network, and their randomization check."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from radtl_tf.models.backbones import build_base, draw_weights
from radtl_tf.models.gradcam import Array, descent
from radtl_tf.models.head import Head
from radtl_tf.models.pixels import convention, to_network
from radtl_tf.models.weights.sources import WeightsRecord
from radtl_tf.records.experiment_facts import ExperimentFacts
from radtl_tf.records.folder import OutputFolder
from radtl_tf.records.runs import Run, Setting, at_size
from radtl_tf.report.saliency.case_choice import Case
from radtl_tf.report.saliency.gradcam import GradCam
from radtl_tf.report.saliency.map_agreement import Change, cascade
from radtl_tf.training.finished_networks import FinishedRuns
from radtl_tf.training.randomness import backbone_seed, head_kernel
from radtl_tf.training.trainer import copies

_OTHER = 1_000  # added to a repeat: seeds that no run of the experiment has


@dataclass(frozen=True)
class Explained:
    """Maps (n, h, w) of ``cases``, the P(positive) (n,) that they explain, and their change under randomization."""

    run: Run
    cases: tuple[Case, ...]
    maps: Array
    scores: NDArray[np.float64]
    changes: list[Change]


class Explainer:
    """One backbone with a head; the runs on it are explained one after the other."""

    def __init__(self, facts: ExperimentFacts, folder: OutputFolder, setting: Setting) -> None:
        self._experiment, self._finished = facts.experiment, FinishedRuns(folder, facts)
        size = at_size(self._experiment, setting.image_size).training.image_size
        self._base = build_base(setting.backbone, size, seed=0)
        self._head = Head(num_features=int(self._base.output.shape[-1]), num_classes=2)
        self._map = GradCam(self._base, self._head)

    def explain(self, run: Run, weights: WeightsRecord, cases: Sequence[Case], grey: NDArray[np.float32]) -> Explained:
        """Explain the run's scores of its test ``cases``, ``grey`` (n, H, W, 1) in 0..1.

        Raises:
            OutputError: what the run has learned is missing or damaged.
            WeightsError: the weights file differs from the one that the experiment recorded.
        """
        self._finished.network(run, weights, self._base, self._head)
        images = to_network(grey, convention(run.scenario.setting.pixels))
        maps, scores = self._map(images)
        changes = cascade(lambda: self._map(images)[0], self._randomizations(run))
        return Explained(run, tuple(cases), maps, scores, changes)

    def _randomizations(self, run: Run) -> Iterator[tuple[str, Callable[[], None]]]:
        """Yield what makes the network random, from the head down; the features' mean and SD belong to the data."""
        seed, repeat = self._experiment.seed, run.repeat + _OTHER
        mean, sd, first, bias = copies([self._head.mean, self._head.sd, self._head.kernel, self._head.bias])
        num_features, num_classes = first.shape
        scale = self._experiment.training.head_input
        kernel = head_kernel((seed, repeat, run.fold), num_features, num_classes, scale)
        yield "head", partial(self._head.reset, kernel=kernel, bias=np.zeros_like(bias), mean=mean, sd=sd)
        for step in descent(self._base):
            yield step.name, partial(draw_weights, self._base, backbone_seed(seed, repeat + run.fold), step.layers)
