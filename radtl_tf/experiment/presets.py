"""Fill a preset experiment file with a user's manifest and columns."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, cast

from radtl_tf.data.manifest.reader import read_manifest
from radtl_tf.errors import DataError, nearest
from radtl_tf.places import shipped
from radtl_tf.records.experiment import Task
from radtl_tf.records.reader import check_task

MAX_LABELS = 6


def filled_preset(preset: str, task: Task, *, folder: Path) -> str:
    """Return the text of an experiment file for ``task``, which has a manifest, to be saved in ``folder``.

    Raises:
        DataError: a column is missing, or a binary task names no positive class.
        ExperimentError: the keys about the labels contradict each other.
    """
    manifest = cast(Path, task.manifest)
    table = read_manifest(manifest, task.images).table
    labels = (task.label,) if isinstance(task.label, str) else task.label
    for column in (*labels, *filter(None, [task.patient])):
        if column not in table.columns:
            raise DataError(f"{manifest} has no column {column!r}{nearest(column, table.columns)}.")
    if task.kind == "binary" and len(labels) == 1:
        _check_positive(task.positive, table[labels[0]], labels[0], task.label_separator)
    check_task(task)
    text = (shipped("experiments") / f"{preset}.toml").read_text(encoding="utf-8")
    lines = "".join(f"{key} = {_toml(value)}\n" for key, value in _keys(task, folder).items() if value)
    return re.sub(r"^\[task\]\n(\w+ = .*\n)+", lambda _: f"[task]\n{lines}", text, count=1, flags=re.M)


def _keys(task: Task, folder: Path) -> dict[str, Any]:
    """Return the keys of the section ``[task]`` of a file in ``folder``, in the order of the presets."""
    order = ("manifest", "kind", "label", "label_separator", "classes", "positive", "images", "patient")
    values = {key: getattr(task, key) for key in (*order, "one_image_per_patient", "unit", "depth", "columns")}
    for key in ("manifest", "images"):
        if values[key]:
            values[key] = Path(os.path.relpath(values[key].resolve(), folder.resolve())).as_posix()
    return values


def _toml(value: Any) -> str:
    """Return text, a truth value, a list or a table of texts as TOML writes it on one line."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{name} = {json.dumps(text)}" for name, text in value.items()) + " }"
    return json.dumps(value)


def _check_positive(positive: str | None, cells: Iterable[str], label: str, separator: str | None) -> None:
    """Refuse a positive class that no image has."""
    found = sorted({name.strip() for cell in cells for name in (cell.split(separator) if separator else [cell])})
    if positive in found:
        return
    if len(found) > MAX_LABELS:  # perhaps patients' names: do not print them
        raise DataError(
            f"The column {label!r} has {len(found)} values, more than {MAX_LABELS}: name another label column."
        )
    came = "is not given" if positive is None else f"{positive!r} is not among the labels"
    raise DataError(
        f"The positive class {came}: name one of {', '.join(found)}, or another kind, multiclass or multilabel."
    )
