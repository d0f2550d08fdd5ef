"""Measure what fine-tuning changed: the similarity of activations before and after it, and between two weights.

Fine-tuned weights can reach the same AUROC with different features (Juodelyte et al., TMLR 2023). The AUROC alone
does not show how much of the pre-trained features is kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import chain

import keras
import numpy as np
from numpy.typing import NDArray

from radtl_tf.evaluation.question.contrasts import ways
from radtl_tf.evaluation.results.experiment_record import ExperimentRecord, read_record
from radtl_tf.evaluation.results.similarity import COLUMNS, FINE_TUNING, SOURCES
from radtl_tf.experiment.activations import KeptActivations, is_compared, sample
from radtl_tf.experiment.plan.plan import Plan
from radtl_tf.logs import get_logger
from radtl_tf.models.backbones import build_base
from radtl_tf.models.cka import linear_cka, stage_model
from radtl_tf.models.pixels import convention, to_network
from radtl_tf.records.csv_text import csv_text
from radtl_tf.records.disk import read_json, write_text
from radtl_tf.records.experiment_facts import read_facts
from radtl_tf.records.integrity.folder_checksums import write_unless_intact
from radtl_tf.records.runs import Run, Setting
from radtl_tf.training.features.prefix_features import PREFIX_BATCH, chunks
from radtl_tf.training.finished_networks import FinishedRuns

_log = get_logger(__name__)

Activations = list[NDArray[np.float32]]  # (N, C) of each stage
Row = tuple[object, ...]
Start = tuple[str, str]  # weights and their pixel convention


def write_similarities(plan: Plan) -> None:
    """Write ``similarity.csv``, whole or not at all, unless it exists or runs that it needs are missing.

    Raises:
        OutputError: a run's weights are damaged, or the folder cannot be written.
        WeightsError: a weights file is missing or has changed since the experiment started.
    """
    path = plan.folder.similarity
    if chosen_runs(plan) is not None:
        write_unless_intact(plan.folder, path, lambda: write_text(path, csv_text(COLUMNS, similarities(plan))))


def similarities(plan: Plan) -> list[Row]:
    """Return the rows of ``similarity.csv``, or none while runs that they need are missing."""
    chosen = chosen_runs(plan)
    if chosen is None:
        return []
    record = read_record(plan.folder.root)
    rows: list[Row] = []
    for network in dict.fromkeys(of.setting.network for of in plan.scenarios if of.setting.has_network):
        setting = next(of.setting for of in plan.scenarios if of.setting.network == network)
        backbone = setting.backbone
        pairs = [pair for pair in _pairs(record, backbone) if all((backbone, *of) in plan.records for of in pair)]
        runs = [run for run in chosen if run.scenario.setting.network == network]
        if pairs or runs:
            _log.info(f"{network}: similarity of activations before and after fine-tuning and between weights")
            rows += _StageActivations(plan.at(setting.image_size), setting).rows(runs, pairs)
            keras.backend.clear_session()
    return rows


def chosen_runs(plan: Plan) -> list[Run] | None:
    """Return, for each fine-tuned setting, its run with the lowest inner loss in the first fold and repeat.

    Return ``None`` while one of the runs to choose from is missing.
    """
    runs = [run for run in plan.runs if is_compared(run)]
    if not all(plan.folder.is_done(run) for run in runs):
        return None
    losses = {run: read_json(plan.folder.files(run).record)["inner_loss"] for run in runs}
    settings = dict.fromkeys(run.scenario.setting for run in runs)
    return [min((run for run in runs if run.scenario.setting == one), key=losses.__getitem__) for one in settings]


def _pairs(record: ExperimentRecord, backbone: str) -> list[tuple[Start, Start]]:
    """Return the question's two weights with their pixels, for each convention in which they are compared."""
    question = record.question
    if not question:
        return []
    first, second = question.compare
    asked = [*ways(record, (first, second)), *((entry, entry) for entry in record.axis[1:])]
    pairs = (
        ((first, record.convention(one, first, backbone)), (second, record.convention(other, second, backbone)))
        for one, other in asked
    )
    return list(dict.fromkeys(pairs))


class _StageActivations:
    """Compare the activations of the network of ``setting`` on a sample of the test images."""

    def __init__(self, plan: Plan, setting: Setting) -> None:
        backbone = setting.backbone
        self._plan, self._backbone, self._network = plan, backbone, setting.network
        self._kept = KeptActivations(plan)
        size = plan.experiment.training.image_size
        self._stages = self._kept.stages(backbone) or plan.networks.stages(backbone, size)

    def rows(self, runs: Sequence[Run], pairs: Sequence[tuple[Start, Start]]) -> Iterator[Row]:
        """Yield the rows of the runs that fine-tuned this backbone, then those of the pairs of weights."""
        before: dict[Start, Activations] = {}
        for start in dict.fromkeys([*map(_start, runs), *chain.from_iterable(pairs)]):
            kept = self._kept.of_start((self._backbone, *start))
            before[start] = kept if kept is not None else self._computed.of_start(start)
            for run in (run for run in runs if _start(run) == start):
                names = (FINE_TUNING, self._network, start[1], start[0], "", run.scenario.setting.tuning)
                yield from self._compared(names, before[start], self._tuned(run, before[start]))
        for first, second in pairs:
            pixels = "/".join(dict.fromkeys((first[1], second[1])))
            names = (SOURCES, self._network, pixels, first[0], second[0], "")
            yield from self._compared(names, before[first], before[second])

    def _tuned(self, run: Run, before: Activations) -> Activations:
        """Return the activations of the fine-tuned network of a run; below its cut they are those ``before``."""
        above = self._kept.of_run(run)
        if above is None:
            return self._computed.of_run(run)
        return [*before[: len(before) - len(above)], *above]

    @cached_property
    def _computed(self) -> _ComputedActivations:
        _log.info(f"{self._network}: the activations of some networks are not in the cache; they are computed now")
        return _ComputedActivations(self._plan, self._backbone)

    def _compared(self, names: tuple[str, ...], first: Activations, second: Activations) -> Iterator[Row]:
        for stage, x, y in zip(self._stages, first, second, strict=True):
            yield (*names, stage.layer, stage.depth, linear_cka(x, y), len(x))


class _ComputedActivations:
    """Compute activations that the cache lacks: features made elsewhere, runs of an earlier version, another cache."""

    def __init__(self, plan: Plan, backbone: str) -> None:
        self._plan, self._backbone = plan, backbone
        self._finished = FinishedRuns(plan.folder, read_facts(plan.folder.experiment))
        self._base = build_base(backbone, plan.experiment.training.image_size, seed=0)
        self._model = stage_model(self._base)
        self._images = np.asarray(plan.pixels[plan.folds[0].test[sample(plan)]])  # (N, H, W, 1)

    def of_start(self, start: Start) -> Activations:
        """Return those of the starting weights."""
        self._finished.start(self._base, self._plan.records[self._backbone, *start], 0)
        return self._activations(start)

    def of_run(self, run: Run) -> Activations:
        """Return those of the fine-tuned network of a run."""
        self._finished.network(run, self._plan.record(run), self._base)
        return self._activations(_start(run))

    def _activations(self, start: Start) -> Activations:
        """Return the pooled activations of every stage in prediction mode."""
        pixels = convention(start[1])
        parts = chunks(np.arange(len(self._images)), PREFIX_BATCH)
        batches = [self._model.predict_on_batch(to_network(self._images[part], pixels)) for part in parts]
        return [np.concatenate(arrays) for arrays in zip(*batches, strict=True)]


def _start(run: Run) -> Start:
    setting = run.scenario.setting
    return setting.weights, setting.pixels
