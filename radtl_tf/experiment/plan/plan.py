"""Plan an experiment: check and decode the data, draw folds, find weights, and record all of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from radtl_tf.data.check.findings import Finding
from radtl_tf.data.folds.draw import Fold
from radtl_tf.data.folds.training_share import with_share_of_training
from radtl_tf.data.manifest.cases import Cases
from radtl_tf.experiment.integrity.changed_machine import check_machine
from radtl_tf.experiment.integrity.damaged_runs import reopen_damaged_runs
from radtl_tf.experiment.integrity.lost_experiment import identity_of
from radtl_tf.experiment.plan.context import context
from radtl_tf.experiment.plan.data import Source, take_in
from radtl_tf.experiment.plan.device import with_batch_size
from radtl_tf.experiment.plan.folds import check_shares, fold_warnings
from radtl_tf.experiment.plan.networks import Networks
from radtl_tf.experiment.plan.ownership import comparable, is_begun, refuse_other
from radtl_tf.experiment.plan.pixels import pixels_of
from radtl_tf.experiment.plan.scenarios import scenarios_of, weights_records
from radtl_tf.experiment.plan.weights import check_weights, vectors_of
from radtl_tf.experiment.plan.written import facts_of, write_plan
from radtl_tf.models.backbones import check_image_size
from radtl_tf.models.weights.sources import WeightsRecord
from radtl_tf.records.experiment import Experiment
from radtl_tf.records.experiment_facts import read_written
from radtl_tf.records.folder import OutputFolder
from radtl_tf.records.reader import as_dict
from radtl_tf.records.runs import Run, Scenario, Target, at_size, image_sizes, runs_of
from radtl_tf.training.device import Device
from radtl_tf.training.features.array_cache import cache_in


@dataclass(frozen=True)
class Plan:
    """Everything the engine needs; nothing in it changes while the experiment runs.

    ``images`` are the decoded images (N, H, W, 1) of each image size. ``vectors`` are the embeddings (N, C) of each
    weights that has some in place of a network.
    """

    experiment: Experiment
    folder: OutputFolder
    cases: Cases
    folds: list[Fold]
    records: dict[tuple[str, str, str], WeightsRecord]
    scenarios: list[Scenario]
    images: Mapping[int | str, NDArray[np.float32]]
    images_hash: str
    cache: Path
    data_sha256: str
    device: Device
    findings: tuple[Finding, ...]
    accepted: tuple[str, ...]
    warnings: list[str]
    data_set: Path | None = None
    networks: Networks = field(default_factory=Networks)
    vectors: Mapping[str, NDArray[np.float32]] = field(default_factory=dict)
    known_facts: dict[str, Any] | None = None

    @property
    def pixels(self) -> NDArray[np.float32]:
        """Return the images (N, H, W, 1) at ``training.image_size``, float32 in 0..1."""
        return self.images[self.experiment.training.image_size]

    def at(self, image_size: int | str | None) -> Plan:
        """Return the plan with the image size of a setting as ``training.image_size``; its facts stay the same."""
        experiment = at_size(self.experiment, image_size)
        return self if experiment is self.experiment else replace(self, experiment=experiment, known_facts=self.facts)

    @property
    def target(self) -> Target:
        """Return the target: the classes to predict and the columns of their scores."""
        return Target(self.cases.kind, self.cases.classes)

    @cached_property
    def facts(self) -> dict[str, Any]:
        """Return the facts that may not change after a finished run: experiment, data, folds, weights, scenarios.

        They are ``known_facts`` if the plan was opened from files.
        """
        return facts_of(self) if self.known_facts is None else self.known_facts

    @cached_property
    def identity(self) -> dict[str, Any]:
        """Return what a finished run records of its experiment, by which a lost ``experiment.json`` is recovered."""
        written = read_written(self.folder.experiment)
        return identity_of(comparable(self.facts), written.get("fixed_since"))

    @property
    def runs(self) -> list[Run]:
        """Return every run of the grid."""
        return runs_of(self.experiment, self.scenarios)

    @property
    def remaining(self) -> list[Run]:
        """Return the runs that are not finished."""
        return [run for run in self.runs if not self.folder.is_done(run)]

    def record(self, run: Run) -> WeightsRecord:
        """Return the weights that a run starts from."""
        setting = run.scenario.setting
        return self.records[setting.backbone, setting.weights, setting.pixels]

    def fold(self, run: Run) -> Fold:
        """Return the fold of a run, with its share of the training patients."""
        return self.part(run.repeat, run.fold, run.scenario.setting.train_fraction)

    def part(self, repeat: int, fold: int, share: float) -> Fold:
        """Return a fold of a repeat with a share (0..1) of its training patients."""
        whole = self.folds[repeat * self.experiment.folds.count + fold]
        return with_share_of_training(self.cases, whole, share, self.experiment.seed)

    def draw(self, run: Run) -> int:
        """Return the draw of the weights that a run starts from: its repeat for random weights, 0 for a file."""
        return run.repeat if self.record(run).source == "random" else 0


def make_plan(
    experiment: Experiment,
    folder: OutputFolder,
    *,
    device: Device,
    weights_folder: Path,
    cache_folder: Path | None = None,
    accepted: Sequence[str] = (),
    source: Source = None,
    allow_changed: bool = False,
) -> Plan:
    """Check and prepare an experiment, cheapest checks first; write ``folds.csv`` and ``experiment.json``.

    Until a run of the folder is finished, files of another experiment from an earlier call are replaced.
    Features are cached in ``cache_folder``, which experiments share, or else in the output folder. ``accepted`` lists
    the codes of data-check warnings that the user has accepted; they are recorded. ``source`` is data from memory,
    used in place of what the task names. ``allow_changed`` accepts that finished runs had other software or hardware.
    Finished runs whose files are damaged are trained again.

    Raises:
        DataError, WeightsError, ExperimentError: the input is wrong; nothing has been trained.
        OutputError: ``folder`` cannot be written, holds finished runs of another experiment, or the machine changed.
    """
    records, networks = _weights(experiment, weights_folder), Networks()
    experiment = with_batch_size(experiment, folder, device)
    scenarios = scenarios_of(experiment, records)
    if is_begun(folder):
        refuse_other(folder, {"experiment": as_dict(experiment)})
    else:
        check_weights(records, experiment.training.image_size, networks)
    _check_finished(experiment, folder, scenarios, device, allow_changed)
    intake = take_in(experiment, folder, accepted, source)
    check_shares(intake.cases, intake.folds, experiment)
    vectors, remarks = vectors_of(records, folder, intake)
    cache = cache_folder or folder.features
    plan = Plan(
        experiment=experiment,
        folder=folder,
        cases=intake.cases,
        folds=intake.folds,
        records=records,
        scenarios=scenarios,
        images=pixels_of(intake, experiment, folder, cache_in(cache, experiment.training), device),
        images_hash=intake.known.images_hash,
        cache=cache,
        data_sha256=intake.sha256,
        device=device,
        findings=intake.known.findings,
        accepted=tuple(accepted),
        warnings=[*fold_warnings(intake.folds), *intake.warnings(accepted), *remarks],
        data_set=_below(Path(intake.builder.data_path), folder.root),
        networks=networks,
        vectors=vectors,
    )
    write_plan(plan, intake.readings, intake.known.metadata)
    return plan


def _check_finished(
    experiment: Experiment, folder: OutputFolder, scenarios: list[Scenario], device: Device, allow_changed: bool
) -> None:
    """Reopen damaged runs; if runs remain, refuse to train them with other software or hardware."""
    reopen_damaged_runs(folder.finished())
    if folder.finished() and not all(folder.is_done(run) for run in runs_of(experiment, scenarios)):
        check_machine(folder, context(device), experiment.training.determinism, allowed=allow_changed)


def _below(path: Path, root: Path) -> Path | None:
    return path if path.is_relative_to(root) else None


def _weights(experiment: Experiment, folder: Path) -> dict[tuple[str, str, str], WeightsRecord]:
    """Find the weights of the grid and check that the backbones accept the experiment's image size."""
    for name, size in product(experiment.grid.backbones, image_sizes(experiment)):
        check_image_size(name, size)
    return weights_records(experiment, folder)
