"""The verb pretrain: a weights file of your own from a source data set."""

from __future__ import annotations

from pathlib import Path

import click

from radtl_tf.cli import options
from radtl_tf.cli.options import FILE, FOLDER, Verb, dry_run
from radtl_tf.cli.tensorflow_import import load_tensorflow


@click.command(cls=Verb)
@click.argument("source", type=FILE)
@options.out(
    FILE,
    "Weights file (.h5) to write; for a vision transformer FOLDER/model.safetensors. Run again with the same file to "
    "resume.",
)
@click.option(
    "--data-dir",
    type=FOLDER,
    help="Folder of TFDS data sets, which several calls may share.  [default: OUT.work/data]",
)
@click.option(
    "--self-supervised",
    is_flag=True,
    help="Train without labels (SimSiam). SOURCE then has [data], the films, instead of [task].",
)
@dry_run
def pretrain(source: Path, out: Path, data_dir: Path | None, self_supervised: bool, dry_run: bool) -> None:
    """Pre-train a backbone on a source data set of your own.

    SOURCE is a TOML file that names the data set and the backbone; with --self-supervised it names unlabeled films.
    Prints the lines that declare the weights in an experiment file. OUT.json records how the weights were made. You may
    delete OUT.work once OUT is written. With --dry-run the data set is built, and some steps are timed.

    Example:
      radtl pretrain archive.toml --out archive-ResNet50_notop.h5
    """
    load_tensorflow()
    from radtl_tf.experiment.weights.make import declaration, make_weights, price_weights
    from radtl_tf.records.pretraining import Pretraining, read_pretraining
    from radtl_tf.records.self_supervised import SelfSupervised, read_self_supervised

    pretraining: Pretraining | SelfSupervised
    pretraining = read_self_supervised(source) if self_supervised else read_pretraining(source)
    if dry_run:
        click.echo("\n".join(price_weights(pretraining, out, data_dir)))
        return
    click.echo(declaration(make_weights(pretraining, out, data_dir), out))
