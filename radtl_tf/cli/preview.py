"""The verb data preview."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from radtl_tf.cli import manifest_options, options
from radtl_tf.cli.options import FILE, Verb, is_given, refuse
from radtl_tf.cli.tensorflow_import import load_tensorflow


@click.command(cls=Verb)
@click.argument("manifest", type=FILE)
@manifest_options.task_options
@options.out(FILE, "HTML page to write. It shows images of patients.")
@options.image_size
@options.resize
@options.augmentation
@click.option(
    "--views",
    type=click.IntRange(1),
    metavar="N",
    default=2,
    show_default=True,
    help="Number of augmented views of each image.",
)
@options.pixels(multiple=True)
@click.option(
    "--experiment",
    type=FILE,
    metavar="FILE",
    help="Experiment file: show images in its size, resize and augmentation, unless an option says otherwise, and the "
    "pixel conventions of its weights, in place of --pixels.",
)
@click.option(
    "--per-class",
    type=click.IntRange(1),
    metavar="N",
    default=4,
    show_default=True,
    help="Number of images of each class.",
)
@options.seed
def preview(
    manifest: Path,
    out: Path,
    pixels: tuple[str, ...],
    experiment: Path | None,
    per_class: int,
    seed: int,
    **given: Any,
) -> None:
    """Show radiographs as a network will see them.

    Writes a page with some radiographs of MANIFEST (a CSV table) per class, in grey, and the values that a network
    gets under each pixel convention of --pixels, or of the weights of --experiment (without either: under all). With
    --patient it shows images of as many patients as possible. The page counts no cases, so --unit and
    --one-image-per-patient are refused.

    Example:
      radtl data preview labels.csv --positive pneumonia --out sheet.html
    """
    refuse(["unit", "one_image_per_patient"], "the page shows images and counts no cases. Remove it.")
    if experiment:
        refuse(["pixels"], "--experiment names the weights, and they give the conventions. Remove one of the two.")
        given |= _as_in(experiment)
    if given["augmentation"] == "none":
        refuse(["views"], "no image is augmented. Remove it or set --augmentation.")
    load_tensorflow()
    from radtl_tf.data.manifest.reader import manifest_of
    from radtl_tf.experiment.preview import pixels_in_use, preview_manifest
    from radtl_tf.records.reader import read_experiment
    from radtl_tf.report.pages.preview import Sheet

    pixels = pixels_in_use(read_experiment(experiment)) if experiment else pixels
    sheet = Sheet(seed=seed, **{name: given.pop(name) for name in ("image_size", "resize", "augmentation", "views")})
    task = manifest_options.task_of(manifest, given)
    preview_manifest(manifest_of(task), task, out, sheet=sheet, per_class=per_class, pixels=pixels)


def _as_in(experiment: Path) -> dict[str, Any]:
    """Return size, resize and augmentation of an experiment file, without those that the user has set."""
    from radtl_tf.records.reader import read_experiment

    training = read_experiment(experiment).training
    names = ("image_size", "resize", "augmentation")
    return {name: getattr(training, name) for name in names if not is_given(name)}
