"""Work units on other machines: scripts for Slurm, and Ray."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click

from radtl_tf.cli import parts
from radtl_tf.cli.options import Words, load_tensorflow

if TYPE_CHECKING:
    from radtl_tf.records.experiment import Experiment

ALLOW = "--allow-changed"

emit_option = click.option(
    "--emit",
    type=click.Choice(["slurm"]),
    help="Prepare the folder, write scripts that train its work units with Slurm, and print the command to start them.",
)
ray_option = click.option(
    "--ray", metavar="ADDRESS", help="Train the work units on a Ray cluster: its HOST:PORT, or local for this machine."
)


def emit(experiment: Experiment, out: Path, accepted: tuple[str, ...], allow_changed: bool) -> None:
    """Prepare the folder in a child, write the scripts for Slurm, and print the command that submits them."""
    parts.supervise(out)
    load_tensorflow()
    from radtl_tf.experiment.cluster.slurm import job_of, write_scripts
    from radtl_tf.experiment.run import prepare_experiment

    _, prepared = prepare_experiment(experiment, out, accepted=accepted, allow_changed=allow_changed)
    script = write_scripts(job_of(prepared, out, parts.start_of_command(), _flags(allow_changed)))
    click.echo(shlex.join(["bash", str(script)]))


def on_ray(experiment: Experiment, out: Path, accepted: tuple[str, ...], allow_changed: bool) -> None:
    """Prepare the folder in a child, train its work units on Ray, and finish in another child.

    This process, which connects to Ray, loads no TensorFlow.

    Raises:
        ClusterError: Ray is missing, cannot be reached or is not safe.
    """
    from radtl_tf.experiment.cluster.ray_address import ray_address
    from radtl_tf.experiment.cluster.ray_pool import refuse_silence, require_ray, train_on_ray
    from radtl_tf.library.bars import bars
    from radtl_tf.records.safety.parent import is_supervised

    if is_supervised():
        load_tensorflow()
        from radtl_tf.experiment.run import prepare_experiment

        prepare_experiment(experiment, out, accepted=accepted, allow_changed=allow_changed)
        return
    context = click.get_current_context()
    address = ray_address(context.params["ray"])
    require_ray()
    refuse_silence(address)
    if not isinstance(context.obj, Words):
        raise click.UsageError("--ray works only as a command of its own.")
    parts.in_child(out, context.obj)

    def words(unit: str) -> list[str]:
        where = str(out.resolve())
        return [*parts.start_of_command(), "run", "--out", where, "--only", unit, *_flags(allow_changed)]

    with bars() as watch:
        train_on_ray(address, out, words, watch)
    parts.in_child(out, ["run", "--out", str(out), "--finish"])


def _flags(allow_changed: bool) -> list[str]:
    return [ALLOW] if allow_changed else []
