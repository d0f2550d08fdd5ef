"""The network of a setting that is trained on all patients of a finished experiment, kept in its output folder."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from radtl_tf.data.manifest.cases import UNKNOWN, Cases
from radtl_tf.data.tfds.pixel_cache import read_pixels
from radtl_tf.deploy.choice import EXPORTED_REPEAT, Choice, best_runs
from radtl_tf.errors import ExperimentError
from radtl_tf.evaluation.results.predictions import read_predictions
from radtl_tf.logs import get_logger
from radtl_tf.models.backbones import build_base
from radtl_tf.models.weights.sources import WeightsRecord
from radtl_tf.records.checksums import checksum_of
from radtl_tf.records.disk import read_json, temporary_folder, write_json
from radtl_tf.records.experiment import Kind
from radtl_tf.records.experiment_facts import ExperimentFacts
from radtl_tf.records.folder import OutputFolder, RunFolder
from radtl_tf.records.integrity.sealed_json import intact_object
from radtl_tf.records.runs import Run, Scenario, Setting, at_size
from radtl_tf.training.device import borrowed
from radtl_tf.training.finished_networks import FinishedRuns
from radtl_tf.training.learned_weights import Learned, read_learned, write_learned
from radtl_tf.training.refit import Recipe, train_on_all
from radtl_tf.training.trial_step import WITHOUT_GPU, one_line_when_full

_log = get_logger(__name__)

_SUM = "weights_blake2b"
_Columns = NDArray[np.float64]
_TRUTHS: dict[Kind, Callable[[_Columns], NDArray[Any]]] = {  # columns of predictions (N, K) to the truth of ``Cases``
    "binary": lambda marks: marks[:, 0].astype(np.int64),
    "multiclass": lambda marks: marks.argmax(axis=1),
    "multilabel": lambda marks: marks.astype(np.int64),
    "ordinal": lambda marks: marks.sum(axis=1).astype(np.int64),
    "regression": lambda numbers: numbers[:, 0],
}


def refitted(
    folder: OutputFolder, facts: ExperimentFacts, choice: Choice, weights: WeightsRecord
) -> tuple[Recipe, Learned]:
    """Return what a setting learned from all patients; it is trained if the output folder does not hold it.

    Raises:
        ExperimentError: runs are missing, the setting uses a share of the patients, or the training diverged.
        DataError: the images or the predictions are missing or damaged.
        WeightsError: the weights file is missing or is not the one that the experiment recorded.
        OutputError: the output folder cannot be written.
    """
    _check_whole(choice.setting)
    runs = best_runs(folder, choice.scenarios, range(facts.experiment.folds.count))
    recipe = recipe_of(folder, facts, choice.scenarios)
    files, record = folder.refit(choice.setting), _record(facts, recipe, weights)
    if not _is_kept(files, record):
        _log.info(f"Training {recipe.scenario.name} on all {facts.data.patients} patients: {recipe.epochs} epochs")
        with temporary_folder(files.root, replace=True) as temporary:
            write_learned(RunFolder(temporary).weights, _train(folder, facts, recipe, weights, runs))
            sum_ = checksum_of(RunFolder(temporary).weights)
            write_json(RunFolder(temporary).record, record | {_SUM: sum_})
    return recipe, read_learned(files.weights)


def _is_kept(files: RunFolder, record: dict[str, Any]) -> bool:
    """Tell whether the folder holds this network, intact; earlier versions recorded no checksum of its weights."""
    kept = intact_object(files.record)
    if kept is None or not files.weights.is_file():
        return False
    return kept == record or kept == record | {_SUM: checksum_of(files.weights)}


def recipe_of(folder: OutputFolder, facts: ExperimentFacts, scenarios: Sequence[Scenario]) -> Recipe:
    """Return the learning rate of lowest mean inner loss, and the median over its runs of the epoch that each chose.

    A linear probe has no epochs; its C is the median of those that the runs chose. The runs are those of all repeats.

    Raises:
        ExperimentError: no learning rate has finite inner losses.
    """
    records = {one: list(_records(folder, facts, one)) for one in scenarios}
    losses = {one: float(np.mean([row["inner_loss"] for row in rows])) for one, rows in records.items()}
    finite = [one for one in scenarios if np.isfinite(losses[one])]
    if not finite:
        raise ExperimentError(
            f"{scenarios[0].setting.name} has no learning rate with finite inner losses in all folds. Name another "
            "setting."
        )
    best = min(finite, key=losses.__getitem__)
    epochs = round(float(np.median([row["best_epoch"] for row in records[best]])))
    strengths = sorted(row["strength"] for row in records[best] if "strength" in row)
    return Recipe(best, max(epochs, 1), strengths[len(strengths) // 2] if strengths else None)


def cases_of(folder: OutputFolder, facts: ExperimentFacts, runs: Iterable[Run]) -> Cases:
    """Return the cases of an experiment from the test parts of ``runs``, one run per fold of one repeat.

    Raises:
        DataError: predictions are missing or damaged.
    """
    tables = [read_predictions(folder.files(run).predictions, facts.target) for run in runs]
    rows = pd.concat([table[table["part"] == "test"] for table in tables]).sort_values("example")
    patients, names = pd.factorize(rows["patient"])
    truth = rows[list(facts.target.truth)].fillna(UNKNOWN).to_numpy().astype(np.float64)
    return Cases(
        examples=rows["example"].to_numpy(),
        truth=_TRUTHS[facts.target.kind](truth),
        patients=patients.astype(np.int64),
        patient_ids=tuple(names),
        classes=facts.target.classes,
        unit=facts.data.unit,
        kind=facts.target.kind,
    )


def _check_whole(setting: Setting) -> None:
    if setting.is_partial:
        raise ExperimentError(
            f"{setting.name} is trained on a share of the patients, and a refit uses all of them. Name a setting "
            "without a share."
        )


def _records(folder: OutputFolder, facts: ExperimentFacts, scenario: Scenario) -> Iterable[Mapping[str, Any]]:
    """Yield ``run.json`` of every finished run of a scenario."""
    plan = facts.experiment.folds
    runs = (Run(scenario, repeat, fold) for repeat in range(plan.repeats) for fold in range(plan.count))
    return (read_json(folder.files(run).record) for run in runs if folder.is_done(run))


def _record(facts: ExperimentFacts, recipe: Recipe, weights: WeightsRecord) -> dict[str, Any]:
    """Return everything that determines the network, for ``run.json``."""
    return {
        **recipe.scenario.as_dict(),
        "epochs": recipe.epochs,
        "strength": recipe.strength,
        "patients": facts.data.patients,
        "seed": facts.experiment.seed,
        "data_sha256": facts.data.sha256,
        "weights_sha256": weights.sha256,
    }


def _train(
    folder: OutputFolder, facts: ExperimentFacts, recipe: Recipe, weights: WeightsRecord, runs: Iterable[Run]
) -> Learned:
    experiment = at_size(facts.experiment, recipe.scenario.setting.image_size)
    training, cases = experiment.training, cases_of(folder, facts, runs)
    size = training.image_size
    pixels = read_pixels(folder.pixels(size), len(cases.truth), size, training.resize, facts.data.sha256)
    with borrowed(training), one_line_when_full(WITHOUT_GPU):
        base = build_base(weights.backbone, size, seed=0)
        FinishedRuns(folder, facts).start(base, weights, EXPORTED_REPEAT)
        return train_on_all(base, weights, recipe, experiment, cases, pixels, folder.root)
