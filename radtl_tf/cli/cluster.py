"""Work units on other machines: scripts for Slurm, and Ray."""

from __future__ import annotations

import os
import shlex
from pathlib import Path

import click

from radtl_tf.cli import parts

emit_option = click.option(
    "--emit",
    type=click.Choice(["slurm"]),
    help="Prepare the folder, write scripts that train its work units with Slurm, and print the command to start them.",
)
ray_option = click.option(
    "--ray", metavar="ADDRESS", help="Train the work units on a Ray cluster: its HOST:PORT, or local for this machine."
)


def emit(experiment: Path, out: Path, accepted: tuple[str, ...], allow_changed: bool, _: str) -> None:
    """Prepare the folder, write the scripts for Slurm, and print the command that submits them."""
    from radtl_tf.experiment.cluster.slurm import job_of, write_scripts
    from radtl_tf.records.folder import OutputFolder
    from radtl_tf.records.prepared import read_prepared

    parts.PartCommands(experiment, out, accepted, allow_changed).prepare()
    flags = ["--allow-changed"] * allow_changed
    script = write_scripts(job_of(read_prepared(OutputFolder(out)), out, parts.start_of_command(), flags))
    click.echo(shlex.join(["bash", str(script)]))


def on_ray(experiment: Path, out: Path, accepted: tuple[str, ...], allow_changed: bool, address: str) -> None:
    """Prepare the folder, train its work units on the Ray at ``address``, and finish.

    Raises:
        ClusterError: Ray is missing, cannot be reached or is not safe.
    """
    from radtl_tf.experiment.cluster.ray_address import ray_address, ray_settings
    from radtl_tf.experiment.cluster.ray_pool import refuse_silence, require_ray, train_on_ray
    from radtl_tf.library.bars import bars

    where = ray_address(address)
    require_ray()
    ray_settings(where, os.environ)  # refuses what is not safe, before hours of preparation
    refuse_silence(where)
    commands = parts.PartCommands(experiment, out.resolve(), accepted, allow_changed)
    commands.prepare()
    with bars() as watch:
        train_on_ray(where, out, commands.only, watch)
    commands.finish()
