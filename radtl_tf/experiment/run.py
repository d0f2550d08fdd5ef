"""Run an experiment: prepare it, train its work units, and finish it, in one call or one after the other."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from radtl_tf.errors import ExperimentError
from radtl_tf.evaluation.evaluate import Evaluation
from radtl_tf.experiment.engine import collect_predictions
from radtl_tf.experiment.integrity.changed_machine import check_prepared
from radtl_tf.experiment.integrity.damaged_runs import reopen_damaged_runs
from radtl_tf.experiment.plan.context import context
from radtl_tf.experiment.plan.data import Source
from radtl_tf.experiment.plan.features import cache_of
from radtl_tf.experiment.plan.plan import Plan, make_plan
from radtl_tf.experiment.report import report_experiment
from radtl_tf.experiment.similarity import write_similarities
from radtl_tf.experiment.units.preparation import experiment_of, open_plan, prepare_units
from radtl_tf.experiment.units.training import UnitTrainer, train_units
from radtl_tf.experiment.units.unchanged import remember_state
from radtl_tf.logs import get_logger
from radtl_tf.places import cache_folder, weights_folder
from radtl_tf.progress import Watch, clock, silent
from radtl_tf.records.experiment import Experiment
from radtl_tf.records.folder import OutputFolder
from radtl_tf.records.prepared import Prepared, find_prepared, read_prepared, run_folder, unfinished
from radtl_tf.records.safety.failures import forget_earlier, read_failures
from radtl_tf.records.safety.lock import working, writing
from radtl_tf.training.device import peak_memory, prepare
from radtl_tf.training.trial_step import WITHOUT_GPU, one_line_when_full

_log = get_logger(__name__)


def run_experiment(
    experiment: Experiment,
    folder: Path,
    *,
    source: Source = None,
    accepted: Sequence[str] = (),
    allow_changed: bool = False,
    watch: Watch = silent,
) -> Evaluation:
    """Run or resume an experiment in ``folder``: train the remaining runs, evaluate, report.

    ``source`` is data from memory, a Manifest or a TFDS builder, used in place of what the task names. ``accepted``
    lists the codes of data-check warnings that the user has accepted; ``allow_changed`` accepts that the finished runs
    had other software or hardware. ``watch`` is called after each run.

    Raises:
        DataError, WeightsError, ExperimentError: the input is wrong, or the device ran out of memory.
        OutputError: ``folder`` cannot be written, holds finished runs of another experiment, or is in use by another
            process.
    """
    start = time.monotonic()
    plan, prepared = prepare_experiment(
        experiment, folder, source=source, accepted=accepted, allow_changed=allow_changed, timed=False
    )
    total, left = len(plan.runs), len(plan.remaining)
    _log.info(f"{left} of {total} runs remain" if left < total else f"{total} runs")
    train_units(plan, prepared, watch)
    evaluation = _finish(plan)
    _log.info(f"Wall time {clock(time.monotonic() - start)}, peak memory {peak_memory() / 1e9:.1f} GB")
    return evaluation


def prepare_experiment(
    experiment: Experiment,
    folder: Path,
    *,
    source: Source = None,
    accepted: Sequence[str] = (),
    allow_changed: bool = False,
    timed: bool = True,
) -> tuple[Plan, Prepared]:
    """Do all that precedes the first run, and divide the runs into work units; ``timed`` estimates their seconds.

    Another process that writes the folder is waited for. Arguments and errors as in ``run_experiment``.
    """
    with writing(folder, wait=True):
        forget_earlier(folder)
        plan = plan_experiment(experiment, folder, source=source, accepted=accepted, allow_changed=allow_changed)
        cache_of(plan).sweep()
        prepared = prepare_units(plan, timed=timed)
        if timed and source is None:
            remember_state(experiment, plan.folder, accepted)
        return plan, prepared


def run_unit(folder: Path, unit: str, *, allow_changed: bool = False, watch: Watch = silent) -> list[str]:
    """Train what a work unit of a prepared experiment lacks; return the names of the runs that failed.

    ``allow_changed`` accepts that the experiment was prepared with other software or hardware.

    Raises:
        LockedError: another process trains the unit.
        ExperimentError: there is no unit of this name.
        OutputError: the experiment is not prepared, damaged or of another machine, or the folder cannot be written.
        DataError, WeightsError: what was prepared is missing or damaged.
    """
    output = OutputFolder(folder)
    prepared = read_prepared(output)
    of_name = prepared.unit(unit)
    with working(folder, unit):
        reopen_damaged_runs(run_folder(output, name) for name in of_name.runs)
        if unfinished(output, of_name):
            plan = _opened(output, prepared)
            check_prepared(plan.folder, prepared, context(plan.device), allowed=allow_changed)
            trainer = UnitTrainer(plan, [of_name], watch)
            trainer.train(of_name)
            trainer.close()
        return unfinished(output, of_name)


def finish_experiment(folder: Path) -> Evaluation:
    """Join the predictions of the finished runs of a prepared experiment, evaluate and report them.

    Runs that failed are named in the report and left out.

    Raises:
        ExperimentError: runs are missing that have not failed; the message names their units.
        OutputError, DataError, WeightsError: as ``run_unit``.
    """
    output = OutputFolder(folder)
    return _finish(_opened(output, read_prepared(output)))


def _finish(plan: Plan) -> Evaluation:
    """Write everything that follows the last run, when no other process writes the folder."""
    with writing(plan.folder.root, wait=True):
        _refuse_missing(plan.folder)
        collect_predictions(plan)
        with one_line_when_full(WITHOUT_GPU):
            write_similarities(plan)
        return report_experiment(plan.folder.root)


def _refuse_missing(folder: OutputFolder) -> None:
    """Refuse to finish while runs are missing that have not failed."""
    failed = read_failures(folder.root)
    missing = {unit.name: unfinished(folder, unit) for unit in read_prepared(folder).units}
    short = {name: len(runs) for name, runs in missing.items() if any(run not in failed for run in runs)}
    if short:
        said = ", ".join(f"{name} ({number})" for name, number in short.items())
        raise ExperimentError(
            f"{folder.root}: {sum(short.values())} runs are missing in the work units {said}. Train them, then finish "
            "again."
        )


def _opened(output: OutputFolder, prepared: Prepared) -> Plan:
    """Open a prepared experiment on this machine."""
    experiment = experiment_of(prepared)
    device = prepare(experiment.training, experiment.seed, prepared.threads)
    return open_plan(output, prepared, device=device, weights_folder=weights_folder(), cache_folder=cache_folder())


def plan_experiment(
    experiment: Experiment,
    folder: Path,
    *,
    source: Source = None,
    accepted: Sequence[str] = (),
    allow_changed: bool = False,
) -> Plan:
    """Check and prepare an experiment on this machine, with this machine's folders of weights and cached features.

    Raises:
        DataError, WeightsError, ExperimentError: the input is wrong.
        OutputError: ``folder`` cannot be written or holds finished runs of another experiment.
    """
    output = OutputFolder(folder)
    known = find_prepared(output)
    plan = make_plan(
        experiment,
        output,
        device=prepare(experiment.training, experiment.seed, known.threads if known else None),
        weights_folder=weights_folder(),
        cache_folder=cache_folder(),
        accepted=accepted,
        source=source,
        allow_changed=allow_changed,
    )
    for warning in plan.warnings:
        _log.warning(warning)
    return plan
