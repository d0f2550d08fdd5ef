"""The verb pretrain: one's own weights file from a source data set."""

from __future__ import annotations

from pathlib import Path

import click

from radtl_tf.cli.options import FILE, FOLDER, load_tensorflow


@click.command()
@click.argument("source", type=FILE)
@click.option("--out", type=FILE, required=True, help="Weights file to make (.h5); call again with it to resume.")
@click.option(
    "--data-dir",
    type=FOLDER,
    help="Folder of TFDS data sets, to share one among several calls.  [default: OUT.work/data]",
)
@click.option("--dry-run", is_flag=True, help="Build the data set, time some steps, print the cost; train nothing.")
def pretrain(source: Path, out: Path, data_dir: Path | None, dry_run: bool) -> None:
    """Train a backbone on the data set that SOURCE (a TOML file) names, and write its weights. Run it again to resume.

    Prints the lines that declare the weights in an experiment file. Beside OUT lies OUT.json, which says how the
    weights were made; OUT.work may be deleted when OUT is there.

    Example: radtl pretrain archive.toml --out archive-ResNet50_notop.h5
    """
    load_tensorflow()
    from radtl_tf.experiment.weights.make import declaration, make_weights, price_weights
    from radtl_tf.records.pretraining import read_pretraining

    pretraining = read_pretraining(source)
    if dry_run:
        click.echo("\n".join(price_weights(pretraining, out, data_dir)))
        return
    click.echo(declaration(make_weights(pretraining, out, data_dir), out))
