"""The command ``radtl``: its verbs, its exit codes and the one line that a wrong input gets."""

from __future__ import annotations

from typing import Any

import click

from radtl_tf import __version__
from radtl_tf.cli.data import data
from radtl_tf.cli.demo import demo
from radtl_tf.cli.doctor import doctor
from radtl_tf.cli.external import external
from radtl_tf.cli.init import init
from radtl_tf.cli.model import export, predict
from radtl_tf.cli.options import log
from radtl_tf.cli.pretrain import pretrain
from radtl_tf.cli.run import report, run, status, train
from radtl_tf.cli.weights import weights
from radtl_tf.errors import RadtlError
from radtl_tf.logs import shown


class Group(click.Group):
    """A group that turns the package's own errors, and those of the disk, into one line and exit code 1."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the verb and print what it logs; ``--debug`` shows the traceback of an error instead of its line."""
        try:
            with shown(log):
                return super().invoke(ctx)
        except BrokenPipeError:  # whoever reads our output has seen enough: click ends quietly
            raise
        except (RadtlError, OSError) as error:
            if ctx.params.get("debug"):
                raise
            raise click.ClickException(" ".join(str(error).split())) from error


@click.group(
    cls=Group,
    context_settings={"help_option_names": ["-h", "--help"], "auto_envvar_prefix": "RADTL", "max_content_width": 100},
)
@click.version_option(__version__, prog_name="radtl")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
def main(debug: bool) -> None:
    """Transfer-learning experiments on radiographs: which pre-trained weights to start from, and how sure can one be?

    For research. Not a medical device; not for diagnosis.
    """


for command in (demo, doctor, init, data, weights, pretrain, train, run, status, report, export, external, predict):
    main.add_command(command)
