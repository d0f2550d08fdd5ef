"""Options and helpers that several verbs share.

Each option is declared once; defaults, ranges and choices are those of the records.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any, get_args, get_type_hints

import click
from click.core import ParameterSource

from radtl_tf.records.experiment import Experiment, FoldPlan, Kind, Resize, Subgroup, Task, Training, Unit

Command = Callable[..., Any]
Option = Callable[[Command], Command]

FILE = click.Path(path_type=Path, dir_okay=False)
FOLDER = click.Path(path_type=Path, file_okay=False)
ANY_PATH = click.Path(path_type=Path)

out_folder = click.option("--out", type=FOLDER, required=True, help="Output folder; call again with it to resume.")
as_json = click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON object for a machine to read, also when there is an error."
)


def bounds(record: type, name: str) -> click.IntRange:
    """Return the integers that the field ``name`` of a record allows.

    >>> bounds(FoldPlan, "count")
    <IntRange 2<=x<=50>
    """
    annotation = get_type_hints(record, include_extras=True)[name]
    if not hasattr(annotation, "__metadata__"):  # a number or a word: the number comes first
        annotation = get_args(annotation)[0]
    (limits,) = annotation.__metadata__
    high = limits.lt if limits.le is None else limits.le
    return click.IntRange(limits.ge, high, max_open=limits.lt is not None)


def _number(flag: str, record: type, field: str, help: str) -> Option:
    """Return an option for a number of a record, with the record's range and default."""
    default = getattr(record, field)
    return click.option(flag, type=bounds(record, field), default=default, show_default=True, help=help)


def _choice(flag: str, values: Any, help: str, **settings: Any) -> Option:
    """Return an option for one of the words of a ``Literal``."""
    return click.option(flag, type=click.Choice(get_args(values)), help=help, **settings)


manifest = click.option(
    "--manifest", type=FILE, required=True, help="CSV with a row per radiograph: path, label, patient id."
)
label = click.option(
    "--label",
    "labels",
    multiple=True,
    help=f"Column of the label; repeat it for a multilabel task with a column per class.  [default: {Task.label}]",
)
label_separator = click.option("--label-separator", help="What divides several labels in one cell, such as '|'.")
positive = click.option("--positive", help="Label of the positive class of a binary task.")
kind = _choice("--kind", Kind, f"Two classes, several, or several labels an image.  [default: {Task.kind}]")
classes = click.option(
    "--class", "classes", multiple=True, help="One of the classes of a multilabel task; repeatable.  [default: all]"
)
patient = click.option("--patient", help="Column of the patient id.")
one_image_per_patient = click.option(
    "--one-image-per-patient", is_flag=True, help="No patient column: each image is a patient of its own."
)
unit = _choice("--unit", Unit, "What counts as one case.")
depth = click.option(
    "--depth",
    type=bounds(Task, "depth"),
    help="Bits that PNG, JPEG and TIFF of more bits hold, such as 12 in files of 16.  [default: as the file says]",
)
columns = click.option(
    "--column",
    "columns",
    metavar="NAME=COLUMN",
    multiple=True,
    callback=lambda _, __, pairs: _columns(pairs),
    help="Column of a metadatum, such as age='Patient Age'; repeatable.  [default: columns of the same names]",
)
images = click.option("--images", type=FOLDER, help="Folder of the images.  [default: the manifest's folder]")
folds = _number("--folds", FoldPlan, "count", "Number of folds, grouped by patient.")
seed = _number("--seed", Experiment, "seed", "Seed of everything that is drawn at random.")
image_size = _number("--image-size", Training, "image_size", "Side of the network's input in pixels.")
epochs = _number("--epochs", Training, "epochs", "Epochs of training; the one with the lowest inner loss is kept.")
batch_size = _number("--batch-size", Training, "batch_size", "Images per step.")
resize = _choice("--resize", Resize, "How an image becomes square.", default=Training.resize, show_default=True)


def pixels(**settings: Any) -> Option:
    """Return the option ``--pixels`` with the ``default`` of a verb, or ``multiple``."""
    return click.option(
        "--pixels", help="Pixel convention, such as tf, caffe or zero_one.", show_default=True, **settings
    )


_TASK_OPTIONS: dict[str, Option] = {
    "labels": label,
    "label_separator": label_separator,
    "positive": positive,
    "kind": kind,
    "classes": classes,
    "patient": patient,
    "one_image_per_patient": one_image_per_patient,
    "unit": unit,
    "images": images,
    "depth": depth,
}
TASK = tuple(_TASK_OPTIONS)  # as a verb's function gets them


def _columns(pairs: tuple[str, ...]) -> dict[str, str]:
    """Return the columns of ``NAME=COLUMN``."""
    found = dict(pair.partition("=")[::2] for pair in pairs)
    names = get_args(Subgroup)
    for name, column in found.items():
        if name not in names or not column:
            raise click.BadParameter(f"{name!r}: expected NAME=COLUMN, with one of the names {', '.join(names)}.")
    return found


def task_options(command: Command) -> Command:
    """Give a verb the options that say what a manifest's columns mean; ``task_of`` reads them."""
    for option in reversed(_TASK_OPTIONS.values()):
        command = option(command)
    return command


def record_of(manifest: Path, options: Mapping[str, Any]) -> Task:
    """Return the Task that the options of ``task_options`` describe, some of them or all, unchecked."""
    given = {name: value for name, value in options.items() if name != "labels" and value is not None}
    labels: tuple[str, ...] = options["labels"]
    return Task(manifest=manifest, label=labels[0] if len(labels) == 1 else labels or Task.label, **given)


def task_of(manifest: Path, options: Mapping[str, Any]) -> Task:
    """Return the Task that the options of ``task_options`` describe.

    Raises:
        UsageError: a binary task without its positive class.
        ExperimentError: the options contradict each other.
    """
    from radtl_tf.records.reader import check_task

    task = record_of(manifest, options)
    if task.kind == "binary" and not task.positive:
        raise click.UsageError("a manifest needs --positive, the label of the positive class, or another --kind.")
    check_task(task)
    return task


def refuse(names: Collection[str], why: str) -> None:
    """Refuse the parameters ``names`` of the running verb where the user has set them.

    Raises:
        UsageError: one is set, on the command line or in the environment.
    """
    context = click.get_current_context()
    for parameter in context.command.params:
        source = context.get_parameter_source(parameter.name or "")
        if parameter.name in names and source not in (ParameterSource.DEFAULT, ParameterSource.DEFAULT_MAP):
            raise click.UsageError(f"{parameter.opts[0]} has no effect here: {why}", context)


def log(line: str) -> None:
    """Print a line for people: on stderr, since stdout is data, and above the bars where some are drawn."""
    print(line, file=sys.stderr, flush=True)


def load_tensorflow() -> None:
    """Import TensorFlow and look for its devices without the lines that it prints on stderr; ``--debug`` shows them.

    TensorFlow logs them before it reads its own setting for silence.
    """
    if click.get_current_context().find_root().params.get("debug"):
        return
    sys.stderr.flush()
    kept = os.dup(2)
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 2)
    try:
        import tensorflow

        tensorflow.config.list_physical_devices()
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(silence)
