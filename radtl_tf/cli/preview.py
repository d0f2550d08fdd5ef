"""The verb data preview."""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_args

import click

from radtl_tf.cli import options
from radtl_tf.cli.options import FILE, load_tensorflow, refuse
from radtl_tf.records.experiment import Augmentation, Training


@click.command()
@click.argument("manifest", type=FILE)
@options.task_options
@click.option("--out", type=FILE, required=True, help="HTML page to write. It shows patients' images.")
@options.image_size
@options.resize
@click.option(
    "--augmentation",
    type=click.Choice(get_args(Augmentation)),
    default=Training.augmentation,
    show_default=True,
    help="How training images are varied.",
)
@click.option(
    "--views", type=click.IntRange(1), default=2, show_default=True, help="Augmented views of each image, if any."
)
@options.pixels(multiple=True)
@click.option("--per-class", type=click.IntRange(1), default=4, show_default=True, help="Images of each class.")
@options.seed
def preview(manifest: Path, out: Path, pixels: tuple[str, ...], per_class: int, seed: int, **given: Any) -> None:
    """Write a contact sheet of MANIFEST as a network will see the radiographs, per class and pixel convention.

    With --patient the images of a class are those of different patients, as far as there are. Without --pixels every
    pixel convention is shown. A sheet counts no cases, so --unit and --one-image-per-patient are refused.

    Example: radtl data preview labels.csv --positive pneumonia --patient patient_id --out sheet.html
    """
    refuse(["unit", "one_image_per_patient"], "a sheet shows images and counts no cases.")
    if given["augmentation"] == "none":
        refuse(["views"], "there are no augmented views; add --augmentation.")
    load_tensorflow()
    from radtl_tf.data.manifest.reader import manifest_of
    from radtl_tf.experiment.preview import preview_manifest
    from radtl_tf.report.pages.preview import Sheet

    sheet = Sheet(seed=seed, **{name: given.pop(name) for name in ("image_size", "resize", "augmentation", "views")})
    task = options.task_of(manifest, given)
    preview_manifest(manifest_of(task), task, out, sheet=sheet, per_class=per_class, pixels=pixels)
