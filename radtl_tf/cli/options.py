"""Options and helpers that several verbs share.

Each option is declared once. Defaults, ranges and choices come from the records.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any, get_args, get_type_hints

import click
from click.core import ParameterSource

from radtl_tf.records.experiment import (
    Augmentation,
    Experiment,
    FoldPlan,
    Resize,
    Training,
    TuningAxis,
    TuningMode,
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


def choice(flag: str, values: Any, help: str, **settings: Any) -> Option:
    """Return an option for one of the words of a ``Literal``."""
    return click.option(flag, type=click.Choice(get_args(values)), help=help, **settings)


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
resize = choice(
    "--resize", Resize, "How an image gets the size of the network's input.", default=Training.resize, show_default=True
)
augmentation = choice(
    "--augmentation", Augmentation, "How training images vary.", default=Training.augmentation, show_default=True
)
tuning = choice("--tuning", TuningMode, "Which layers learn.", default="frozen", show_default=True)


def pixels(**settings: Any) -> Option:
    """Return the option ``--pixels`` with the ``default`` of a verb, or ``multiple``."""
    help = "Pixel convention, such as tf, caffe or zero_one."
    return click.option("--pixels", metavar="NAME", help=help, show_default=True, **settings)


def backbone(help: str = "Backbone, such as ResNet50.", **settings: Any) -> Option:
    """Return the option ``--backbone``: with a ``default``, or ``required``."""
    return click.option("--backbone", metavar="NAME", help=help, show_default=True, **settings)


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
