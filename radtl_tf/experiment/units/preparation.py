"""Write what a process needs to train a work unit of a plan, and open it again without the data."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np

from radtl_tf.data.embeddings.kept import kept_vectors, key_of
from radtl_tf.data.tfds.pixel_cache import read_pixels
from radtl_tf.errors import OutputError, WeightsError
from radtl_tf.experiment.cost import seconds_per_run
from radtl_tf.experiment.plan.context import context
from radtl_tf.experiment.plan.ownership import comparable, is_begun, refuse_other
from radtl_tf.experiment.plan.plan import Plan
from radtl_tf.experiment.units.arrays import arrays_of, read_arrays
from radtl_tf.experiment.units.division import units_of
from radtl_tf.logs import get_logger
from radtl_tf.models.weights.sources import WeightsRecord, resolve
from radtl_tf.records.checksums import checksum_of
from radtl_tf.records.disk import write_bytes
from radtl_tf.records.experiment import Experiment
from radtl_tf.records.experiment_facts import DataFacts
from radtl_tf.records.folder import OutputFolder
from radtl_tf.records.prepared import Prepared, WorkUnit, find_prepared, write_prepared
from radtl_tf.records.reader import validated
from radtl_tf.records.runs import EMBEDDINGS, Scenario, image_sizes
from radtl_tf.records.safety.lock import workers_of
from radtl_tf.training.device import Device
from radtl_tf.training.tensorboard.run_events import describe

_log = get_logger(__name__)


def prepare_units(plan: Plan, *, timed: bool) -> Prepared:
    """Write ``PREPARED.json`` last, and return its content.

    Once a run is finished or a unit is at work, threads, versions and hardware stay as they were. The units stay as
    they are while one is at work. ``timed`` estimates their seconds with a timed step of each kind.

    Raises:
        OutputError: the folder cannot be written.
    """
    known = find_prepared(plan.folder)
    if known and comparable(known.facts) != comparable(plan.facts):
        known = None
    content = arrays_of(plan.cases, plan.folds)
    if not plan.folder.arrays.exists() or plan.folder.arrays.read_bytes() != content:
        write_bytes(plan.folder.arrays, content)
    new = Prepared(
        facts=plan.facts,
        arrays=hashlib.blake2b(content, digest_size=16).hexdigest(),
        images=plan.images_hash,
        weights=tuple(_as_dict(record) for record in plan.records.values()),
        units=_units(plan, known, timed),
        **_machine(plan, known),
    )
    if new != known:
        describe(plan.folder.tensorboard, [one for one in plan.scenarios if not one.is_reference])
        write_prepared(plan.folder, new)
    return new


def _units(plan: Plan, known: Prepared | None, timed: bool) -> tuple[WorkUnit, ...]:
    """Return the known units, or new ones if there are none, or if they lack times and nobody works on them."""
    if known and (known.is_timed or not timed or workers_of(plan.folder.root)):
        return known.units
    return units_of(plan, seconds_per_run(plan) if timed else None)


def _machine(plan: Plan, known: Prepared | None) -> dict[str, Any]:
    if known and is_begun(plan.folder):
        return {"threads": known.threads, "versions": known.versions, "hardware": known.hardware}
    now = context(plan.device)
    hardware = {**now["hardware"], "gpus": list(plan.device.gpus)}  # as JSON gives it
    return {"threads": plan.device.threads, "versions": now["versions"], "hardware": hardware}


def open_plan(
    folder: OutputFolder, prepared: Prepared, *, device: Device, weights_folder: Path, cache_folder: Path
) -> Plan:
    """Return the plan of a prepared experiment; no manifest, image, weights file or baseline is read.

    Weights that do not lie where they did are looked for in ``weights_folder``. ``findings``, ``warnings`` and
    ``accepted``, which are in ``experiment.json`` already, are empty.

    Raises:
        OutputError: a file is missing, damaged or of another experiment.
        DataError: the decoded pixels are missing or damaged.
        WeightsError: a weights file is missing or has changed.
    """
    refuse_other(folder, prepared.facts)
    experiment = experiment_of(prepared)
    data = validated(prepared.facts["data"], DataFacts)
    _refuse_damaged(folder, prepared)
    cases, folds = read_arrays(folder.arrays, kind=experiment.task.kind, unit=data.unit, unknown=data.unknown)
    images = (len(cases.truth), experiment.training.resize, data.sha256)
    records = [_record(entry, experiment, weights_folder) for entry in prepared.weights]
    return Plan(
        experiment=experiment,
        folder=folder,
        cases=cases,
        folds=folds,
        records={(one.backbone, one.name, one.pixels): one for one in records},
        scenarios=[Scenario.from_dict(row) for row in prepared.facts["scenarios"]],
        images={size: _read_pixels(folder, size, *images) for size in image_sizes(experiment)},
        images_hash=prepared.images,
        cache=cache_folder,
        data_sha256=data.sha256,
        device=device,
        findings=(),
        accepted=(),
        warnings=[],
        known_facts=prepared.facts,
        vectors={
            one.name: kept_vectors(folder, key_of(one.sha256, data.sha256))
            for one in records
            if one.backbone == EMBEDDINGS
        },
    )


def _read_pixels(folder: OutputFolder, size: int | str, number: int, resize: str, data_sha256: str) -> np.memmap:
    return read_pixels(folder.pixels(size), number, size, resize, data_sha256)


def experiment_of(prepared: Prepared) -> Experiment:
    """Return the experiment that was prepared."""
    return validated(prepared.facts["experiment"], Experiment)


def _refuse_damaged(folder: OutputFolder, prepared: Prepared) -> None:
    if not folder.arrays.exists() or checksum_of(folder.arrays) != prepared.arrays:
        raise OutputError(
            f"{folder.arrays} is missing or damaged: prepare the experiment again; finished runs are kept."
        )


def _as_dict(record: WeightsRecord) -> dict[str, Any]:
    return asdict(record) | {"file": str(record.file) if record.file else None}


def _record(entry: Mapping[str, Any], experiment: Experiment, folder: Path) -> WeightsRecord:
    """Return the weights of an entry; if their file is gone, the same file is looked for where this machine has it."""
    record = WeightsRecord(**{**entry, "file": Path(entry["file"]) if entry["file"] else None})
    if record.backbone == EMBEDDINGS or record.file is None or record.file.is_file():
        return record
    found = resolve(record.name, record.backbone, entries=experiment.weights, pixels=record.pixels, folder=folder)
    if found.sha256 != record.sha256:
        raise WeightsError(
            f"Weights {record.name!r} for {record.backbone}: {found.file or found.source} is not the file that the "
            f"experiment was prepared with (sha256 {(record.sha256 or '')[:12]}). Restore that file."
        )
    return replace(record, file=found.file)
