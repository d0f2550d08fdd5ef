"""Rebuild the networks of finished runs: starting weights below the cut, trained weights above it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import keras

from radtl_tf.errors import WeightsError
from radtl_tf.models.backbones import build_base
from radtl_tf.models.head import Head
from radtl_tf.models.tuning import Split, split
from radtl_tf.models.weights.sources import WeightsRecord, assign, initialize, resolve
from radtl_tf.records.experiment import Experiment
from radtl_tf.records.experiment_facts import ExperimentFacts, WeightsFacts
from radtl_tf.records.folder import OutputFolder
from radtl_tf.records.integrity.run_checksums import WEIGHTS, refuse_damaged
from radtl_tf.records.runs import PROBE, Run, Setting, at_size
from radtl_tf.training.features.array_cache import Arrays
from radtl_tf.training.learned_weights import Learned, read_learned
from radtl_tf.training.randomness import backbone_seed
from radtl_tf.training.trainer import copies

_SHORT = 12  # digits of a sha256 to show


@dataclass(frozen=True)
class Network:
    """The network of a run: ``base`` from images to features, the same network in two ``parts``, and the head."""

    base: keras.Model
    parts: Split
    head: Head


class FinishedRuns:
    """Rebuild the networks of an experiment's finished runs, one after the other.

    The last starting weights are kept in memory, since a large file takes seconds to read.
    """

    def __init__(self, folder: OutputFolder, facts: ExperimentFacts) -> None:
        """Use the folder of an experiment and the facts of its ``experiment.json``."""
        self._folder, self._experiment, self._recorded = folder, facts.experiment, facts.weights
        self._kept: tuple[WeightsRecord, int, Arrays] | None = None

    def start(self, base: keras.Model, weights: WeightsRecord, repeat: int) -> None:
        """Assign the starting weights of a repeat's runs to ``base``.

        Raises:
            WeightsError: the file is not the one that the experiment recorded, or cannot be read.
        """
        seed = backbone_seed(self._experiment.seed, repeat)
        if self._kept and self._kept[:2] == (weights, seed):
            assign(base, self._kept[2])
            return
        _check_recorded(weights, self._recorded)
        initialize(base, weights, seed)
        self._kept = weights, seed, copies(base.weights)

    def network(
        self, run: Run, weights: WeightsRecord, base: keras.Model | None = None, head: Head | None = None
    ) -> Network:
        """Return the trained network of ``run``, which started from ``weights``.

        ``base`` and ``head`` are reused if given, for a caller that has built something on them; their weights are
        overwritten.

        Raises:
            OutputError: the trained weights of the run are missing or damaged.
            WeightsError: the file is not the one that the experiment recorded, or cannot be read.
        """
        refuse_damaged(self._folder.files(run), WEIGHTS)
        learned = read_learned(self._folder.files(run).weights)
        return self.rebuilt(run.scenario.setting, run.repeat, learned, weights, base, head)

    def rebuilt(
        self,
        setting: Setting,
        repeat: int,
        learned: Learned,
        weights: WeightsRecord,
        base: keras.Model | None = None,
        head: Head | None = None,
    ) -> Network:
        """Return the network of a setting that started from ``weights`` in this repeat and has ``learned``.

        ``base`` and ``head`` as in ``network``.

        Raises:
            WeightsError: the file is not the one that the experiment recorded, or cannot be read.
        """
        if base is None:
            size = at_size(self._experiment, setting.image_size).training.image_size
            base = build_base(setting.backbone, size, seed=0)
        self.start(base, weights, repeat)
        parts = split(base, "frozen" if setting.tuning == PROBE else setting.tuning)
        assign(parts.suffix, learned.suffix)
        if head is None:
            head = Head(num_features=learned.kernel.shape[0], num_classes=learned.kernel.shape[1])
        head.reset(kernel=learned.kernel, bias=learned.bias, mean=learned.mean, sd=learned.sd)
        return Network(base, parts, head)


def find_weights(experiment: Experiment, setting: Setting, weights_folder: Path) -> WeightsRecord:
    """Return the weights of a setting as found on this machine; ``FinishedRuns`` compares them with the recorded ones.

    Raises:
        WeightsError: their file is missing.
    """
    return resolve(
        setting.weights, setting.backbone, entries=experiment.weights, pixels=setting.pixels, folder=weights_folder
    )


def _check_recorded(weights: WeightsRecord, recorded: Sequence[WeightsFacts]) -> None:
    """Refuse weights if their file is not the recorded one."""
    names = (weights.name, weights.backbone)
    sums = [row.sha256 for row in recorded if (row.name, row.backbone) == names]
    if weights.sha256 not in sums:
        raise WeightsError(
            f"Weights {weights.name!r} for {weights.backbone}: {weights.file or weights.source} has "
            f"{_short(weights.sha256)}, but the experiment recorded {_short(sums[0] if sums else None)}. "
            "Restore that file, or run the experiment again with another output folder."
        )


def _short(sha256: str | None) -> str:
    return f"sha256 {sha256[:_SHORT]}..." if sha256 else "no sha256"
