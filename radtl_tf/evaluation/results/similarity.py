"""Read the similarity of a backbone's activations before and after fine-tuning, and between two weights."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from radtl_tf.errors import DataError, nearest
from radtl_tf.records.folder import OutputFolder

COLUMNS = ("kind", "backbone", "pixels", "weights", "weights_b", "tuning", "layer", "depth", "cka", "images")
FINE_TUNING = "fine-tuning"  # kind of a row: the same weights before and after
SOURCES = "sources"  # kind of a row: two weights, both before fine-tuning


def read_similarity(folder: Path) -> pd.DataFrame:
    """Return ``similarity.csv`` of an output folder; no rows if it was not measured.

    ``depth`` is 0 at the image and 1 at the features, ``cka`` at most 1 except for the estimate's noise, or ``nan``.

    Raises:
        DataError: the file is damaged.
    """
    path = OutputFolder(folder).similarity
    if not path.exists():
        return pd.DataFrame(columns=list(COLUMNS))
    try:
        absent = dict.fromkeys(COLUMNS[7:], ["", "nan"])
        text = dict.fromkeys(COLUMNS[:7], str)
        table = pd.read_csv(path, dtype=text, keep_default_na=False, na_values=absent, encoding="utf-8")
        missing = [name for name in COLUMNS if name not in table]
        if missing:
            raise DataError(f"{path}: has no column {missing[0]!r}{nearest(missing[0], table.columns)}. {_ADVICE}")
        numbers = table[list(absent)].astype(float)
    except ValueError as error:  # pandas' parser errors are ValueErrors
        raise DataError(f"{path}: not a table of similarities. {_ADVICE}") from error
    names = {name: table[name].str.replace(r"^'(?=[=+\-@])", "", regex=True) for name in ("weights", "weights_b")}
    return table.assign(**names, **numbers)[list(COLUMNS)]


_ADVICE = "Delete the file and run the experiment again to measure the similarities."
