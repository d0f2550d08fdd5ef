from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from radtl_tf.data.embeddings.file import read_vectors
from radtl_tf.errors import DataError

NAMES = ["a/1.png", "a/2.png", "b/3.png"]
VALUES = np.arange(6, dtype=np.float32).reshape(3, 2) / 4


def frame() -> pd.DataFrame:
    return pd.DataFrame({"path": NAMES, "f0": VALUES[:, 0], "f1": VALUES[:, 1]})


def written(folder: Path, kind: str) -> Path:
    file = folder / f"features.{kind.split()[-1]}"
    if kind == "npz":
        np.savez(file, vectors=VALUES, names=np.array(NAMES))
    elif kind == "bytes npz":
        np.savez(file, np.array(NAMES, dtype="S"), VALUES.astype(np.float64))
    elif kind == "csv":
        frame().to_csv(file, index=False)
    else:
        pytest.importorskip("pyarrow")
        lists = pd.DataFrame({"path": NAMES, "vector": list(VALUES)})
        (lists if kind == "lists parquet" else frame()).to_parquet(file)
    return file


@pytest.mark.parametrize("kind", ["npz", "bytes npz", "csv", "parquet", "lists parquet"])
def test_every_form_gives_names_and_float32(tmp_path: Path, kind: str) -> None:
    vectors = read_vectors(written(tmp_path, kind))
    assert vectors.names == tuple(NAMES)
    assert vectors.values.dtype == np.float32
    np.testing.assert_array_equal(vectors.values, VALUES)


def test_numbers_of_rows_are_names_too(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", rows=np.array([2, 0, 1]), vectors=VALUES)
    assert read_vectors(tmp_path / "a.npz").names == ("2", "0", "1")
    (tmp_path / "a.csv").write_text("row,f0\n007,0.5\n")
    assert read_vectors(tmp_path / "a.csv").names == ("007",)  # a name stays as it is written


ARRAYS: dict[str, dict[str, np.ndarray]] = {
    "objects npz": {"names": np.array(NAMES, dtype=object), "vectors": VALUES},
    "lone npz": {"vectors": VALUES},
    "short npz": {"names": np.array(NAMES[:2]), "vectors": VALUES},
    "flat npz": {"names": np.array(NAMES), "vectors": VALUES[:, 0]},
}
TEXTS = {"words csv": "path,f0\na,much\n", "lone csv": "path\na\n"}


def unreadable(folder: Path, kind: str) -> Path:
    file = folder / f"a.{kind.split()[-1]}"
    if kind in ARRAYS:
        np.savez(file, **ARRAYS[kind])
    elif kind == "ragged parquet":
        pytest.importorskip("pyarrow")
        pd.DataFrame({"path": NAMES, "vector": [[1.0], [1.0, 2.0], [3.0]]}).to_parquet(file)
    elif kind != "missing npz":
        file.write_text(TEXTS.get(kind, "damaged"))
    return file


@pytest.mark.parametrize(
    "kind",
    [
        *("objects npz", "lone npz", "short npz", "flat npz", "missing npz", "damaged npz"),
        *("ragged parquet", "damaged parquet", "words csv", "lone csv", "damaged pt"),
    ],
)
def test_other_files_are_one_line(tmp_path: Path, kind: str) -> None:
    with pytest.raises(DataError, match=r"Embeddings .*a\.\w+: ") as caught:
        read_vectors(unreadable(tmp_path, kind))
    assert "\n" not in str(caught.value)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["npz", "parquet"])
def test_20_000_vectors_are_read_in_two_seconds(tmp_path: Path, kind: str) -> None:
    names, values = np.arange(20_000).astype(str), np.random.default_rng(1).random((20_000, 1024), np.float32)
    file = tmp_path / f"a.{kind}"
    if kind == "npz":
        np.savez(file, names=names, vectors=values)
    else:
        pytest.importorskip("pyarrow")
        pd.DataFrame({"name": names, "vector": list(values)}).to_parquet(file)
    start = time.process_time()
    vectors = read_vectors(file)
    assert time.process_time() - start < 2  # of the processor, which others do not slow down
    assert vectors.values.shape == (20_000, 1024)
