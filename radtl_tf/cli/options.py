"""Options and helpers that several verbs share."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from radtl_tf.records.experiment import Task

FILE = click.Path(path_type=Path, dir_okay=False)
FOLDER = click.Path(path_type=Path, file_okay=False)
ANY_PATH = click.Path(path_type=Path)

out_folder = click.option("--out", type=FOLDER, required=True, help="Output folder; call again with it to resume.")
as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON for a machine to read.")


_TASK_OPTIONS = (
    click.option(
        "--label", "labels", multiple=True, help="Column of the label (default: label); several for multilabel."
    ),
    click.option("--label-separator", help="What divides several labels in one cell, such as '|'."),
    click.option("--positive", help="Label of the positive class: the task is binary."),
    click.option("--kind", type=click.Choice(["binary", "multiclass", "multilabel"]), help="Default: binary."),
    click.option("--class", "classes", multiple=True, help="One of the classes of a multilabel task; default: all."),
    click.option("--patient", help="Column of the patient id."),
    click.option(
        "--one-image-per-patient", is_flag=True, help="No patient column: each image is a patient of its own."
    ),
    click.option("--unit", type=click.Choice(["patient", "image"]), help="What counts as one case."),
    click.option("--images", type=FOLDER, help="Image root; default: the manifest's folder."),
)


def task_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a verb the options that say what a manifest's columns mean; ``task_of`` reads them, but for ``images``."""
    for option in reversed(_TASK_OPTIONS):
        command = option(command)
    return command


def task_of(manifest: Path, options: dict[str, Any]) -> Task:
    """Return the Task that the options of ``task_options`` describe.

    Raises:
        UsageError: a binary task without its positive class.
        ExperimentError: the options contradict each other.
    """
    from radtl_tf.records.experiment import Task
    from radtl_tf.records.reader import check_task

    labels: tuple[str, ...] = options.pop("labels")
    kind: Any = options.pop("kind") or "binary"
    if kind == "binary" and not options["positive"]:
        raise click.UsageError("a manifest needs --positive, the label of the positive class, or another --kind.")
    label = labels[0] if len(labels) == 1 else labels or "label"
    task = Task(manifest=manifest, label=label, kind=kind, **options)
    check_task(task)
    return task


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
