"""The verb data preview."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import click

from radtl_tf.cli import options
from radtl_tf.cli.options import FILE, load_tensorflow, log, refuse
from radtl_tf.records.experiment import Augmentation, Task, Training

if TYPE_CHECKING:
    from radtl_tf.data.manifest.reader import Manifest


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
def preview(
    manifest: Path, images: Path | None, out: Path, pixels: tuple[str, ...], per_class: int, seed: int, **given: Any
) -> None:
    """Write a contact sheet of MANIFEST as a network will see the radiographs, per class and pixel convention.

    With --patient the images of a class are those of different patients, as far as there are. Without --pixels every
    pixel convention is shown. A sheet counts no cases, so --unit and --one-image-per-patient are refused.

    Example: radtl data preview labels.csv --positive pneumonia --patient patient_id --out sheet.html
    """
    refuse(["unit", "one_image_per_patient"], "a sheet shows images and counts no cases.")
    if given["augmentation"] == "none":
        refuse(["views"], "there are no augmented views; add --augmentation.")
    load_tensorflow()
    from radtl_tf.data.manifest.reader import read_manifest
    from radtl_tf.models.pixels import CONVENTIONS, convention
    from radtl_tf.report.pages.preview import Sheet, write_preview

    conventions = [convention(name) for name in pixels or CONVENTIONS]
    rows = read_manifest(manifest, images)
    sheet = Sheet(seed=seed, **{name: given.pop(name) for name in ("image_size", "resize", "augmentation", "views")})
    chosen = chosen_rows(*_labels_and_patients(rows, options.task_of(manifest, given)), per_class, seed)
    write_preview(out, _pictures(rows, chosen), conventions, sheet, manifest.name)
    log(f"Preview: {out}. It shows patients' images: do not pass it on.")


def _labels_and_patients(rows: Manifest, task: Task) -> tuple[Sequence[tuple[str, ...]], Sequence[str]]:
    """Return the labels of each image that count in the task, and its patient: by default one of its own."""
    from radtl_tf.data.manifest.labels import assemble, narrowed
    from radtl_tf.data.manifest.reader import column, labels_of

    labels = labels_of(rows, task)
    numbers = [str(row) for row in range(len(labels))]
    assemble(labels, numbers, task)  # refuses labels that a training would refuse
    return narrowed(labels, task), column(rows, task.patient, "patient") if task.patient else numbers


def _pictures(rows: Manifest, chosen: Mapping[str, Sequence[int]]) -> dict[str, list[Any]]:
    """Return line and grey pixels of the chosen rows of each class; a file that cannot be read is left out."""
    from radtl_tf.data.decoding.worker_pool import pixels_of_all

    shown: dict[str, list[Any]] = {}
    for label, numbers in chosen.items():
        sources = [rows.sources[number] for number in numbers]
        for source, (outcome, grey) in zip(sources, pixels_of_all(s.path for s in sources), strict=True):
            if grey is None:
                log(f"Warning: line {source.line}: {outcome.reason}")
            else:
                shown.setdefault(label, []).append((source.line, grey))
    return shown


def chosen_rows(
    labels: Sequence[tuple[str, ...]], patients: Sequence[str], per_class: int, seed: int
) -> dict[str, list[int]]:
    """Return some rows of each class, drawn with ``seed``; an image with several labels may be drawn for each.

    A second image of a patient is taken only where the first images of all patients are not enough.
    """
    import numpy as np

    random = np.random.default_rng(seed)
    chosen = {}
    for name in sorted({name for names in labels for name in names}):
        drawn = random.permutation([row for row, names in enumerate(labels) if name in names]).tolist()
        chosen[name] = sorted(_patients_in_turn(drawn, patients)[:per_class])
    return chosen


def _patients_in_turn(drawn: Sequence[int], patients: Sequence[str]) -> list[int]:
    """Return the drawn rows in their order, but the n-th image of a patient after the earlier ones of all others."""
    images: Counter[str] = Counter()
    turns = []
    for row in drawn:
        images[patients[row]] += 1
        turns.append((images[patients[row]], row))
    return [row for _, row in sorted(turns, key=lambda turn: turn[0])]
