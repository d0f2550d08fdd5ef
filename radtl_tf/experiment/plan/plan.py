"""Before the first run: data checked and decoded, folds drawn, weights found, all of it written down."""

from __future__ import annotations

import hashlib
import importlib.metadata
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from itertools import groupby, product
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from radtl_tf import __version__
from radtl_tf.data.check.findings import Checked, Finding
from radtl_tf.data.decoding.reading import Reading
from radtl_tf.data.folds.draw import MIN_INNER_PATIENTS, Fold, draw_folds, patients_per_class
from radtl_tf.data.folds.training_share import with_share_of_training
from radtl_tf.data.manifest.cases import Cases
from radtl_tf.data.tfds.builders import fingerprint
from radtl_tf.data.tfds.pipeline import pixel_cache
from radtl_tf.experiment.plan.data import take_in
from radtl_tf.experiment.plan.image_summary import write_inputs
from radtl_tf.experiment.plan.metadata import write_metadata
from radtl_tf.experiment.plan.ownership import is_begun, refuse_other, start_over
from radtl_tf.experiment.plan.scenarios import Records, runs_of, scenarios_of, weights_records
from radtl_tf.logs import get_logger
from radtl_tf.models.backbones import build_base, check_image_size
from radtl_tf.models.pixels import convention
from radtl_tf.models.weights.sources import WeightsRecord, initialize
from radtl_tf.records.experiment import Experiment
from radtl_tf.records.folder import OutputFolder, csv_text, read_json, write_json, write_text
from radtl_tf.records.reader import as_dict
from radtl_tf.records.runs import FOLD_COLUMNS, Run, Scenario, Target
from radtl_tf.training.device import Device
from radtl_tf.training.features.feature_key import images_hash
from radtl_tf.training.features.prefix_features import POOLED
from radtl_tf.training.linear.trivial_baselines import predict_baselines
from radtl_tf.training.trainer import Trainer
from radtl_tf.training.trial_step import BATCH_SIZES, largest_batch, trial_step

_log = get_logger(__name__)

PACKAGES = ("tensorflow", "keras", "tensorflow-datasets", "scikit-learn", "numpy", "pydicom", "h5py")


@dataclass(frozen=True)
class Plan:
    """All that the engine needs: nothing in it changes while the experiment runs."""

    experiment: Experiment
    folder: OutputFolder
    cases: Cases
    folds: list[Fold]
    records: dict[tuple[str, str, str], WeightsRecord]
    scenarios: list[Scenario]
    pixels: NDArray[np.float32]
    images_hash: str
    cache: Path
    data_sha256: str
    device: Device
    findings: tuple[Finding, ...]
    accepted: tuple[str, ...]
    warnings: list[str]

    @property
    def target(self) -> Target:
        """What is predicted, and its columns."""
        return Target(self.cases.kind, self.cases.classes)

    @cached_property
    def facts(self) -> dict[str, Any]:
        """What a folder with a finished run is held to: the experiment, its data, folds, weights and scenarios."""
        return {
            "experiment": as_dict(self.experiment),
            "data": _data(self),
            "folds_sha256": hashlib.sha256(_folds_text(self).encode()).hexdigest(),
            "weights": [_weights(record) for record in self.records.values()],
            "scenarios": [scenario.as_dict() for scenario in self.scenarios],
        }

    @property
    def runs(self) -> list[Run]:
        """Every run of the grid."""
        return runs_of(self.experiment, self.scenarios)

    @property
    def remaining(self) -> list[Run]:
        """The runs that are not done yet."""
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
        """Return which draw of its weights a run starts from: random ones are re-drawn per repeat, a file is one."""
        return run.repeat if self.record(run).source == "random" else 0


def make_plan(
    experiment: Experiment,
    folder: OutputFolder,
    *,
    device: Device,
    weights_folder: Path,
    cache_folder: Path | None = None,
    accepted: Sequence[str] = (),
) -> Plan:
    """Check and prepare all that an experiment needs, cheapest first; write ``folds.csv`` and ``experiment.json``.

    While no run of the folder is finished, what an earlier call wrote for another experiment is replaced.
    ``cache_folder`` is where features are kept, for other experiments, too; without it, in the output folder.
    ``accepted`` are codes of warnings of the data check that the user has looked at: they are recorded as such.

    Raises:
        DataError, WeightsError, ExperimentError: the input is wrong; nothing has been trained.
        OutputError: ``folder`` cannot be written or holds finished runs of another experiment.
    """
    for name in experiment.grid.backbones:
        check_image_size(name, experiment.training.image_size)
    records = weights_records(experiment, weights_folder)
    experiment = with_batch_size(experiment, folder, device)
    if is_begun(folder):
        refuse_other(folder, {"experiment": as_dict(experiment)})
    else:
        check_weights(records, experiment.training.image_size)
    intake = take_in(experiment, folder, accepted)
    cases, builder = intake.cases, intake.builder
    folds = draw_folds(cases, experiment.folds, experiment.seed)
    for fold, share in product(folds, experiment.grid.train_fractions):
        with_share_of_training(cases, fold, share, experiment.seed)  # each share has every class, or it stops here
    scenarios = scenarios_of(experiment, records)
    size, resize = experiment.training.image_size, experiment.training.resize
    pixels = pixel_cache(builder, len(cases.truth), size, resize, folder.data / f"pixels-{size}.npy")
    plan = Plan(
        experiment=experiment,
        folder=folder,
        cases=cases,
        folds=folds,
        records=records,
        scenarios=scenarios,
        pixels=pixels,
        images_hash=images_hash(intake.readings),
        cache=cache_folder or folder.features,
        data_sha256=fingerprint(builder),
        device=device,
        findings=intake.checked.findings,
        accepted=tuple(accepted),
        warnings=[*_warnings(folds), *_found(intake.checked, accepted)],
    )
    _write(plan)
    write_metadata(folder, intake.readings, experiment.evaluation.subgroups)
    write_baselines(plan, intake.readings)
    write_inputs(folder, intake.readings, len(cases.patient_ids))
    return plan


def with_batch_size(experiment: Experiment, folder: OutputFolder, device: Device) -> Experiment:
    """Return the experiment with a number for ``batch_size = "auto"``: that of the runs that are finished.

    Raises:
        ExperimentError: not even one image fits into the device's memory.
    """
    if experiment.training.batch_size != "auto":
        return experiment
    if is_begun(folder):
        size = read_json(folder.experiment)["experiment"]["training"]["batch_size"]
    else:
        size = largest_batch(lambda number: _try(experiment, number)) if device.gpus else BATCH_SIZES[0]
        _log.info(f"batch_size = 'auto': {size}" + " (no GPU whose memory could be too small)" * (not device.gpus))
    return replace(experiment, training=replace(experiment.training, batch_size=size))


def _try(experiment: Experiment, num_images: int) -> None:
    """Take a step of every backbone and tuning in which a part of the backbone learns."""
    for backbone, axis in product(experiment.grid.backbones, experiment.grid.tunings):
        if axis.name != POOLED:
            trial_step(Trainer(backbone, axis.name, experiment.training.image_size, num_classes=2), num_images)


def write_baselines(plan: Plan, readings: Sequence[Reading]) -> None:
    """Write the predictions of the trivial baselines, unless they are there."""
    if not plan.folder.baselines.exists():
        rows = predict_baselines(readings, plan.cases, plan.folds)
        write_text(plan.folder.baselines, csv_text(plan.target.columns, rows))


def check_weights(records: Records, image_size: int) -> None:
    """Load every weights file once into its backbone, so that a wrong one stops the experiment before it begins.

    Raises:
        WeightsError: a file is not what it claims to be, or cannot be downloaded.
    """
    given = {(record.backbone, record.name): record for record in records.values() if record.source != "random"}
    for backbone, group in groupby(sorted(given), key=lambda key: key[0]):
        base = build_base(backbone, image_size, seed=0)
        for key in group:
            initialize(base, given[key], seed=0)


def _warnings(folds: list[Fold]) -> list[str]:
    fixed = sum(fold.fixed_epochs for fold in folds)
    if not fixed:
        return []
    return [
        f"{fixed} of {len(folds)} inner parts have fewer than {MIN_INNER_PATIENTS} patients of a class: "
        "there the last epoch is kept, none is chosen."
    ]


def _found(checked: Checked, accepted: Sequence[str]) -> list[str]:
    """Return the warnings of the data check that nobody has accepted."""
    return [
        f"Data check, {finding.code}: {finding.message}"
        for finding in checked.findings
        if finding.level == "warning" and finding.code not in accepted
    ]


def _write(plan: Plan) -> None:
    """Write ``folds.csv`` and ``experiment.json``; where a run is finished, check that they say the same."""
    found = [{"code": finding.code, "level": finding.level, "message": finding.message} for finding in plan.findings]
    said = {"check": {"findings": found, "accepted": list(plan.accepted)}, "warnings": plan.warnings}
    if is_begun(plan.folder):
        refuse_other(plan.folder, plan.facts)
        _refresh(plan, said)
        return
    start_over(plan.folder)
    context = {
        "versions": {"radtl_tf": __version__, "python": platform.python_version(), **_versions()},
        "hardware": {"machine": platform.machine(), "system": platform.system(), **asdict(plan.device)},
    }
    write_text(plan.folder.folds, _folds_text(plan))
    write_json(plan.folder.experiment, {"format": 1, **plan.facts, **context, **said})


def _refresh(plan: Plan, said: dict[str, Any]) -> None:
    """Record what is evaluated, and what this call ``said`` of the data: both may change when runs are finished."""
    written = read_json(plan.folder.experiment)
    experiment = {**written["experiment"], "evaluation": as_dict(plan.experiment.evaluation)}
    current = {**written, "experiment": experiment, **said}
    if current != written:
        write_json(plan.folder.experiment, current)


def _folds_text(plan: Plan) -> str:
    return csv_text(FOLD_COLUMNS, _fold_rows(plan))


def _fold_rows(plan: Plan) -> list[tuple[int, str, int, int, str]]:
    patient = plan.cases.patient_ids
    return [
        (int(row), patient[plan.cases.patients[row]], fold.repeat, fold.fold, part)
        for fold in plan.folds
        for part, rows in fold.parts()
        for row in rows
    ]


def _data(plan: Plan) -> dict[str, Any]:
    cases = plan.cases
    patients = patients_per_class(cases, np.arange(len(cases.truth)))
    images = cases.marks.sum(axis=0)
    return {
        "sha256": plan.data_sha256,
        "examples": len(cases.truth),
        "patients": len(cases.patient_ids),
        "classes": list(cases.classes),
        "counts": {
            name: {"images": int(images[number]), "patients": int(patients[number])}
            for number, name in enumerate(cases.classes)
        },
        "unit": cases.unit,
    }


def _weights(record: WeightsRecord) -> dict[str, Any]:
    alternative = convention(record.native_pixels).alternative
    uncertain = {"alternative_pixels": alternative} if alternative else {}
    return uncertain | {
        "name": record.name,
        "backbone": record.backbone,
        "source": record.source,
        "file": record.file.name if record.file else None,
        "sha256": record.sha256,
        "pixels": record.pixels,
        "native_pixels": record.native_pixels,
    }


def _versions() -> dict[str, str]:
    return {name: importlib.metadata.version(name) for name in PACKAGES}
