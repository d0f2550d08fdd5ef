"""Options that say what the columns of a manifest mean, and the Task that they describe."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

import click

from radtl_tf.cli.options import FILE, FOLDER, Command, Option, bounds, choice
from radtl_tf.records.experiment import Kind, Missing, Subgroup, Task, Uncertain, Unit

manifest = click.option(
    "--manifest", type=FILE, required=True, help="Table (CSV) with a row per radiograph: path, label, patient id."
)
label = click.option(
    "--label",
    "labels",
    multiple=True,
    metavar="COLUMN",
    help=f"Column of the label. Repeat it for a multilabel task with a column per class.  [default: {Task.label}]",
)
label_separator = click.option(
    "--label-separator", metavar="TEXT", help="Text between several labels in one cell, such as '|'."
)
positive = click.option("--positive", metavar="CLASS", help="Positive class of a binary task.")
kind = choice(
    "--kind",
    Kind,
    "One of two classes, one of several, any number per image, a number, or stages in order.  "
    f"[default: {Task.kind}; multilabel with several --label; regression with --label-unit]",
)
classes = click.option(
    "--class",
    "classes",
    multiple=True,
    metavar="CLASS",
    help="Class of a multilabel task [default: all], or stage of an ordinal task, the lowest first. Repeatable.",
)
label_unit = click.option("--label-unit", metavar="TEXT", help="Unit of the numbers of a regression, such as years.")
patient = click.option("--patient", metavar="COLUMN", help="Column of the patient id.")
patient_pattern = click.option(
    "--patient-pattern",
    metavar="REGEX",
    help="Regular expression that finds the patient id in the path of each image, such as 'patient\\d+'.",
)
one_image_per_patient = click.option(
    "--one-image-per-patient", is_flag=True, help="There is no patient column: every image is another patient."
)
unit = choice("--unit", Unit, "What counts as one case.")
missing = choice(
    "--missing",
    Missing,
    "What a cell without a label means; with ignore it takes no part in training and metrics.  "
    f"[default: {Task.missing}]",
)
uncertain = choice("--uncertain", Uncertain, f"What an uncertain label (-1) means.  [default: {Task.uncertain}]")
depth = click.option(
    "--depth",
    type=bounds(Task, "depth"),
    help="Bits that PNG, JPEG and TIFF of more bits hold, such as 12 in files of 16.  [default: as the file says]",
)
path_column = click.option(
    "--path-column", metavar="COLUMN", help="Column of the paths of the images.  [default: path]"
)
suffix = click.option("--suffix", metavar="TEXT", help="Ending that the paths lack, such as .png.")
encoding = click.option("--encoding", metavar="NAME", help="Encoding of the manifest, such as cp932.  [default: found]")
columns = click.option(
    "--column",
    "columns",
    metavar="NAME=COLUMN",
    multiple=True,
    callback=lambda _, __, pairs: _columns(pairs),
    help="Column of a metadatum, such as age='Patient Age'. Repeatable.  [default: columns of the same names]",
)
images = click.option("--images", type=FOLDER, help="Folder of the images.  [default: the manifest's folder]")
_TASK_OPTIONS: dict[str, Option] = {
    "labels": label,
    "label_separator": label_separator,
    "positive": positive,
    "kind": kind,
    "classes": classes,
    "label_unit": label_unit,
    "patient": patient,
    "patient_pattern": patient_pattern,
    "one_image_per_patient": one_image_per_patient,
    "unit": unit,
    "missing": missing,
    "uncertain": uncertain,
    "images": images,
    "depth": depth,
    "path_column": path_column,
    "suffix": suffix,
    "encoding": encoding,
}
TASK = tuple(_TASK_OPTIONS)  # as a verb's function gets them
TABLE = ("images", "path_column", "suffix", "encoding")  # those of TASK that say how a manifest is read


def _columns(pairs: tuple[str, ...]) -> dict[str, str]:
    """Return the columns of the pairs ``NAME=COLUMN``."""
    found = dict(pair.partition("=")[::2] for pair in pairs)
    names = get_args(Subgroup)
    for name, column in found.items():
        if name not in names or not column:
            raise click.BadParameter(f"{name!r}: expected NAME=COLUMN, with one of the names {', '.join(names)}.")
    return found


def task_options(command: Command) -> Command:
    """Add the options that say what the columns of a manifest mean; ``task_of`` reads them."""
    for option in reversed(_TASK_OPTIONS.values()):
        command = option(command)
    return command


def record_of(manifest: Path, options: Mapping[str, Any]) -> Task:
    """Return the Task that some or all options of ``task_options`` describe, unchecked.

    Several label columns make a multilabel task, and a unit of the label a regression, the only ones that have them.
    """
    from radtl_tf.records.reader import normal_task

    given = {name: value for name, value in options.items() if name != "labels" and value is not None}
    labels: tuple[str, ...] = options["labels"]
    if len(labels) > 1:
        given.setdefault("kind", "multilabel")
    if given.get("label_unit"):
        given.setdefault("kind", "regression")
    return normal_task(Task(manifest=manifest, label=labels[0] if len(labels) == 1 else labels or Task.label, **given))


def task_of(manifest: Path, options: Mapping[str, Any]) -> Task:
    """Return the Task that the options of ``task_options`` describe.

    Raises:
        UsageError: the positive class of a binary task is missing.
        ExperimentError: the options contradict each other.
    """
    from radtl_tf.records.task_rules import check_task

    task = record_of(manifest, options)
    if task.kind == "binary" and not task.positive:
        raise click.UsageError(
            "a binary task needs --positive, its positive class. For another kind of task, set --kind."
        )
    check_task(task)
    return task
