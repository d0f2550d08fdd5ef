"""The verb tensorboard: the training curves and metrics in a browser."""

from __future__ import annotations

import threading
from pathlib import Path

import click

from radtl_tf.cli.options import ANY_PATH, Verb


@click.command(cls=Verb)
@click.argument("folder", type=ANY_PATH)
@click.option("--host", default="localhost", show_default=True, help="Address to listen on. 0.0.0.0 is every one.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    metavar="N",
    help="Port to listen on; 0 is any free port.  [default: the first free one from 6006 on]",
)
def tensorboard(folder: Path, host: str, port: int | None) -> None:
    """Show training curves and metrics in TensorBoard.

    FOLDER is the output folder of `radtl run`, or the weights file of `radtl pretrain`. The training may still be
    running. The page is served until you press Ctrl-C. Whoever can reach the address can read it.

    Example:
      radtl tensorboard results
    """
    from radtl_tf.experiment.tensorboard.page import events_of, serve

    click.echo(serve(events_of(folder), host=host, port=port))
    click.echo("Press Ctrl-C to stop.", err=True)
    threading.Event().wait()
