"""The parts of ``radtl run`` as commands of their own, and the child process that does the work."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from radtl_tf.cli import options
from radtl_tf.cli.interrupts import Interrupted
from radtl_tf.cli.options import Command, Words, log
from radtl_tf.cli.tensorflow_import import load_tensorflow
from radtl_tf.errors import ExperimentError
from radtl_tf.places import PACKAGE

if TYPE_CHECKING:
    from radtl_tf.records.experiment import Experiment
    from radtl_tf.records.prepared import Prepared

BUSY = 75  # EX_TEMPFAIL of sysexits.h: another process holds the unit, try again later
SET_IN_ENVIRONMENT = "RADTL_RUN_"  # options of this call that the user has set there are not those of its parts
_SIGNAL = 128  # exit codes above it are those of signals

_PARTS = (
    click.option("--prepare", is_flag=True, help="Only prepare the folder, and print its work units, one per line."),
    click.option("--only", metavar="UNIT", help="Only train this work unit of a prepared folder. See the guide."),
    click.option("--finish", is_flag=True, help="Only join and report the runs of a prepared folder."),
    click.option("--workers", type=click.IntRange(1, 64), metavar="N", help="Train N work units at the same time."),
)
_NAMES = ("dry_run", "prepare", "only", "finish", "workers", "emit", "ray")


class Busy(click.ClickException):
    """Another process trains the work unit."""

    exit_code = BUSY


def part_options(command: Command) -> Command:
    """Add the options that choose a part of ``radtl run``; ``check_parts`` checks them."""
    for option in reversed(_PARTS):
        command = option(command)
    return command


def check_parts(experiment: Path | None, chosen: dict[str, Any]) -> None:
    """Refuse options that contradict each other or have no effect.

    Raises:
        UsageError: naming them.
    """
    given = [name for name in _NAMES if chosen.get(name)]
    if len(given) > 1:
        first, second = (f"--{name.replace('_', '-')}" for name in given[:2])
        raise click.UsageError(f"{first} and {second} exclude each other: give one of them.")
    is_prepared = given in (["only"], ["finish"])
    if experiment is None and not is_prepared:
        raise click.UsageError("Missing argument 'EXPERIMENT'.")
    if is_prepared:
        options.refuse(["accept"], "the folder is already prepared.")
    if given == ["finish"]:
        options.refuse(["allow_changed"], "--finish trains nothing.")


def supervise(out: Path, unit: str | None = None) -> None:
    """Run the words of this process again in a child and exit as it does; return in the child itself.

    A program that calls ``main`` with words of its own is not supervised.

    Raises:
        LockedError: another process trains ``unit``.
    """
    from radtl_tf.records.safety.parent import is_supervised

    context = click.get_current_context().find_root()
    if is_supervised() or not isinstance(context.obj, Words) or os.name != "posix":
        return
    from radtl_tf.experiment.supervised import supervise

    leave(supervise([*start_of_command(), *context.obj], out, _show_cursor, unit=unit))


def leave(code: int) -> None:
    """Exit as a child process did.

    Raises:
        Interrupted: a signal has stopped the child.
    """
    code = _SIGNAL - code if code < 0 else code
    if code > _SIGNAL:
        raise Interrupted(code - _SIGNAL)
    click.get_current_context().find_root().exit(code)


def start_of_command() -> list[str]:
    """Return the words that start ``radtl`` in another process, whatever folder is the current one."""
    start = f"import sys; sys.path.append({str(PACKAGE.parent)!r}); from radtl_tf.cli.main import main; main()"
    return [sys.executable, "-P", "-c", start]


def _show_cursor() -> None:
    """Show the cursor of the terminal again: a killed child has left it hidden below its progress bar."""
    if sys.stderr.isatty():
        log("\x1b[?25h")


def prepare(experiment: Experiment, out: Path, accepted: tuple[str, ...], allow_changed: bool) -> None:
    """Prepare the folder in a child, unless nothing has changed since it was prepared, and print its work units."""
    from radtl_tf.experiment.units.unchanged import prepared_already
    from radtl_tf.records.folder import OutputFolder

    prepared = None if allow_changed else prepared_already(experiment, OutputFolder(out), accepted)
    if prepared is None:
        supervise(out)
        load_tensorflow()
        from radtl_tf.experiment.run import prepare_experiment

        _, prepared = prepare_experiment(experiment, out, accepted=accepted, allow_changed=allow_changed)
    for unit in prepared.longest_first:
        click.echo(unit.name)


def only(experiment: Experiment | None, out: Path, unit: str, allow_changed: bool) -> None:
    """Train a work unit in a child, unless it is done.

    Raises:
        Busy: another process trains the unit.
        ExperimentError: runs failed.
    """
    from radtl_tf.records.safety.lock import LockedError

    if _is_done(prepared_for(experiment, out), out, unit):
        log(f"{unit} is done")
        return
    try:
        supervise(out, unit)
        load_tensorflow()
        from radtl_tf.experiment.run import run_unit
        from radtl_tf.library.bars import bars

        with bars() as watch:
            failed = run_unit(out, unit, allow_changed=allow_changed, watch=watch)
    except LockedError as error:
        raise Busy(str(error)) from error
    if failed:
        raise ExperimentError(
            f"{len(failed)} runs of {unit} failed, the first is {failed[0]}. `radtl status` says why."
        )


class PartCommands:
    """The three parts of ``radtl run`` as commands of their own, for a process that loads no TensorFlow."""

    def __init__(self, experiment: Path, out: Path, accepted: tuple[str, ...], allow_changed: bool) -> None:
        debug = ["--debug"] * bool(click.get_current_context().find_root().params.get("debug"))
        self._start = [*start_of_command(), *debug, "run", "--out", str(out)]
        self._allowed = ["--allow-changed"] * allow_changed
        findings = [word for finding in accepted for word in ("--accept", finding)]
        self._prepare = [str(experiment), "--prepare", *findings, *self._allowed]
        self.environment = {
            name: value for name, value in os.environ.items() if not name.startswith(SET_IN_ENVIRONMENT)
        }

    def prepare(self, workers: int = 1) -> None:
        """Prepare for so many workers at the same time; leave if it fails."""
        from radtl_tf.experiment.units.workers import run_command

        if code := run_command([*self._start, *self._prepare], workers, self.environment, quiet=True):
            leave(code)

    def only(self, unit: str) -> list[str]:
        """Return the words that train a work unit."""
        return [*self._start, "--only", unit, *self._allowed]

    def finish(self, workers: int = 1) -> None:
        """Finish, and leave with the exit code."""
        from radtl_tf.experiment.units.workers import run_command

        leave(run_command([*self._start, "--finish"], workers, self.environment))


def with_workers(experiment: Path, out: Path, accepted: tuple[str, ...], allow_changed: bool, number: int) -> None:
    """Prepare the folder, train ``number`` units at the same time, and finish: each as a command of its own."""
    from radtl_tf.experiment.units.workers import Workers
    from radtl_tf.library.bars import bars

    commands = PartCommands(experiment, out, accepted, allow_changed)
    commands.prepare(number)
    with bars() as watch:
        Workers(out, number, commands.only, commands.environment, watch).run()
    commands.finish(number)


def prepared_for(experiment: Experiment | None, out: Path) -> Prepared:
    """Return what was prepared in ``out``; an experiment that is given must be that one.

    Raises:
        OutputError: nothing is prepared, or another experiment.
    """
    from radtl_tf.records.folder import OutputFolder
    from radtl_tf.records.prepared import read_prepared

    prepared = read_prepared(OutputFolder(out))
    if experiment is not None:
        from radtl_tf.experiment.plan.ownership import refuse_other_experiment

        refuse_other_experiment(OutputFolder(out), experiment)
    return prepared


def _is_done(prepared: Prepared, out: Path, unit: str) -> bool:
    """Return whether all runs of a unit are finished and intact, without TensorFlow."""
    from radtl_tf.records.folder import OutputFolder
    from radtl_tf.records.integrity.run_checksums import damaged_files
    from radtl_tf.records.prepared import run_folder, unfinished

    folder, of_name = OutputFolder(out), prepared.unit(unit)
    return not unfinished(folder, of_name) and not any(damaged_files(run_folder(folder, run)) for run in of_name.runs)
