"""The network of a finished run built again, the maps that it gives, and what they depend on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from radtl_tf.errors import WeightsError
from radtl_tf.evaluation.results.experiment_record import ExperimentRecord
from radtl_tf.models.backbones import build_base, draw_weights
from radtl_tf.models.gradcam import Array, descent
from radtl_tf.models.head import Head
from radtl_tf.models.pixels import convention, to_network
from radtl_tf.models.tuning import split
from radtl_tf.models.weights.sources import WeightsRecord, assign, initialize, resolve
from radtl_tf.records.experiment import Experiment
from radtl_tf.records.folder import OutputFolder
from radtl_tf.records.runs import Run, Setting
from radtl_tf.report.saliency.case_choice import Case
from radtl_tf.report.saliency.gradcam import GradCam
from radtl_tf.report.saliency.map_agreement import Change, cascade
from radtl_tf.training.learned_weights import Learned, read_learned
from radtl_tf.training.randomness import backbone_seed, head_kernel

_OTHER = 1_000  # added to a repeat: seeds that no run of the experiment has


@dataclass(frozen=True)
class Explained:
    """Array (n, h, w) of ``cases``, the P(positive) (n,) that they explain, and what randomization left of them."""

    run: Run
    cases: tuple[Case, ...]
    maps: Array
    scores: NDArray[np.float64]
    changes: list[Change]


def find_weights(record: ExperimentRecord, experiment: Experiment, setting: Setting, folder: Path) -> WeightsRecord:
    """Return the weights that a setting started from.

    Raises:
        WeightsError: their file has gone, or is another one than that of the experiment.
    """
    found = resolve(setting.weights, setting.backbone, entries=experiment.weights, pixels=setting.pixels, folder=folder)
    used = {
        row.sha256 for row in record.facts.weights if (row.name, row.backbone) == (setting.weights, setting.backbone)
    }
    if found.sha256 not in used:
        raise WeightsError(
            f"Weights {setting.weights!r} for {setting.backbone}: {found.file or found.source} is not what the "
            "experiment used; restore that file."
        )
    return found


class Bench:
    """One backbone with a head; the runs on it are explained one after the other."""

    def __init__(self, experiment: Experiment, folder: OutputFolder, backbone: str) -> None:
        self._experiment, self._folder = experiment, folder
        self._base = build_base(backbone, experiment.training.image_size, seed=0)
        self._head = Head(num_features=int(self._base.output.shape[-1]), num_classes=2)
        self._map = GradCam(self._base, self._head)

    def explain(self, run: Run, weights: WeightsRecord, cases: Sequence[Case], grey: NDArray[np.float32]) -> Explained:
        """Explain the run's scores of its test ``cases``, ``grey`` (n, S, S, 1) in 0..1.

        Raises:
            OutputError: what the run has learned is missing or damaged.
            WeightsError: the weights file is not what it was.
        """
        learned = read_learned(self._folder.files(run).weights)
        initialize(self._base, weights, backbone_seed(self._experiment.seed, run.repeat))
        assign(split(self._base, run.scenario.setting.tuning).suffix, learned.suffix)
        self._head.reset(kernel=learned.kernel, bias=learned.bias, mean=learned.mean, sd=learned.sd)
        images = to_network(grey, convention(run.scenario.setting.pixels))
        maps, scores = self._map(images)
        changes = cascade(lambda: self._map(images)[0], self._randomizations(run, learned))
        return Explained(run, tuple(cases), maps, scores, changes)

    def _randomizations(self, run: Run, learned: Learned) -> Iterator[tuple[str, Callable[[], None]]]:
        """Yield what makes the network random, from the head down; the features' mean and SD belong to the data."""
        seed, repeat = self._experiment.seed, run.repeat + _OTHER
        num_features, num_classes = learned.kernel.shape
        scale = self._experiment.training.head_input
        kernel = head_kernel((seed, repeat, run.fold), num_features, num_classes, scale)
        bias = np.zeros_like(learned.bias)
        yield "head", partial(self._head.reset, kernel=kernel, bias=bias, mean=learned.mean, sd=learned.sd)
        for step in descent(self._base):
            yield step.name, partial(draw_weights, self._base, backbone_seed(seed, repeat + run.fold), step.layers)
