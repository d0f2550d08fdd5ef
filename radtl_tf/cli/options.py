"""Options and helpers that several verbs share.

Each option is declared once. Defaults, ranges and choices come from the records.
"""

from __future__ import annotations

import gc
import os
import re
import sys
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, get_args, get_type_hints

import click
from click.core import ParameterSource

from radtl_tf.records.experiment import (
    Augmentation,
    Experiment,
    FoldPlan,
    Kind,
    Missing,
    Resize,
    Subgroup,
    Task,
    Training,
    TuningAxis,
    TuningMode,
    Uncertain,
    Unit,
)
from radtl_tf.records.image_size import image_size as image_size_of

Command = Callable[..., Any]
Option = Callable[[Command], Command]

FILE = click.Path(path_type=Path, dir_okay=False)
FOLDER = click.Path(path_type=Path, file_okay=False)
ANY_PATH = click.Path(path_type=Path)


def _example_kept(help: str | None) -> str | None:
    """Mark the paragraph ``Example:`` of a help text, so that click keeps its lines."""
    return help and re.sub(r"^( *)Example:", "\\1\b\n\\1Example:", help, flags=re.M)


class Verb(click.Command):
    """A verb whose help shows the command of the paragraph ``Example:`` on lines of its own."""

    def __init__(self, name: str | None = None, *, help: str | None = None, **settings: Any) -> None:
        super().__init__(name, help=_example_kept(help), **settings)


class InOrder(click.Group):
    """A group whose help lists the verbs in the order of the work, not of the alphabet."""

    command_class = Verb

    def __init__(self, name: str | None = None, *, help: str | None = None, **settings: Any) -> None:
        super().__init__(name, help=_example_kept(help), **settings)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the verbs as they were added."""
        return list(self.commands)


class Words(tuple[str, ...]):
    """The words of the command line of this process; a call of ``main`` in another program has none."""


class _ImageSize(click.ParamType):
    """The size of a network's images: the side of a square, or height x width."""

    name = "size"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int | str:
        """Return the size in its short form."""
        try:
            return image_size_of(int(value) if str(value).isdecimal() else value)
        except ValueError as error:
            self.fail(f"{value!r}: {error}.", param, ctx)


class _Fold(click.ParamType):
    """The networks of an export: ``all``, ``refit``, or the number of a fold."""

    name = "fold"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int | str:
        """Return a number as an ``int``."""
        text = str(value)
        if text.isdecimal():
            return int(text)
        if text not in ("all", "refit"):
            self.fail(f"{text!r} is not 'all', 'refit' or the number of a fold.", param, ctx)
        return text


fold = click.option(
    "--fold",
    type=_Fold(),
    metavar="all|N|refit",
    default="all",
    show_default=True,
    help="Networks to export: the mean of the folds, fold N of the first repeat, or one trained on all patients.",
)


def out(type: click.Path, help: str, **settings: Any) -> Option:
    """Return the option ``--out``, a file or a folder; it is required unless ``settings`` say otherwise."""
    return click.option("--out", type=type, help=help, **{"required": "default" not in settings, **settings})


out_folder = out(FOLDER, "Output folder. Run again with the same folder to resume.")
as_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON object, also when there is an error.")
dry_run = click.option("--dry-run", is_flag=True, help="Check everything and print the cost. Train nothing.")


def bounds(record: type, name: str) -> click.IntRange:
    """Return the integers that the field ``name`` of a record allows.

    >>> bounds(FoldPlan, "count")
    <IntRange 2<=x<=50>
    """
    annotation = get_type_hints(record, include_extras=True)[name]
    if not hasattr(annotation, "__metadata__"):  # a number, or a word instead: the number comes first
        annotation = get_args(annotation)[0]
    (limits,) = annotation.__metadata__
    high = limits.lt if limits.le is None else limits.le
    return click.IntRange(limits.ge, high, max_open=limits.lt is not None)


def _number(flag: str, record: type, field: str, help: str) -> Option:
    """Return an option for a number of a record, with the record's range and default."""
    default = getattr(record, field)
    return click.option(flag, type=bounds(record, field), metavar="N", default=default, show_default=True, help=help)


def _choice(flag: str, values: Any, help: str, **settings: Any) -> Option:
    """Return an option for one of the words of a ``Literal``."""
    return click.option(flag, type=click.Choice(get_args(values)), help=help, **settings)


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
kind = _choice(
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
unit = _choice("--unit", Unit, "What counts as one case.")
missing = _choice(
    "--missing",
    Missing,
    "What a cell without a label means; with ignore it takes no part in training and metrics.  "
    f"[default: {Task.missing}]",
)
uncertain = _choice("--uncertain", Uncertain, f"What an uncertain label (-1) means.  [default: {Task.uncertain}]")
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
folds = _number("--folds", FoldPlan, "count", "Number of folds, grouped by patient.")
seed = _number("--seed", Experiment, "seed", "Seed of every random choice.")
image_size = click.option(
    "--image-size",
    type=_ImageSize(),
    metavar="N|HxW",
    default=Training.image_size,
    show_default=True,
    help="Size of the network's input in pixels: a side, or height x width such as 256x512.",
)
epochs = _number("--epochs", Training, "epochs", "Epochs of training. The epoch with the lowest inner loss is kept.")
batch_size = _number("--batch-size", Training, "batch_size", "Images per step.")
layers = click.option(
    "--layers",
    type=bounds(TuningAxis, "layers"),
    metavar="K",
    help="K of topK: how many layers with weights (or blocks) learn.",
)
resize = _choice(
    "--resize", Resize, "How an image gets the size of the network's input.", default=Training.resize, show_default=True
)
augmentation = _choice(
    "--augmentation", Augmentation, "How training images vary.", default=Training.augmentation, show_default=True
)
tuning = _choice("--tuning", TuningMode, "Which layers learn.", default="frozen", show_default=True)


def pixels(**settings: Any) -> Option:
    """Return the option ``--pixels`` with the ``default`` of a verb, or ``multiple``."""
    help = "Pixel convention, such as tf, caffe or zero_one."
    return click.option("--pixels", metavar="NAME", help=help, show_default=True, **settings)


def backbone(help: str = "Backbone, such as ResNet50.", **settings: Any) -> Option:
    """Return the option ``--backbone``: with a ``default``, or ``required``."""
    return click.option("--backbone", metavar="NAME", help=help, show_default=True, **settings)


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


def refuse(names: Collection[str], why: str) -> None:
    """Refuse the parameters ``names`` of the running verb if the user has set one.

    Raises:
        UsageError: one is set, on the command line or in the environment.
    """
    context = click.get_current_context()
    for parameter in context.command.params:
        if parameter.name in names and is_given(parameter.name):
            raise click.UsageError(f"{parameter.opts[0]} has no effect here: {why}", context)


def is_given(name: str) -> bool:
    """Tell whether the user has set the parameter ``name`` of the running verb."""
    source = click.get_current_context().get_parameter_source(name)
    return source not in (ParameterSource.DEFAULT, ParameterSource.DEFAULT_MAP)


def log(line: str) -> None:
    """Print a line for people on stderr, because stdout is data; a progress bar stays below it."""
    print(line, file=sys.stderr, flush=True)


def load_tensorflow(*, with_keras: bool = True) -> None:
    """Import TensorFlow and find its devices, without the lines that it prints on stderr; ``--debug`` shows them.

    TensorFlow logs these lines before it reads its own setting for silence. ``with_keras=False`` saves a second. An
    installed JAX, which only conversions of JAX models need, is not imported with it: that saves 110 MB.
    """
    if click.get_current_context().find_root().params.get("debug"):
        return
    sys.stderr.flush()
    kept = os.dup(2)
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 2)
    try:
        with _uncollected(), _without("jax", *(() if with_keras else ("keras",))):
            import tensorflow

        tensorflow.config.list_physical_devices()
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(silence)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Load modules in the block without garbage collection, and exempt what they hold from every later one.

    Modules stay to the end. Searching the million objects of TensorFlow takes a second while it is imported, a quarter
    of a second in each full collection, and another second when the process ends. Nothing happens if it is loaded.
    """
    if "tensorflow" in sys.modules:
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        gc.freeze()


@contextmanager
def _without(*names: str) -> Iterator[None]:
    """Let imports of these packages fail in the block, unless they are loaded; they can be imported later.

    TensorFlow continues without them. It imports Keras only to register its optimizers (its ``__init__.py``), and JAX
    only for conversions (``lite/python/util.py``), and expects that both may fail.
    """
    hidden = [name for name in names if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]
    try:
        yield
    finally:
        for name in hidden:
            del sys.modules[name]
