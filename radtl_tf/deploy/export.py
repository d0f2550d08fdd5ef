"""Export a Setting of a finished experiment: its networks as one model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

from radtl_tf.deploy.card.exported_facts import exported_facts
from radtl_tf.deploy.card.facts import card_file
from radtl_tf.deploy.card.training_images import copy_training_images
from radtl_tf.deploy.card.write import write_card
from radtl_tf.deploy.choice import ALL, Choice, Networks, best_runs, choose_setting
from radtl_tf.deploy.formats.table import SAVED_MODEL, Format, formats_named
from radtl_tf.deploy.formats.write import format_facts, write
from radtl_tf.deploy.graph.ensemble import Ensemble
from radtl_tf.deploy.members import members
from radtl_tf.deploy.parity.images import held_out
from radtl_tf.deploy.parity.measure import measure
from radtl_tf.deploy.parity.table import Parity, check
from radtl_tf.deploy.version_folders import all_or_nothing, new_folders
from radtl_tf.logs import get_logger
from radtl_tf.models.folding import folded
from radtl_tf.models.pixels import convention
from radtl_tf.models.precision import FLOAT32, borrowed_precision
from radtl_tf.records.experiment_facts import ExperimentFacts, read_facts
from radtl_tf.records.folder import OutputFolder
from radtl_tf.records.integrity.folder_checksums import refuse_damaged_files
from radtl_tf.records.integrity.run_checksums import refuse_damaged_runs
from radtl_tf.records.runs import Run, Setting, at_size
from radtl_tf.training.finished_networks import Network, find_weights

_log = get_logger(__name__)


def export(
    folder: OutputFolder,
    setting: str | None,
    out: Path,
    *,
    weights_folder: Path,
    version: int = 1,
    formats: Sequence[str] = (SAVED_MODEL,),
    fold: Networks = ALL,
) -> Setting:
    """Write the networks of one Setting of a finished experiment as one model; return the Setting.

    A SavedModel is the folder ``<out>/<version>``, as TensorFlow Serving expects it; another format is
    ``<out>/<format>/<version>``. ``out`` may hold other versions.

    Without ``setting`` it is the setting of lowest mean inner loss: test parts take no part in the choice. ``fold`` is
    ``all`` (the mean over the folds), the number of a fold of the first repeat, or ``refit``: one network trained on
    all patients, without thresholds and calibration.

    Raises:
        ExperimentError: the Setting, fold or a format does not exist, two Settings are tied, runs are missing, packages
            of a format are not installed, or a written model does not give the scores of its networks.
        WeightsError: the weights file is missing or is not the one that the experiment recorded.
        DataError: predictions or images of the experiment are missing or damaged.
        OutputError: the version exists, its number is below 1, or it cannot be written.
    """
    places = new_folders(out, version, formats_named(formats))
    facts = read_facts(folder.experiment)
    refuse_damaged_runs(folder)
    refuse_damaged_files(folder)
    choice = choose_setting(folder, facts.scenarios, setting)
    weights = find_weights(facts.experiment, choice.setting, weights_folder)
    found = members(folder, facts, choice, weights, fold)
    card = exported_facts(folder, facts, choice, fold, found.names, found.runs) | {"version": version}
    with borrowed_precision(FLOAT32), all_or_nothing(places) as written:
        ensemble = _assemble(facts, choice.setting, found.networks)
        for format, temporary in written.items():
            _log.info(f"Writing {format.name}")
            write(format, ensemble, temporary, card)
        parity = _compared(ensemble, folder, facts, choice, found.runs, written, card)
        for format, temporary in written.items():
            copy_training_images(folder, card_file(temporary).parent)
            write_card(temporary, card | format_facts(format) | {"parity": parity.as_dict()})
    return choice.setting


def _compared(
    ensemble: Ensemble,
    folder: OutputFolder,
    facts: ExperimentFacts,
    choice: Choice,
    runs: Sequence[Run],
    written: Mapping[Format, Path],
    card: Mapping[str, Any],
) -> Parity:
    """Compare the written models with Keras; ``runs`` are those of the members, none for a refit."""
    _log.info("Comparing with Keras, on images of the test parts")
    tested = runs or best_runs(folder, choice.scenarios, range(facts.experiment.folds.count))
    parity = measure(
        ensemble, held_out(folder, facts, tested), written, recorded=bool(runs), label_sd=card.get("label_sd")
    )
    check(parity, facts.hardware.get("precision", FLOAT32))
    return parity


def _assemble(facts: ExperimentFacts, setting: Setting, networks: Iterator[Network]) -> Ensemble:
    """Build every network on the prefix of the first one, which all share; one at a time, so no other is kept.

    The prefix has its batch norms folded, as in the passes that gave the features for training.
    """
    training, first = at_size(facts.experiment, setting.image_size).training, next(networks)
    return Ensemble(
        folded(first.parts.prefix),
        [(network.parts.suffix, network.head) for network in chain([first], networks)],
        kind=facts.target.kind,
        pixels=convention(setting.pixels),
        image_size=training.image_size,
        resize=training.resize,
        depth=facts.experiment.task.depth,
    )
