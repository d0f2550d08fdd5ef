"""The cost of reading a table of 100,000 rows and finding its images, and of reading 20,000 embeddings.

    python benchmarks/tables.py [--embeddings]

The table is compared with pandas on the same table: pandas reads the cells; "pandas and os.stat" also looks at every
file, as radtl must. It is published as CPU time and as ratios. Vectors are read from each kind of file, matched with
the images and checked, in seconds of the clock. ``--embeddings`` measures these only.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from _shared import machine, publish

from radtl_tf.data.embeddings.checked import read_checked
from radtl_tf.data.embeddings.file import SUFFIXES
from radtl_tf.data.embeddings.matching import ImageNames
from radtl_tf.data.manifest.reader import read_manifest
from radtl_tf.data.tables.table import read_table

ROWS, TRIES = 100_000, 3
VECTORS, WIDTH = 20_000, 1_024
LABELS = {"plain": ("well", "sick"), "cp932": ("なし", "あり")}


def main() -> None:
    """Publish both tables, or only the one of the embeddings."""
    if "--embeddings" not in sys.argv:
        _tables()
    _embeddings()


def _embeddings() -> None:
    """Write random vectors in each kind of file, and time what an experiment does with it."""
    names = [f"images/{number:06}.png" for number in range(VECTORS)]
    values = np.random.default_rng(0).normal(size=(VECTORS, WIDTH)).astype(np.float32)
    images, labels = ImageNames(names, list(range(VECTORS)), has_all_rows=True), np.arange(VECTORS) % 2
    lines = [machine(), f"{VECTORS} vectors of {WIDTH} numbers{'MB':>8}{'read and checked':>20}"]
    with tempfile.TemporaryDirectory() as folder:
        for suffix in SUFFIXES:
            path = Path(folder) / f"features{suffix}"
            _write_vectors(path, names, values)
            start = time.monotonic()
            found = read_checked(path, images, "binary", labels)
            seconds = time.monotonic() - start
            if not np.allclose(found.values, values, rtol=1e-5):
                raise SystemExit(f"{suffix}: other vectors than were written")
            lines.append(f"{suffix:<29}{path.stat().st_size / 1e6:>8.0f}{seconds:>18.2f} s")
    publish("embeddings", "\n".join(lines))


def _write_vectors(path: Path, names: list[str], values: np.ndarray) -> None:
    if path.suffix == ".npz":
        np.savez(path, names=names, vectors=values)
        return
    frame = pd.DataFrame(values, columns=[f"f{number}" for number in range(WIDTH)])
    frame.insert(0, "path", names)
    frame.to_parquet(path) if path.suffix == ".parquet" else frame.to_csv(path, index=False, float_format="%.7g")


def _tables() -> None:
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
