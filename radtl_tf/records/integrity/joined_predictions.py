"""``predictions.csv`` of an output folder: the predictions of its finished runs, one run after the other."""

from __future__ import annotations

from collections.abc import Sequence

from radtl_tf.errors import DataError
from radtl_tf.logs import get_logger
from radtl_tf.records.csv_text import csv_line, csv_text
from radtl_tf.records.disk import write_text
from radtl_tf.records.experiment_facts import ExperimentFacts
from radtl_tf.records.folder import OutputFolder
from radtl_tf.records.runs import Run, Target, runs_of

_log = get_logger(__name__)


def write_joined(folder: OutputFolder, target: Target, runs: Sequence[Run]) -> None:
    """Write the predictions of those of ``runs`` that are finished, in their order; nothing if none is.

    Raises:
        OutputError: the folder cannot be written.
    """
    done = [run for run in runs if folder.is_done(run)]
    if done:
        write_text(folder.predictions, _joined(folder, target, done))


def refuse_changed(folder: OutputFolder, facts: ExperimentFacts) -> None:
    """Refuse ``predictions.csv`` if it differs from the predictions of the finished runs.

    Raises:
        DataError: it differs.
    """
    if _differs(folder, facts):
        raise DataError(
            f"{folder.predictions}: the file is not what the finished runs hold. `radtl report {folder.root}` writes "
            "it again from the runs."
        )


def restore(folder: OutputFolder, facts: ExperimentFacts) -> None:
    """Write ``predictions.csv`` again from the runs if it differs from them, and log one line.

    Raises:
        OutputError: the folder cannot be written.
    """
    if _differs(folder, facts):
        _log.warning(f"{folder.predictions.name} is not what the finished runs hold: it is written again from the runs")
        write_joined(folder, facts.target, runs_of(facts.experiment, facts.scenarios))


def _differs(folder: OutputFolder, facts: ExperimentFacts) -> bool:
    """Return whether the file exists and differs; without the predictions of each run nothing can be compared."""
    done = [run for run in runs_of(facts.experiment, facts.scenarios) if folder.is_done(run)]
    if not done or not folder.predictions.exists() or not all(folder.files(run).predictions.exists() for run in done):
        return False
    return folder.predictions.read_bytes() != _joined(folder, facts.target, done).encode()


def _joined(folder: OutputFolder, target: Target, runs: Sequence[Run]) -> str:
    header = csv_text(target.prediction_columns, ())
    return header + "".join(_lines_of(folder, target, run) for run in runs)


def _lines_of(folder: OutputFolder, target: Target, run: Run) -> str:
    """Return the predictions of a finished run; earlier versions did not write the columns of the scenario."""
    text = folder.files(run).predictions.read_text(encoding="utf-8")
    header, _, lines = text.partition("\n")
    if header == csv_text(target.prediction_columns, ()).rstrip("\n"):
        return lines
    cells = csv_line(run.scenario.cells)
    return "".join(f"{line},{cells}" for line in lines.splitlines())
