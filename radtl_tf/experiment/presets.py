"""Fill a preset experiment file with a user's manifest and columns."""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pandas as pd

from radtl_tf.data.manifest.guesses import MAX_CLASSES, affirmed_class, class_counts, num_differing
from radtl_tf.data.manifest.label_words import written_as
from radtl_tf.data.manifest.privacy import normal_id
from radtl_tf.data.manifest.reader import manifest_of, naming
from radtl_tf.data.manifest.rows import patient_ids, pattern_hint
from radtl_tf.errors import DataError, ExperimentError, nearest
from radtl_tf.logs import get_logger
from radtl_tf.places import shipped
from radtl_tf.records.experiment import Task, Unit
from radtl_tf.records.task_rules import check_task

MAX_LABELS = 6
_log = get_logger(__name__)
_TABLE = ("path_column", "suffix", "encoding")  # keys that say how the manifest is read


def filled_preset(preset: str, task: Task, *, folder: Path, infer: bool = False) -> str:
    """Return the text of an experiment file for ``task``, which has a manifest, to be saved in ``folder``.

    ``infer``: the kind of the task and its positive class were not given, so the labels decide, which is logged.

    Raises:
        DataError: a column is missing, or a binary task names no positive class.
        ExperimentError: the keys about the labels contradict each other, or the preset is for another kind of task.
    """
    task = completed(task, infer=infer)
    text = _asked(preset, (shipped("experiments") / f"{preset}.toml").read_text(encoding="utf-8"), task)
    lines = task_lines(task, folder)
    return re.sub(r"^\[task\]\n(\w+ = .*\n)+", lambda _: f"[task]\n{lines}", text, count=1, flags=re.M)


def task_lines(task: Task, folder: Path) -> str:
    """Return the lines of the section ``[task]`` of an experiment file in ``folder``."""
    return "".join(f"{key} = {toml(value)}\n" for key, value in _keys(task, folder).items() if value)


def completed(task: Task, *, infer: bool = False) -> Task:
    """Return ``task``, which has a manifest, with its encoding and its unit, checked against the table.

    ``infer``: the kind and the positive class were not given, so the labels decide, which is logged.

    Raises:
        DataError, ExperimentError: as ``filled_preset``.
    """
    manifest = cast(Path, task.manifest)
    read = manifest_of(task)
    table, task = read.table, replace(task, encoding=task.encoding or read.encoding)
    labels = (task.label,) if isinstance(task.label, str) else task.label
    for column in (*labels, *filter(None, [task.patient])):
        if column not in table.columns:
            hint = pattern_hint(read) if column == task.patient else ""
            raise DataError(f"{manifest} has no column {column!r}{nearest(column, table.columns)}{hint}.")
    if infer and task.kind == "binary" and not task.positive and len(labels) == 1:
        task = _inferred(task, table[labels[0]])
    if task.kind == "binary" and len(labels) == 1:
        _check_positive(task.positive, table[labels[0]], labels[0], task.label_separator)
    check_task(task)
    with naming(read):
        patients = patient_ids(read, task.patient, task.patient_pattern)
    if task.unit is None and patients is not None:
        task = replace(task, unit=_unit(table[list(labels)], [normal_id(one) for one in patients]))
    return task


def _asked(preset: str, text: str, task: Task) -> str:
    """Return the preset with the metric of the task: a regression gets the MAE, and a margin that the user must write.

    Raises:
        ExperimentError: the preset is about a number, but the task is not.
    """
    is_number = 'metric = "mae"' in text
    if is_number and task.kind != "regression":
        raise ExperimentError(
            f"The preset {preset!r} is for a regression; this task is {task.kind}. Name the unit of the label, or "
            "choose "
            "another preset."
        )
    if is_number or task.kind != "regression":
        return text
    todo = f"# margin =       # write the largest difference in {task.label_unit} that does not matter"
    return re.sub(r"^margin = .*$", todo, text.replace('metric = "auroc"', 'metric = "mae"'), count=1, flags=re.M)


def _inferred(task: Task, cells: Iterable[str]) -> Task:
    """Return the task with the kind that its labels make, or with the one of two classes that does not say no."""
    counts = class_counts(cells, task.label_separator)
    if task.label_separator:
        _log.info(f"The task is multilabel: {len(counts)} labels.")
        return replace(task, kind="multilabel")
    if 2 < len(counts) <= MAX_CLASSES:
        _log.info(f"The task is multiclass: {len(counts)} classes.")
        return replace(task, kind="multiclass")
    positive = affirmed_class(counts)
    if positive is not None:
        _log.info(f"The positive class is {positive!r}.")
    return replace(task, positive=positive)


def _unit(cells: pd.DataFrame, patients: Sequence[str]) -> Unit | None:
    """Return what counts as a case if patients have several images, or ``None`` if each has one."""
    if len(set(patients)) == len(patients):
        return None
    several = sum(number > 1 for number in Counter(patients).values())
    differing = num_differing(cells, patients)
    unit: Unit = "image" if differing else "patient"
    _log.info(f"{several} patients have several images, {differing} with different labels: unit = '{unit}'.")
    return unit


def _keys(task: Task, folder: Path) -> dict[str, Any]:
    """Return the keys of the section ``[task]`` of a file in ``folder``, in the order of the presets."""
    order = (
        "manifest",
        "dataset",
        "kind",
        "label",
        "label_unit",
        "label_separator",
        "classes",
        "positive",
        "images",
        "patient",
        "patient_pattern",
    )
    values = {key: getattr(task, key) for key in (*order, *_TABLE, "one_image_per_patient", "unit", "depth", "columns")}
    said = {key: getattr(task, key) for key in ("missing", "uncertain")}
    values |= {key: value for key, value in said.items() if value != getattr(Task, key)}
    for key in ("manifest", "images"):
        if values[key]:
            values[key] = Path(os.path.relpath(values[key].resolve(), folder.resolve())).as_posix()
    return values


def toml(value: Any) -> str:
    """Return text, a truth value, a list or a table of texts as TOML writes it on one line.

    >>> toml(["a", "b"])
    '["a", "b"]'
    """
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{name} = {toml(text)}" for name, text in value.items()) + " }"
    return json.dumps(value, ensure_ascii=False)


def _check_positive(positive: str | None, cells: Iterable[str], label: str, separator: str | None) -> None:
    """Refuse a positive class that no image has."""
    found = sorted(class_counts(cells, separator))
    if positive is not None and written_as(positive, found):
        return
    if len(found) > MAX_LABELS:  # perhaps a column of names, which must not be shown
        raise DataError(
            f"The column {label!r} has {len(found)} different values: choose another label column, or set the kind."
        )
    came = "No positive class is given" if positive is None else f"No image has the positive class {positive!r}"
    raise DataError(f"{came}: choose one of {', '.join(found)}, or another kind, multiclass or multilabel.")
