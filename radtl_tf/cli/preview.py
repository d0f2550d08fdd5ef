"""The verb data preview."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from radtl_tf.cli.options import FILE, load_tensorflow, log, task_of, task_options


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
    from radtl_tf.data.decoding.worker_pool import pixels_of_all
    from radtl_tf.data.manifest.reader import labels_of, read_manifest
    from radtl_tf.models.pixels import CONVENTIONS, convention
    from radtl_tf.report.pages.preview import Sheet, write_preview

    conventions = [convention(name) for name in pixels or CONVENTIONS]
    rows = read_manifest(manifest, images)
    chosen = chosen_rows(labels_of(rows, task_of(manifest, task)), per_class, seed)
    shown: dict[str, list[Any]] = {}
    for label, numbers in chosen.items():
        sources = [rows.sources[number] for number in numbers]
        for source, (outcome, grey) in zip(sources, pixels_of_all(s.path for s in sources), strict=True):
            if grey is None:
                log(f"Warning: line {source.line}: {outcome.reason}")
            else:
                shown.setdefault(label, []).append((source.line, grey))
    write_preview(out, shown, conventions, Sheet(image_size, resize, augmentation, views, seed), manifest.name)
    log(f"Preview: {out}. It shows patients' images: do not pass it on.")


def chosen_rows(labels: Sequence[tuple[str, ...]], per_class: int, seed: int) -> dict[str, list[int]]:
    """Return some rows of each class, drawn with ``seed``; an image with several labels may stand in each."""
    import numpy as np

    random = np.random.default_rng(seed)
    chosen = {}
    for name in sorted({name for names in labels for name in names}):
        rows = [row for row, names in enumerate(labels) if name in names]
        chosen[name] = sorted(random.permutation(rows)[:per_class].tolist())
    return chosen
