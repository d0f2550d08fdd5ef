"""Export a Setting of a finished experiment: its networks as one model."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from radtl_tf.deploy.card.exported_facts import exported_facts
from radtl_tf.deploy.card.facts import find_version
from radtl_tf.deploy.card.write import write_card
from radtl_tf.deploy.choice import ALL, Networks, choose_setting
from radtl_tf.deploy.graph.ensemble import Ensemble
from radtl_tf.deploy.graph.saved_model import write_saved_model
from radtl_tf.deploy.members import members
from radtl_tf.errors import OutputError
from radtl_tf.models.pixels import convention
from radtl_tf.models.precision import FLOAT32, borrowed_precision
from radtl_tf.records.disk import temporary_folder
from radtl_tf.records.experiment_facts import ExperimentFacts, read_facts
from radtl_tf.records.folder import OutputFolder
from radtl_tf.records.runs import Setting
from radtl_tf.training.finished_networks import Network, find_weights


def export(
    folder: OutputFolder,
    setting: str | None,
    out: Path,
    *,
    weights_folder: Path,
    version: int = 1,
    fold: Networks = ALL,
) -> Setting:
    """Write the networks of one Setting of a finished experiment as one model; return the Setting.

    The model is the folder ``<out>/<version>``, as TensorFlow Serving expects it; ``out`` may hold other versions.

    Without ``setting`` it is the setting of lowest mean inner loss: test parts take no part in the choice. ``fold`` is
    ``all`` (the mean over the folds), the number of a fold of the first repeat, or ``refit``: one network trained on
    all patients, without thresholds and calibration.

    Raises:
        ExperimentError: the Setting or fold does not exist, two Settings are tied, or runs are missing.
        WeightsError: the weights file is missing or is not the one that the experiment recorded.
        DataError: predictions or images of the experiment are missing or damaged.
        OutputError: the version exists, its number is below 1, or it cannot be written.
    """
    place = _new_version(out, version)
    facts = read_facts(folder.experiment)
    choice = choose_setting(folder, facts.scenarios, setting)
    weights = find_weights(facts.experiment, choice.setting, weights_folder)
    found = members(folder, facts, choice, weights, fold)
    card = exported_facts(folder, facts, choice, fold, found.names, found.runs) | {"version": version}
    with borrowed_precision(FLOAT32):
        ensemble = _assemble(facts, choice.setting, found.networks)
        with temporary_folder(place) as temporary:
            write_saved_model(ensemble, temporary, card)
            write_card(temporary, card)
    return choice.setting


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


def _assemble(facts: ExperimentFacts, setting: Setting, networks: Iterator[Network]) -> Ensemble:
    """Build every network on the prefix of the first one, which all share; one at a time, so no other is kept."""
    training, first = facts.experiment.training, next(networks)
    return Ensemble(
        first.parts.prefix,
        [(network.parts.suffix, network.head) for network in chain([first], networks)],
        kind=facts.target.kind,
        pixels=convention(setting.pixels),
        image_size=training.image_size,
        resize=training.resize,
        depth=facts.experiment.task.depth,
    )
