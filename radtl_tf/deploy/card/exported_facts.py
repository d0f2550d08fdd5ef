"""The facts of an exported setting, as ``radtl.json`` holds them before the files of the model are known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from radtl_tf import __version__
from radtl_tf.deploy.card.results import results_of
from radtl_tf.deploy.choice import Choice, Networks
from radtl_tf.models.precision import FLOAT32
from radtl_tf.models.weights.catalogue import recognize
from radtl_tf.records.disk import read_json
from radtl_tf.records.experiment_facts import ExperimentFacts, WeightsFacts
from radtl_tf.records.folder import OutputFolder
from radtl_tf.records.runs import Run, Setting, at_size

USE = "For research only. Not a medical device and not for clinical use."


def exported_facts(
    folder: OutputFolder,
    facts: ExperimentFacts,
    choice: Choice,
    fold: Networks,
    members: Sequence[str],
    runs: Sequence[Run],
) -> dict[str, Any]:
    """Return the facts of the exported networks: ``members`` are their names, ``runs`` the runs among them.

    Raises:
        DataError: predictions or metadata are missing or damaged.
    """
    experiment, target, setting = facts.experiment, facts.target, choice.setting
    return {
        "radtl_tf": __version__,
        "experiment": experiment.name,
        "note": experiment.note,
        "use": USE,
        "setting": setting.name,
        "fold": fold,
        "choice": choice.as_dict(),
        "kind": target.kind,
        "classes": list(target.classes),
        **({"positive": target.classes[1]} if target.is_binary else {}),
        **_label(facts),
        "pixels": setting.pixels,
        "image_size": at_size(experiment, setting.image_size).training.image_size,
        "resize": experiment.training.resize,
        "depth": experiment.task.depth,
        "precision": facts.hardware.get("precision", FLOAT32),
        "class_weights": experiment.training.class_weights,
        "members": list(members),
        "weights": [_weights(entry) for entry in facts.weights if _is_of(entry, setting)],
        "data_sha256": facts.data.sha256,
        "data": _data(facts),
        "folds": {"count": experiment.folds.count, "repeats": experiment.folds.repeats},
        **results_of(folder, facts, choice, runs),
        "inputs": read_json(folder.inputs) if folder.inputs.exists() else None,
    }


def _label(facts: ExperimentFacts) -> dict[str, Any]:
    """Return the column of a number or of stages; of a number also its unit, and its mean, SD and range in training."""
    task, numbers = facts.experiment.task, facts.data.numbers
    if not isinstance(task.label, str) or task.kind not in ("regression", "ordinal"):
        return {}
    if numbers is None:
        return {"label": task.label}
    return {
        "label": task.label,
        "label_unit": task.label_unit,
        "label_mean": numbers.mean,
        "label_sd": numbers.sd,
        "label_range": [numbers.min, numbers.max],
    }


def _data(facts: ExperimentFacts) -> dict[str, Any]:
    """Return the numbers of images and patients; no path and no patient."""
    return {
        "dataset": facts.experiment.task.dataset,
        "images": facts.data.examples,
        "patients": facts.data.patients,
        "unit": facts.data.unit,
        "classes": {name: asdict(count) for name, count in facts.data.counts.items()},
    }


def _is_of(entry: WeightsFacts, setting: Setting) -> bool:
    return (entry.name, entry.backbone, entry.pixels) == (setting.weights, setting.backbone, setting.pixels)


def _weights(entry: WeightsFacts) -> dict[str, Any]:
    """Return the recorded starting weights, with the license of a file that the catalogue knows."""
    known = recognize(Path(entry.file), entry.sha256, entry.backbone) if entry.file and entry.sha256 else None
    published = {"license": known[0].license, "citation": known[0].citation} if known else {}
    return entry.as_dict() | {"license": None, "citation": None} | published
