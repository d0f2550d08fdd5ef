"""The verb screen."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from radtl_tf.cli import manifest_options, options
from radtl_tf.cli.options import FILE, Verb, as_json, log, refuse
from radtl_tf.cli.tensorflow_import import load_tensorflow
from radtl_tf.errors import OutputError
from radtl_tf.records.experiment import Task

if TYPE_CHECKING:
    from radtl_tf.library.screen.result import Screen

_VECTORS = (".npz", ".parquet", ".csv")
_PATIENT = "patient_id"


@click.command(cls=Verb)
@click.argument("manifest", type=FILE)
@click.option(
    "--weights",
    multiple=True,
    required=True,
    metavar="[BACKBONE=]WEIGHTS",
    help="Candidate: imagenet, radimagenet, random, an .h5 file, a Hugging Face folder, or a file of embeddings. "
    "A name alone takes every --backbone. Repeatable.",
)
@options.backbone("Backbone of the weights that name none. Repeatable.", multiple=True, default=("ResNet50",))
@options.pixels()
@manifest_options.task_options
@manifest_options.columns
@options.image_size
@options.resize
@click.option("--k", type=click.IntRange(1), metavar="K", default=20, show_default=True, help="Number of neighbors.")
@options.seed
@options.out(FILE, "Experiment file to write, with the best two or three candidates.", required=False)
@click.option("--force", is_flag=True, help="Replace the file that --out names.")
@click.option("--margin", type=float, metavar="X", help="Difference that does not matter, for --out.  [default: 0.02]")
@as_json
def screen(
    manifest: Path,
    weights: tuple[str, ...],
    backbone: tuple[str, ...],
    out: Path | None,
    force: bool,
    margin: float | None,
    as_json: bool,
    **given: Any,
) -> None:
    """Rank many weights in seconds, without training.

    Computes the features of each candidate once, in the cache of the experiments, and prints LogME and the AUROC of
    the nearest neighbors of other patients. This is a screen without a test: it uses all labels, so it ranks and
    proves nothing. MANIFEST is a table with a row per radiograph. As in `radtl init`, the patient id is in the column
    patient_id unless an option says otherwise, and without --kind and --positive the labels decide what the task is.

    Example:
      radtl screen labels.csv --positive pneumonia --weights imagenet --weights random --out experiment.toml
    """
    if out is None:
        refuse(["force", "margin"], "no experiment file is written. Remove it or name one with --out.")
    elif out.exists() and not force:
        raise OutputError(f"{out} exists already: choose another --out or add --force.")
    settings = {name: given.pop(name) for name in ("pixels", "image_size", "resize", "k", "seed")}
    task = _task(manifest, given)
    load_tensorflow()
    found = _screened(task, weights, backbone, settings)
    next_command = None
    if out:
        found.write_experiment(out, margin=margin, overwrite=force)
        next_command = f"radtl run {out} --out {out.stem}-results --dry-run"
    if as_json:
        written = {"experiment": str(out) if out else None, "next": next_command}
        click.echo(json.dumps({**found.as_dict(), **written}, indent=1))
    else:
        click.echo(repr(found))
    if out:
        log(f"Wrote {out}. Next: {next_command}")


def _task(manifest: Path, given: dict[str, Any]) -> Task:
    """Return the task that the options and the labels of the manifest make, as `radtl init` does."""
    from radtl_tf.experiment.presets import completed

    if not (given["one_image_per_patient"] or given["patient_pattern"]):
        given["patient"] = given["patient"] or _PATIENT
    infer = given["kind"] is None and given["label_unit"] is None
    return completed(manifest_options.record_of(manifest, given), infer=infer)


def _screened(task: Task, weights: tuple[str, ...], backbones: tuple[str, ...], settings: dict[str, Any]) -> Screen:
    from radtl_tf.library.screen.screen import dataset_of, screen

    features = {Path(word).stem: word for word in weights if word.endswith(_VECTORS)}
    networks = [_start(word) for word in weights if not word.endswith(_VECTORS)]
    return screen(dataset_of(task), networks, backbones, features=features, **settings)


def _start(word: str) -> str | tuple[str, str]:
    """Return the weights of ``[BACKBONE=]WEIGHTS``, with the backbone if it is named."""
    from radtl_tf.models.backbones import BACKBONES

    backbone, sign, weights = word.partition("=")
    return (backbone, weights) if sign and backbone in BACKBONES else word
