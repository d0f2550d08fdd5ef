"""Fill a preset experiment file with a user's manifest and columns."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from radtl_tf.data.manifest.reader import read_manifest
from radtl_tf.errors import DataError, nearest
from radtl_tf.places import shipped
from radtl_tf.records.experiment import Kind, Task
from radtl_tf.records.reader import check_task

MAX_LABELS = 6


def filled_preset(
    preset: str,
    *,
    folder: Path,
    manifest: Path,
    label: str,
    positive: str | None,
    patient: str,
    unit: str | None,
    kind: Kind = "binary",
    label_separator: str | None = None,
    classes: Sequence[str] = (),
) -> str:
    """Return the text of an experiment file for ``manifest``, to be saved in ``folder``.

    Raises:
        DataError: a column is not there, or the positive class of a binary task is not named.
        ExperimentError: what is said of the labels contradicts itself.
    """
    table = read_manifest(manifest).table
    for column in (label, patient):
        if column not in table.columns:
            raise DataError(f"{manifest} has no column {column!r}{nearest(column, table.columns)}.")
    if kind == "binary":
        _check_positive(positive, table[label], label, label_separator)
    values = {"label": label, "label_separator": label_separator, "classes": list(classes), "positive": positive}
    values |= {"patient": patient, "unit": unit, "kind": kind}
    check_task(Task(**{**values, "classes": tuple(classes), "manifest": manifest}))  # type: ignore[arg-type]
    values["manifest"] = Path(os.path.relpath(manifest.resolve(), folder.resolve())).as_posix()
    text = (shipped("experiments") / f"{preset}.toml").read_text(encoding="utf-8")
    order = ("manifest", "kind", "label", "label_separator", "classes", "positive", "patient", "unit")
    lines = "".join(f"{key} = {json.dumps(values[key])}\n" for key in order if values[key])
    return re.sub(r"^\[task\]\n(\w+ = .*\n)+", lambda _: f"[task]\n{lines}", text, count=1, flags=re.M)


def _check_positive(positive: str | None, cells: Iterable[str], label: str, separator: str | None) -> None:
    """Refuse a positive class that no image has."""
    found = sorted({name.strip() for cell in cells for name in (cell.split(separator) if separator else [cell])})
    if positive in found:
        return
    if len(found) > MAX_LABELS:  # perhaps a column of names: not to be shown
        raise DataError(f"The column {label!r} has {len(found)} different values: name another label column.")
    came = "is not given" if positive is None else f"{positive!r} is no label"
    raise DataError(
        f"The positive class {came}: name one of {', '.join(found)}, or another kind, multiclass or multilabel."
    )
