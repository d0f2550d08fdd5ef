"""Fill a preset experiment file with a user's manifest and columns."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

from radtl_tf.data.manifest import read_manifest
from radtl_tf.errors import DataError, nearest
from radtl_tf.places import shipped

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
) -> str:
    """Return the text of an experiment file for ``manifest``, to be saved in ``folder``.

    Raises:
        DataError: a column is not there, or the positive class is not named.
    """
    table = read_manifest(manifest).table
    for column in (label, patient):
        if column not in table.columns:
            raise DataError(f"{manifest} has no column {column!r}{nearest(column, table.columns)}.")
    labels = sorted(set(table[label]))
    if positive not in labels:
        if len(labels) > MAX_LABELS:  # perhaps a column of names: not to be shown
            raise DataError(f"The column {label!r} has {len(labels)} different values: choose the label with --label.")
        came = "is not given" if positive is None else f"{positive!r} is no label"
        raise DataError(f"The positive class {came}: use --positive with one of {', '.join(labels)}.")
    values = {"label": label, "positive": positive, "patient": patient}
    values["manifest"] = Path(os.path.relpath(manifest.resolve(), folder.resolve())).as_posix()
    text = (shipped("experiments") / f"{preset}.toml").read_text(encoding="utf-8")
    for key, value in values.items():
        line = f"{key} = {json.dumps(value)}"
        text = re.sub(rf"^{key} = .*$", line.replace("\\", r"\\"), text, count=1, flags=re.M)
    return text if unit is None else re.sub(r"^(patient = .*)$", rf'\1\nunit = "{unit}"', text, count=1, flags=re.M)
