"""Write a plan to the output folder: folds, resolved experiment, baselines, summary and hashes of the images."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from radtl_tf.data.decoding.reading import Reading
from radtl_tf.data.folds.draw import patients_per_class
from radtl_tf.data.manifest.cases import Cases
from radtl_tf.experiment.integrity.lost_experiment import is_lost, recovered
from radtl_tf.experiment.plan.changed_settings import changed_settings
from radtl_tf.experiment.plan.context import context
from radtl_tf.experiment.plan.folds import folds_text
from radtl_tf.experiment.plan.image_summary import write_image_hashes, write_inputs
from radtl_tf.experiment.plan.metadata import write_metadata
from radtl_tf.experiment.plan.ownership import PATHS, comparable, is_begun, is_same, refuse_other, start_over
from radtl_tf.experiment.plan.weights import weights_facts
from radtl_tf.logs import get_logger
from radtl_tf.records.ages import grouped
from radtl_tf.records.csv_text import csv_text
from radtl_tf.records.disk import write_text
from radtl_tf.records.experiment_facts import read_written, write_facts
from radtl_tf.records.integrity.folder_checksums import write_unless_intact
from radtl_tf.records.reader import as_dict
from radtl_tf.training.linear.trivial_baselines import predict_baselines

_NUMBERS = {"mean": "mean", "sd": "std", "min": "min", "max": "max"}  # of NumberFacts, and the method of an array

if TYPE_CHECKING:
    from radtl_tf.experiment.plan.plan import Plan

_log = get_logger(__name__)


def write_plan(plan: Plan, readings: Sequence[Reading], metadata: Sequence[str]) -> None:
    """Write everything known before the first run; if a run is finished, check that the files agree.

    ``metadata`` names the metadata that some image has. Readings are used only for files that are not there.

    Raises:
        OutputError: the folder cannot be written or holds finished runs of another experiment.
        ExperimentError: no image has a value for a subgroup that the evaluation names.
    """
    _write_experiment(plan)
    write_metadata(plan.folder, readings, plan.experiment.evaluation.subgroups, metadata)
    _write_baselines(plan, readings)
    write_inputs(plan.folder, readings, len(plan.cases.patient_ids))
    write_image_hashes(plan.folder, readings)


def facts_of(plan: Plan) -> dict[str, Any]:
    """Return the facts that may not change after a finished run: experiment, data, folds, weights, scenarios."""
    return {
        "experiment": as_dict(plan.experiment),
        "data": _data(plan),
        "folds_sha256": hashlib.sha256(folds_text(plan.cases, plan.folds).encode()).hexdigest(),
        "weights": [weights_facts(record) for record in plan.records.values()],
        "scenarios": [scenario.as_dict() for scenario in plan.scenarios],
    }


def _write_experiment(plan: Plan) -> None:
    """Write ``folds.csv`` and ``experiment.json``; if a run is finished, check that they agree."""
    found = [{"code": finding.code, "level": finding.level, "message": finding.message} for finding in plan.findings]
    said: dict[str, Any] = {"check": {"findings": found, "accepted": list(plan.accepted)}, "warnings": plan.warnings}
    said["linked"] = plan.cases.linked_ids if plan.experiment.folds.group_duplicates else None
    if is_begun(plan.folder):
        refuse_other(plan.folder, plan.facts)
        _refresh(plan, said)
        _write_folds(plan)
        return
    today: dict[str, Any] = {"fixed_since": _today(), **context(plan.device)}
    if is_lost(plan.folder):
        today |= recovered(plan.folder, comparable(plan.facts))
        lost = "experiment.json was lost and written again: earlier changes are not known"
        today["changes"] = [{"date": _today(), "what": lost}]
    elif not is_same(plan.folder, plan.facts):
        start_over(plan.folder)
    _write_folds(plan)
    write_facts(plan.folder.experiment, {"format": 1, **plan.facts, **today, **said, **_data_set(plan)})


def _write_folds(plan: Plan) -> None:
    """Write ``folds.csv`` if it differs from the folds of the plan; after a finished run it is then damaged."""
    text, path = folds_text(plan.cases, plan.folds), plan.folder.folds
    if path.exists() and path.read_bytes() == text.encode():
        return
    if plan.folder.finished():
        _log.warning(f"{path.name} is damaged or was changed: it is written again")
    write_text(path, text)


def _refresh(plan: Plan, said: dict[str, Any]) -> None:
    """Record what may change after the runs: settings of the evaluation, paths, and what this call ``said``.

    Each change of a setting is kept with its date, because the results may have been seen before it.
    """
    written = read_written(plan.folder.experiment)
    now = as_dict(plan.experiment)
    places = {name: now["task"][name] for name in (path.rpartition(".")[2] for path in PATHS) if name in now["task"]}
    task = written["experiment"]["task"] | places
    changed = {"evaluation": now["evaluation"], "task": task, "weights": now["weights"]}
    current = {**written, "experiment": {**written["experiment"], **changed}, **said, **_data_set(plan)}
    new = [{"date": _today(), "what": what} for what in changed_settings(written, current)]
    if new:
        current["changes"] = [*written.get("changes", []), *new]
    if current != written:
        write_facts(plan.folder.experiment, current)


def _data_set(plan: Plan) -> dict[str, str]:
    """Return the folder of the data set below the output folder, if it lies there; ``radtl clean`` keeps it."""
    place = plan.data_set.relative_to(plan.folder.root).as_posix() if plan.data_set else ""
    return {"data_set": place} if place else {}


def _today() -> str:
    return datetime.now(UTC).date().isoformat()


def _write_baselines(plan: Plan, readings: Sequence[Reading]) -> None:
    """Write the predictions of the trivial baselines unless they are there and intact."""

    def write() -> None:
        rows = predict_baselines(readings, plan.cases, plan.folds)
        write_text(plan.folder.baselines, csv_text(plan.target.columns, rows))

    write_unless_intact(plan.folder, plan.folder.baselines, write)


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
        **({"unknown": asdict(cases.gaps)} if cases.gaps else {}),
        **({"numbers": _numbers(cases, plan.experiment.task.label_unit)} if cases.is_number else {}),
    }


def _numbers(cases: Cases, unit: str | None) -> dict[str, float]:
    truth = cases.truth
    found = {name: float(getattr(truth, method)()) for name, method in _NUMBERS.items()}
    return found | {name: grouped(found[name], unit) for name in ("min", "max")}
