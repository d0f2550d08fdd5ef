"""The verb pretrain: one's own weights file from a source data set."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from radtl_tf.cli.options import FILE, FOLDER, load_tensorflow, log

if TYPE_CHECKING:
    from radtl_tf.records.pretraining import Pretraining


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
    from radtl_tf.records.pretraining import read_pretraining

    pretraining = read_pretraining(source)
    if dry_run:
        print_price(pretraining, out, data_dir)
        return
    sidecar = make_weights(pretraining, out, data_dir)
    from radtl_tf.experiment.pretraining import declaration

    click.echo(declaration(sidecar, out))


def make_weights(pretraining: Pretraining, out: Path, data_dir: Path | None = None) -> dict[str, Any]:
    """Do what is left of a pre-training; return the record beside the weights file."""
    load_tensorflow()
    from radtl_tf.experiment import pretraining as steps
    from radtl_tf.records.pretraining import Place

    done = steps.finished(pretraining, Place(out))
    if done:
        log(f"{out} is complete: {done['epochs']} epochs, sha256 {done['sha256']}")
        return done
    sidecar = steps.pretrain(_prepared(pretraining, out, data_dir), say=log)
    values = ", ".join(f"{name} {value:.4g}" for name, value in sidecar["validation"].items())
    log(f"{out}: {sidecar['epochs']} epochs; validation {values or 'none'}")
    return sidecar


def print_price(pretraining: Pretraining, out: Path, data_dir: Path | None) -> None:
    """Print on stdout what a pre-training would cost."""
    load_tensorflow()
    from radtl_tf.experiment.pretraining import price_source

    for line in price_source(_prepared(pretraining, out, data_dir)):
        click.echo(line)


def _prepared(pretraining: Pretraining, out: Path, data_dir: Path | None) -> Any:
    from radtl_tf.experiment.pretraining import prepare_source
    from radtl_tf.places import weights_folder
    from radtl_tf.records.experiment import Training
    from radtl_tf.records.pretraining import Place
    from radtl_tf.training.device import prepare

    settings = pretraining.training
    device = prepare(Training(precision=settings.precision, determinism=settings.determinism), pretraining.seed)
    return prepare_source(
        pretraining, Place(out), device=device, weights_folder=weights_folder(), data_dir=data_dir, say=log
    )
