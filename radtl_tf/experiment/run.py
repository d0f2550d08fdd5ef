"""Run a whole experiment: plan, train, evaluate, and write estimates, comparisons and the report."""

from __future__ import annotations

import time
from collections.abc import Sequence
from itertools import chain
from pathlib import Path

from radtl_tf.errors import RadtlError
from radtl_tf.evaluation.evaluate import Evaluation
from radtl_tf.experiment.engine import collect_predictions, execute
from radtl_tf.experiment.plan.data import Source
from radtl_tf.experiment.plan.plan import Plan, make_plan
from radtl_tf.experiment.report import report_experiment
from radtl_tf.experiment.similarity import write_similarities
from radtl_tf.experiment.time_left import Remaining
from radtl_tf.logs import get_logger
from radtl_tf.places import cache_folder, weights_folder
from radtl_tf.progress import Progress, Watch, clock, silent
from radtl_tf.records.experiment import Experiment
from radtl_tf.records.folder import OutputFolder
from radtl_tf.records.safety.failures import forget_failures, read_failures
from radtl_tf.records.safety.lock import writing
from radtl_tf.records.safety.parent import crashed, in_hand, is_supervised
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
    with writing(folder):
        if not is_supervised():
            forget_failures(folder)
        plan = plan_experiment(experiment, folder, source=source, accepted=accepted, allow_changed=allow_changed)
        train_remaining(plan, watch)
        collect_predictions(plan)
        with one_line_when_full(WITHOUT_GPU):
            write_similarities(plan)
        evaluation = report_experiment(folder)
    _log.info(f"Wall time {clock(time.monotonic() - start)}, peak memory {peak_memory() / 1e9:.1f} GB")
    return evaluation


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
    plan = make_plan(
        experiment,
        OutputFolder(folder),
        device=prepare(experiment.training, experiment.seed),
        weights_folder=weights_folder(),
        cache_folder=cache_folder(),
        accepted=accepted,
        source=source,
        allow_changed=allow_changed,
    )
    for warning in plan.warnings:
        _log.warning(warning)
    return plan


def train_remaining(plan: Plan, watch: Watch = silent) -> None:
    """Train the remaining runs; ``watch`` is called at the start and after each run.

    Runs that have failed once come last, and those that have failed twice in this call are left out.
    """
    total, done = len(plan.runs), len(plan.runs) - len(plan.remaining)
    _log.info(f"{total - done} of {total} runs remain" if done else f"{total} runs")
    failures = read_failures(plan.folder.root)
    fresh = [run for run in plan.remaining if run.name not in failures]
    again = [run for run in plan.remaining if run.name in failures and not failures[run.name].is_final]
    remaining = Remaining([*fresh, *again])
    watch(Progress("Runs", done, total))
    try:
        for number, run in enumerate(chain(execute(plan, only=fresh), execute(plan, only=again)), start=done + 1):
            watch(Progress("Runs", number, total, remaining.finish(run)))
    except (RadtlError, OSError):
        raise
    except Exception as error:
        crashed(error)
        raise
    in_hand(())
    forget_failures(plan.folder.root, [run.name for run in plan.runs if plan.folder.is_done(run)])
