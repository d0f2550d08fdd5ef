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
from radtl_tf.experiment.plan.changed_settings import changed_settings
from radtl_tf.experiment.plan.context import context
from radtl_tf.experiment.plan.folds import folds_text
from radtl_tf.experiment.plan.image_summary import write_image_hashes, write_inputs
from radtl_tf.experiment.plan.metadata import write_metadata
from radtl_tf.experiment.plan.ownership import is_begun, refuse_other, start_over
from radtl_tf.experiment.plan.weights import weights_facts
from radtl_tf.records.csv_text import csv_text
from radtl_tf.records.disk import read_json, write_json, write_text
from radtl_tf.records.reader import as_dict
from radtl_tf.training.linear.trivial_baselines import predict_baselines

_NUMBERS = {"mean": "mean", "sd": "std", "min": "min", "max": "max"}  # of NumberFacts, and the method of an array

if TYPE_CHECKING:
    from radtl_tf.experiment.plan.plan import Plan


def write_plan(plan: Plan, readings: Sequence[Reading]) -> None:
    """Write everything known before the first run; if a run is finished, check that the files agree.

    Raises:
        OutputError: the folder cannot be written or holds finished runs of another experiment.
        ExperimentError: no image has a value for a subgroup that the evaluation names.
    """
    _write_experiment(plan)
    write_metadata(plan.folder, readings, plan.experiment.evaluation.subgroups)
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
        return
    start_over(plan.folder)
    write_text(plan.folder.folds, folds_text(plan.cases, plan.folds))
    fixed = {"fixed_since": _today()}
    write_json(plan.folder.experiment, {"format": 1, **fixed, **plan.facts, **context(plan.device), **said})


def _refresh(plan: Plan, said: dict[str, Any]) -> None:
    """Record the evaluation's settings and the data facts ``said`` in this call: both may change after the runs.

    Each change of a setting is kept with its date, because the results may have been seen before it.
    """
    written = read_json(plan.folder.experiment)
    experiment = {**written["experiment"], "evaluation": as_dict(plan.experiment.evaluation)}
    current = {**written, "experiment": experiment, **said}
    new = [{"date": _today(), "what": what} for what in changed_settings(written, current)]
    if new:
        current["changes"] = [*written.get("changes", []), *new]
    if current != written:
        write_json(plan.folder.experiment, current)


def _today() -> str:
    return datetime.now(UTC).date().isoformat()


def _write_baselines(plan: Plan, readings: Sequence[Reading]) -> None:
    """Write the predictions of the trivial baselines unless they exist."""
    if not plan.folder.baselines.exists():
        rows = predict_baselines(readings, plan.cases, plan.folds)
        write_text(plan.folder.baselines, csv_text(plan.target.columns, rows))


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
        **({"numbers": _numbers(cases)} if cases.is_number else {}),
    }


def _numbers(cases: Cases) -> dict[str, float]:
    truth = cases.truth
    return {name: float(getattr(truth, method)()) for name, method in _NUMBERS.items()}
