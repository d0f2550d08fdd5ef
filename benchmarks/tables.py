"""The cost of reading a table of 100,000 rows and finding its images, compared with pandas on the same table.

    python benchmarks/tables.py

pandas reads the cells; "pandas and os.stat" also looks at every file, as radtl must. The table is published as CPU time
and as ratios.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pandas as pd
from _shared import machine, publish

from radtl_tf.data.manifest.reader import read_manifest
from radtl_tf.data.tables.table import read_table

ROWS, TRIES = 100_000, 3
LABELS = {"plain": ("well", "sick"), "cp932": ("なし", "あり")}


def main() -> None:
    """Write the tables and their (empty) images, time all readers and publish the result."""
    lines = [machine(), f"{ROWS} rows of 5 columns{'':<8}pandas  pandas, os.stat  cells  cells and images   ratio"]
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "images").mkdir()
        for number in range(ROWS):
            (root / "images" / f"{number:06}.png").touch()
        for name, labels in LABELS.items():
            lines.append(_row(name, _written(root, name, labels)))
    publish("tables", "\n".join(lines))


def _written(root: Path, name: str, labels: tuple[str, str]) -> Path:
    path = root / f"{name}.csv"
    rows = (f"images/{number:06}.png,{labels[number % 2]},P-{number // 2},{number % 90},film" for number in range(ROWS))
    text = "\n".join(["path,label,patient_id,age,note", *rows])
    path.write_text(text + "\n", encoding="utf-8" if name == "plain" else name)
    return path


def _row(name: str, path: Path) -> str:
    encoding = "utf-8" if name == "plain" else name

    def read() -> pd.DataFrame:
        return pd.read_csv(path, dtype=str, keep_default_na=False, encoding=encoding)

    def read_and_look() -> None:
        for cell in read()["path"]:
            os.stat(path.parent / cell)

    seconds = [_seconds(one) for one in (read, read_and_look, lambda: read_table(path), lambda: read_manifest(path))]
    plain, looking, cells, everything = seconds
    return (
        f"{name:<28}{plain:>5.2f} s{looking:>14.2f} s{cells:>6.2f} s{everything:>16.2f} s{everything / looking:>8.1f}"
    )


def _seconds(read: Callable[[], object]) -> float:
    """Return the least CPU time of some tries."""
    tries = []
    for _ in range(TRIES):
        start = time.process_time()
        read()
        tries.append(time.process_time() - start)
    return min(tries)


if __name__ == "__main__":
    main()
