"""Add to TensorBoard what only the evaluation knows: test metrics, test curves and the means over the folds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from radtl_tf.evaluation.evaluate import Evaluation
from radtl_tf.evaluation.results.experiment_record import ExperimentRecord
from radtl_tf.evaluation.results.histories import LOSSES, read_histories
from radtl_tf.evaluation.results.predictions import RUN, read_predictions
from radtl_tf.evaluation.results.units import arrays, by_unit
from radtl_tf.evaluation.secondary.roc_curves import PRECISION_RECALL, ROC
from radtl_tf.records.folder import OutputFolder
from radtl_tf.records.runs import Run, Target
from radtl_tf.training.tensorboard.event_file import TEST_AUROC, TEST_MAE, EventFile, image, pr_curve, scalar

_KIND = "evaluation"
MEAN = "mean"  # the run of a scenario's means, next to its runs
REPORT = "report"  # the run that holds the report's figures


def write_evaluation(folder: Path, evaluation: Evaluation) -> None:
    """Write the test AUROC and precision-recall curves of every run with events, the means, and the report's curves.

    Runs without events, such as those of an earlier version, stay as they are. The report must be written.

    Raises:
        OutputError: the folder cannot be written.
        DataError: the predictions are damaged.
    """
    board, record = OutputFolder(folder).tensorboard, evaluation.record
    if not board.is_dir():
        return
    scenarios = {scenario.name: scenario for scenario in record.trained}
    tested, tag = _test_parts(folder, evaluation), _tag(record)
    for name, repeat, fold, value in evaluation.folds[[*RUN, "value"]].itertuples(index=False):
        if name in scenarios and (place := board / Run(scenarios[name], repeat, fold).events).is_dir():
            with EventFile(place, _KIND) as file:
                file.write([scalar(tag, value), *_curves(tested[name, repeat, fold], record.target)])
    _write_means(folder, evaluation)
    _write_figures(OutputFolder(folder))


def _tag(record: ExperimentRecord) -> str:
    return TEST_MAE if record.target.is_number else TEST_AUROC


def _test_parts(folder: Path, evaluation: Evaluation) -> dict[Any, pd.DataFrame]:
    """Return the test rows of every run, one per unit."""
    record = evaluation.record
    rows = read_predictions(OutputFolder(folder).predictions, record.target, record.missing.scenarios)
    units = by_unit(rows[rows["part"] == "test"], record.data.unit, record.target)
    return dict(iter(units.groupby(RUN, sort=False)))


def _curves(rows: pd.DataFrame, target: Target) -> Iterator[Any]:
    """Yield the precision-recall curve of one test part, per class if there are several."""
    truth, score = arrays(rows, target)
    if target.is_number:
        return
    if target.is_binary:
        yield pr_curve("test/precision_recall", truth, score)
        return
    for at, name in enumerate(target.outputs):
        yield pr_curve(f"test/precision_recall/{name}", truth[:, at], score[:, at])


def _write_means(folder: Path, evaluation: Evaluation) -> None:
    """Write per scenario the mean losses of each epoch that all its runs have, and the mean test AUROC."""
    board, histories = OutputFolder(folder).tensorboard, read_histories(folder, evaluation.record)
    values, tag = evaluation.folds.groupby("scenario")["value"], _tag(evaluation.record)
    for scenario in evaluation.record.trained:
        if not (board / scenario.events).is_dir():
            continue
        epochs = histories[histories["scenario"] == scenario.name].groupby("epoch")
        losses = epochs[list(LOSSES)].mean()[epochs.size() == len(values.get_group(scenario.name))]
        with EventFile(board / scenario.events / MEAN, _KIND) as file:
            for epoch, *of_epoch in losses.itertuples():
                file.write([scalar(tag_of, value) for tag_of, value in zip(LOSSES, of_epoch, strict=True)], epoch)
            file.write([scalar(tag, float(np.mean(values.get_group(scenario.name))))])


def _write_figures(output: OutputFolder) -> None:
    """Write the report's mean ROC and precision-recall curves as images."""
    pictures = {key: output.figure(key, ".png") for key in (ROC, PRECISION_RECALL)}
    found = [image(key, path.read_bytes()) for key, path in pictures.items() if path.is_file()]
    if found:
        with EventFile(output.tensorboard / REPORT, _KIND) as file:
            file.write(found)
