"""The verb demo: the whole job on synthetic radiographs."""

from __future__ import annotations

from pathlib import Path

import click

from radtl_tf.cli.options import FOLDER, load_tensorflow


@click.command()
@click.option(
    "--out", type=FOLDER, default="radtl-demo", show_default=True, help="Folder to work in; call again to resume."
)
def demo(out: Path) -> None:
    """Run the whole job on synthetic radiographs, with no download: a few minutes.

    Draws radiographs as DICOM files, pre-trains two small backbones on one task, compares those weights with random
    ones on another, writes the report, exports a model and scores a new radiograph.
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
