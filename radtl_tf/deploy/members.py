"""The networks of a setting that become one model: of all folds, of one fold, or one trained on all patients."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from radtl_tf.deploy.choice import EXPORTED_REPEAT, REFIT, Choice, Networks, best_runs, numbers_of
from radtl_tf.deploy.refit import refitted
from radtl_tf.models.weights.sources import WeightsRecord
from radtl_tf.records.experiment_facts import ExperimentFacts
from radtl_tf.records.folder import OutputFolder
from radtl_tf.records.runs import Run
from radtl_tf.training.finished_networks import FinishedRuns, Network


@dataclass(frozen=True)
class Members:
    """``names`` of the networks, the ``runs`` among them, and the ``networks``, built one at a time."""

    names: Sequence[str]
    runs: Sequence[Run]
    networks: Iterator[Network]


def members(
    folder: OutputFolder, facts: ExperimentFacts, choice: Choice, weights: WeightsRecord, fold: Networks
) -> Members:
    """Return the networks of ``fold``: ``all`` folds of the first repeat, the number of one, or ``refit``.

    Each fold has its learning rate of lowest inner loss. ``refit`` trains, unless the output folder holds its result.

    Raises:
        ExperimentError: the fold does not exist, runs are missing, or the setting cannot be refitted.
        WeightsError, DataError, OutputError: a file of the experiment is missing, changed or damaged.
    """
    numbers = numbers_of(fold, facts.experiment.folds.count, REFIT)
    finished = FinishedRuns(folder, facts)
    if fold != REFIT:
        runs = best_runs(folder, choice.scenarios, numbers)
        return Members([run.name for run in runs], runs, (finished.network(run, weights) for run in runs))
    recipe, learned = refitted(folder, facts, choice, weights)
    network = (finished.rebuilt(choice.setting, EXPORTED_REPEAT, learned, weights) for _ in range(1))
    return Members([f"{recipe.scenario.name}/{REFIT}"], [], network)
