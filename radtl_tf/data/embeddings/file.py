"""Read a file of embeddings: a name and a vector per image, as NumPy (.npz), Parquet or CSV."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from radtl_tf.errors import DataError

SUFFIXES = (".npz", ".parquet", ".csv")


@dataclass(frozen=True)
class Vectors:
    """M names, each the path or the number of an image, and their vectors ``values``, (M, C) float32."""

    names: tuple[str, ...]
    values: NDArray[np.float32]


def read_vectors(path: Path) -> Vectors:
    """Read a file of embeddings.

    - ``.npz``: one array of M names (text or whole numbers) and one of (M, C) floats, under any keys.
    - ``.parquet``: a first column of names, and either one column of lists or C columns of numbers.
    - ``.csv``: a header; a first column of names, then C columns of numbers.

    Raises:
        DataError: the file is missing, damaged, or of another form.
    """
    readers = {".npz": _numpy, ".parquet": _parquet, ".csv": _csv}
    if path.suffix.lower() not in readers:
        raise _refused(path, f"its name ends in {path.suffix or 'nothing'!r}; expected {', '.join(SUFFIXES)}")
    if not path.is_file():
        raise _refused(path, "it does not exist. Correct the path")
    try:
        names, values = readers[path.suffix.lower()](path)
    except DataError as error:
        raise _refused(path, str(error)) from None
    except (OSError, ValueError, EOFError, zipfile.BadZipFile, UnicodeError) as error:
        raise _refused(path, f"it is damaged or of another form ({type(error).__name__})") from None
    if values.ndim != 2 or not len(names) or len(names) != len(values):
        raise _refused(
            path, f"it has {len(names)} names and vectors of shape {values.shape}; expected (names, numbers)"
        )
    return Vectors(names, values)


def _refused(path: Path, why: str) -> DataError:
    return DataError(f"Embeddings {path}: {why}.")


def _numpy(path: Path) -> tuple[tuple[str, ...], NDArray[np.float32]]:
    with np.load(path, allow_pickle=False) as arrays:
        found = [arrays[key] for key in arrays.files]
    vectors = [array for array in found if array.ndim == 2 and array.dtype.kind == "f"]
    names = [array for array in found if array.ndim == 1 and array.dtype.kind in "USiu"]
    if len(vectors) != 1 or len(names) != 1:
        raise DataError(
            f"it has {len(names)} arrays of names (text or whole numbers) and {len(vectors)} of vectors (floats, two "
            "axes); expected one of each, as np.savez(file, names=..., vectors=...) writes them"
        )
    texts = np.char.decode(names[0], "utf-8") if names[0].dtype.kind == "S" else names[0].astype(str)
    return tuple(texts.tolist()), _float32(vectors[0])


def _parquet(path: Path) -> tuple[tuple[str, ...], NDArray[np.float32]]:
    try:
        frame = pd.read_parquet(path)
    except ImportError:
        raise DataError('Parquet needs pyarrow: pip install "radtl_tf[parquet]"') from None
    if not isinstance(frame.index, pd.RangeIndex):
        frame = frame.reset_index()
    names, rest = _names(frame), frame.iloc[:, 1:]
    if rest.shape[1] != 1 or not pd.api.types.is_object_dtype(rest.dtypes.iloc[0]):
        return names, _columns(rest)
    lengths = {len(vector) for vector in rest.iloc[:, 0]}
    if len(lengths) > 1:
        raise DataError(f"its vectors have different lengths, from {min(lengths)} to {max(lengths)}")
    return names, _float32(np.stack(rest.iloc[:, 0].to_list()))


def _csv(path: Path) -> tuple[tuple[str, ...], NDArray[np.float32]]:
    frame = pd.read_csv(path, dtype={0: str}, encoding="utf-8")
    return _names(frame), _columns(frame.iloc[:, 1:])


def _names(frame: pd.DataFrame) -> tuple[str, ...]:
    return tuple(frame.iloc[:, 0].astype(str))


def _columns(frame: pd.DataFrame) -> NDArray[np.float32]:
    wrong = [name for name, kind in frame.dtypes.items() if not pd.api.types.is_numeric_dtype(kind)]
    if wrong or not frame.shape[1]:
        raise DataError(
            f"{len(wrong)} of {frame.shape[1]} columns after the first hold no numbers; expected numbers only"
        )
    return _float32(frame.to_numpy())


def _float32(values: NDArray[Any]) -> NDArray[np.float32]:
    with np.errstate(over="ignore"):  # too large for float32: infinite, which is refused later
        return values.astype(np.float32, copy=False)
