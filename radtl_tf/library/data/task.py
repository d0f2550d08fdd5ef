"""Turn the arguments of ``Dataset``, which say what a table's columns mean, into a checked Task."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from radtl_tf.data.manifest.cases import Cases
from radtl_tf.errors import DataError
from radtl_tf.records.experiment import Task
from radtl_tf.records.reader import normal_task, record_from
from radtl_tf.records.task_rules import check_task

_NOT_TEXT = ("one_image_per_patient", "depth")  # all other values are the words of a table


def task_from(source: dict[str, Path | str], **given: Any) -> Task:
    """Return the task that the arguments of a ``Dataset`` describe; ``None`` and empty arguments are ignored.

    ``source`` is the key ``manifest`` or ``dataset`` of a task. Without ``kind``, the task is binary if a positive
    class is given, a regression if a unit of the label is given, multilabel if images can have several labels, else
    multiclass.

    Raises:
        ExperimentError: a value is unknown, or two values contradict each other.
    """
    given = {key: value for key, value in given.items() if value is not None}
    said = {key: value if key in _NOT_TEXT else _plain(value) for key, value in given.items()}
    said.setdefault("kind", _kind(said))
    task = normal_task(record_from({**said, **source}, Task))
    check_task(task)
    return task


def without_source(task: Task) -> Task:
    """Return the task of a data set that an experiment file cannot name: one in memory, or a part of another."""
    return replace(task, manifest=None, dataset=None, images=None, path_column=None, suffix=None, encoding=None)


def check_kind_said(task: Task, cases: Cases, kind: str | None) -> None:
    """Refuse to guess which of two classes is positive.

    Raises:
        DataError: there are two classes, and neither ``positive`` nor ``kind`` is given.
    """
    if kind is None and task.kind == "multiclass" and len(cases.classes) == 2:
        raise DataError(
            f"the label {task.label!r} has 2 classes, {' and '.join(map(repr, cases.classes))}: name the positive one "
            "(positive=...), or set kind='multiclass'."
        )


def _kind(said: dict[str, Any]) -> str:
    if "positive" in said:
        return "binary"
    if "label_unit" in said:
        return "regression"
    several = "label_separator" in said or not isinstance(said.get("label", ""), str)
    return "multilabel" if several else "multiclass"


def _plain(value: Any) -> Any:
    """Return names as text, like the cells of a CSV file; a class may be the number 1."""
    if isinstance(value, (str, Path)):
        return value
    if isinstance(value, Mapping):
        return {str(key): str(name) for key, name in value.items()}
    return tuple(map(str, value)) if isinstance(value, Iterable) else str(value)
