"""The verb demo: every step on synthetic radiographs."""

from __future__ import annotations

from pathlib import Path

import click

from radtl_tf.cli import options
from radtl_tf.cli.options import FOLDER, Verb, load_tensorflow


@click.command(cls=Verb)
@options.out(
    FOLDER,
    "Folder to work in. Run again with the same folder to resume.",
    default="radtl-demo",
    show_default=True,
)
def demo(out: Path) -> None:
    """Try every step on synthetic radiographs, in a few minutes.

    The demo needs no download. It draws radiographs as DICOM files, pre-trains two small backbones on one task,
    compares these weights with random ones on another task, writes the report, exports a model and scores a new
    radiograph.

    Example:
      radtl demo
    """
    load_tensorflow()
    from radtl_tf.cli.run import print_results
    from radtl_tf.experiment.demo import run_demo
    from radtl_tf.library.bars import bars

    with bars() as watch:
        evaluation, scores = run_demo(out, watch)
    print_results(evaluation)
    click.echo("path,score")
    for score in scores:
        click.echo(f"{score.path.name},{score.score:.4f}")
