"""Evaluate and report the finished runs of an experiment, without TensorFlow."""

from __future__ import annotations

from pathlib import Path

from radtl_tf.evaluation.evaluate import Evaluation, evaluate, write_tables
from radtl_tf.experiment.tensorboard.evaluated_runs import write_evaluation
from radtl_tf.logs import get_logger
from radtl_tf.records.experiment_facts import read_facts
from radtl_tf.records.folder import OutputFolder
from radtl_tf.records.integrity.joined_predictions import restore
from radtl_tf.report.pages.experiment import write_report

_log = get_logger(__name__)


def report_experiment(folder: Path) -> Evaluation:
    """Evaluate the finished runs in ``folder``; write ``estimates.csv``, ``comparisons.csv`` and ``report.html``.

    ``predictions.csv`` is written again if it is not what the finished runs hold. TensorBoard gets the test metrics.

    Raises:
        DataError: the predictions are damaged, incomplete or cannot be compared.
        OutputError: a file of the folder is missing, damaged or cannot be written.
    """
    output = OutputFolder(folder)
    restore(output, read_facts(output.experiment))
    evaluation = evaluate(folder)
    write_tables(folder, evaluation)
    page = write_report(folder, evaluation)
    write_evaluation(folder, evaluation)
    _log.info(f"Report: {page}")
    return evaluation
