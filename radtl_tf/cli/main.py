"""The command ``radtl``: its verbs, its exit codes, and one line for wrong input."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from typing import Any

import click

from radtl_tf import __version__
from radtl_tf.cli.clean import clean
from radtl_tf.cli.data import data
from radtl_tf.cli.demo import demo
from radtl_tf.cli.doctor import doctor
from radtl_tf.cli.external import external
from radtl_tf.cli.init import init
from radtl_tf.cli.interrupts import Interrupted, stoppable
from radtl_tf.cli.model import export, predict
from radtl_tf.cli.options import InOrder, Words, log
from radtl_tf.cli.pretrain import pretrain
from radtl_tf.cli.run import report, run, status, train
from radtl_tf.cli.screen import screen
from radtl_tf.cli.tensorboard import tensorboard
from radtl_tf.cli.weights import weights
from radtl_tf.errors import RadtlError
from radtl_tf.logs import shown
from radtl_tf.records.safety.parent import end_with_parent, has_told, is_supervised


class Root(InOrder):
    """The root of all verbs: an error gives one line on stderr, its exit code and, with ``--json``, a JSON object."""

    def main(  # type: ignore[override]
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        standalone_mode: bool = True,
        **extra: Any,
    ) -> Any:
        """Run the words ``args`` and exit with the exit code, as ``click.Group.main`` does."""
        words = list(sys.argv[1:] if args is None else args)
        if not standalone_mode:
            return super().main(words, prog_name, standalone_mode=False, **extra)
        end_with_parent()
        if args is None:
            extra["obj"] = Words(words)
        try:
            code = super().main(words, prog_name, standalone_mode=False, **extra)
        except Exception as error:
            if has_told(error) and "--debug" not in words:
                sys.exit(1)
            if "--json" in words:
                click.echo(json.dumps({"error": _described(error)}))
            if not isinstance(error, click.ClickException):
                raise
            if not (isinstance(error, Interrupted) and is_supervised()):  # the parent says it
                error.show()
            code = error.exit_code
        sys.exit(code)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the verb and print its log; ``--debug`` shows the traceback of our errors and of the disk."""
        try:
            with stoppable(), shown(log):
                return super().invoke(ctx)
        except BrokenPipeError:  # the reader of our output has closed it: click ends quietly
            raise
        except (RadtlError, OSError) as error:
            if ctx.params.get("debug"):
                raise
            raise click.ClickException(_one_line(error)) from error


def _described(error: Exception) -> dict[str, str]:
    """Return the type and the message of an error, or of the error that a general exception of click carries."""
    if type(error) is click.ClickException and isinstance(error.__cause__, Exception):
        error = error.__cause__
    message = error.format_message() if isinstance(error, click.ClickException) else str(error)
    return {"type": type(error).__name__, "message": _one_line(message)}


def _one_line(message: object) -> str:
    return " ".join(str(message).split())


@click.group(
    cls=Root,
    context_settings={"help_option_names": ["-h", "--help"], "auto_envvar_prefix": "RADTL", "max_content_width": 100},
)
@click.version_option(__version__, prog_name="radtl")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
@click.pass_context
def main(ctx: click.Context, debug: bool) -> None:
    """Which pre-trained weights should you start from for your radiographs, and how sure can you be?

    `radtl run` trains every setting of an experiment, tells which differences are real and writes a report.
    For research only. Not for clinical use.

    Example:
      radtl demo
    """
    if os.environ.get("NO_COLOR"):  # https://no-color.org: set and not empty
        ctx.color = False


for command in (
    *(demo, doctor, data, weights, screen, init, run, status, report, clean, tensorboard),
    *(export, external, predict, train, pretrain),
):
    main.add_command(command)
