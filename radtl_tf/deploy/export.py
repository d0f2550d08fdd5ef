"""Export a Setting of a finished experiment: the networks of its folds as one model."""

from __future__ import annotations

from itertools import chain
from pathlib import Path
from typing import Any

from radtl_tf import __version__
from radtl_tf.deploy.card.facts import EXTRA, find_version
from radtl_tf.deploy.card.training_images import copy_training_images
from radtl_tf.deploy.choice import best_runs, choose_setting
from radtl_tf.deploy.graph.ensemble import Ensemble
from radtl_tf.deploy.graph.saved_model import write_saved_model
from radtl_tf.errors import OutputError
from radtl_tf.models.pixels import convention
from radtl_tf.models.precision import FLOAT32, borrowed_precision
from radtl_tf.records.disk import read_json, temporary_folder
from radtl_tf.records.experiment_facts import ExperimentFacts, read_facts
from radtl_tf.records.folder import OutputFolder
from radtl_tf.records.runs import Run, Setting
from radtl_tf.training.finished_networks import FinishedRuns, find_weights


def export(folder: OutputFolder, setting: str | None, out: Path, *, weights_folder: Path, version: int = 1) -> Setting:
    """Write the ensemble of the folds of one Setting of a finished experiment; return the Setting.

    The model is the folder ``<out>/<version>``, as TensorFlow Serving expects it; ``out`` may hold other versions.

    Without ``setting`` it is the setting of lowest mean inner loss: test parts take no part in the choice.

    Raises:
        ExperimentError: the Setting does not exist, two Settings are tied, or runs are missing.
        WeightsError: the weights file is missing or is not the one that the experiment recorded.
        OutputError: the version exists, its number is below 1, or it cannot be written.
    """
    place = _new_version(out, version)
    facts = read_facts(folder.experiment)
    chosen, scenarios = choose_setting(folder, facts.scenarios, setting)
    runs = best_runs(folder, scenarios, range(facts.experiment.folds.count))
    with borrowed_precision(FLOAT32):
        ensemble = _assemble(folder, facts, runs, weights_folder)
        card = _card(facts, chosen, runs) | {"inputs": _inputs(folder)}
        with temporary_folder(place) as temporary:
            write_saved_model(ensemble, temporary, card)
            copy_training_images(folder, temporary / EXTRA)
    return chosen


def _new_version(out: Path, version: int) -> Path:
    """Return the folder of a version that does not exist."""
    place = out / str(version)
    if version < 1:
        raise OutputError(f"The version number of an exported model must be 1 or more, not {version}.")
    if place.exists():
        raise OutputError(f"{place} already exists. Choose another version number than {version}, or another folder.")
    if find_version(out) == out:
        raise OutputError(f"{out} already exists: a model without version folders. Choose another output folder.")
    return place


def _assemble(folder: OutputFolder, facts: ExperimentFacts, runs: list[Run], weights_folder: Path) -> Ensemble:
    """Build the network of every fold on the prefix of the first fold, which all folds share."""
    finished, setting, training = FinishedRuns(folder, facts), runs[0].scenario.setting, facts.experiment.training
    weights = find_weights(facts.experiment, setting, weights_folder)
    first = finished.network(runs[0], weights)
    others = (finished.network(run, weights) for run in runs[1:])  # one at a time, so their prefixes are not kept
    return Ensemble(
        first.parts.prefix,
        [(network.parts.suffix, network.head) for network in chain([first], others)],
        kind=facts.target.kind,
        pixels=convention(setting.pixels),
        image_size=training.image_size,
        resize=training.resize,
        depth=facts.experiment.task.depth,
    )


def _card(facts: ExperimentFacts, setting: Setting, runs: list[Run]) -> dict[str, Any]:
    """Return the facts that a caller of the model needs."""
    experiment, target = facts.experiment, facts.target
    return {
        "format": 1,
        "radtl_tf": __version__,
        "experiment": experiment.name,
        "note": experiment.note,
        "use": "For research only. Not a medical device and not for clinical use.",
        "setting": setting.name,
        "kind": target.kind,
        "classes": list(target.classes),
        **({"positive": target.classes[1]} if target.is_binary else {}),
        "pixels": setting.pixels,
        "image_size": experiment.training.image_size,
        "resize": experiment.training.resize,
        "depth": experiment.task.depth,
        "class_weights": experiment.training.class_weights,
        "members": [run.name for run in runs],
        "weights": [entry.as_dict() for entry in facts.weights if entry.name == setting.weights],
        "data_sha256": facts.data.sha256,
    }


def _inputs(folder: OutputFolder) -> dict[str, Any] | None:
    """Return the summary of the training images; ``None`` if an earlier version planned the experiment."""
    return read_json(folder.inputs) if folder.inputs.exists() else None
