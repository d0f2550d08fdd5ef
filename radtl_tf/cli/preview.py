"""The verb data preview."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from radtl_tf.cli.options import FILE, load_tensorflow, task_of, task_options


@click.command()
@click.argument("manifest", type=FILE)
@task_options
@click.option("--out", type=FILE, required=True, help="HTML page to write. It shows patients' images.")
@click.option("--image-size", type=click.IntRange(32, 2048), default=224, show_default=True, help="Side in pixels.")
@click.option(
    "--resize",
    type=click.Choice(["pad", "stretch", "published"]),
    default="pad",
    show_default=True,
    help="How an image becomes square.",
)
@click.option(
    "--augmentation",
    type=click.Choice(["none", "published", "laterality-safe"]),
    default="none",
    show_default=True,
    help="How training images are varied.",
)
@click.option("--views", type=click.IntRange(1), default=2, show_default=True, help="Augmented views of each image.")
@click.option("--pixels", multiple=True, help="Pixel convention; repeatable; default: all.")
@click.option("--per-class", type=click.IntRange(1), default=4, show_default=True, help="Images of each class.")
@click.option(
    "--seed", type=click.IntRange(0), default=726, show_default=True, help="Seed of the choice and of the augmentation."
)
def preview(
    manifest: Path,
    images: Path | None,
    out: Path,
    pixels: tuple[str, ...],
    per_class: int,
    seed: int,
    image_size: int,
    resize: Any,
    augmentation: Any,
    views: int,
    **task: Any,
) -> None:
    """Write a contact sheet of MANIFEST as a network will see the radiographs, per class and pixel convention.

    Example: radtl data preview labels.csv --positive pneumonia --patient patient_id --out sheet.html
    """
    load_tensorflow()
    from radtl_tf.data.manifest.reader import read_manifest
    from radtl_tf.experiment.preview import preview_manifest
    from radtl_tf.report.pages.preview import Sheet

    preview_manifest(
        read_manifest(manifest, images),
        task_of(manifest, task),
        out,
        sheet=Sheet(image_size, resize, augmentation, views, seed),
        per_class=per_class,
        pixels=pixels,
    )
