from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import radtl_tf
from radtl_tf.errors import DataError
from radtl_tf.library.data.dataset import Dataset


def dataset(number: int = 40) -> Dataset:
    rows = {"file": [f"images/{row}.png" for row in range(number)], "sick": [row % 2 for row in range(number)]}
    table = pd.DataFrame({**rows, "id": [f"p{row}" for row in range(number)]})
    return Dataset.from_frame(table, path="file", label="sick", positive=1, patient="id")


def save(folder: Path, values: np.ndarray, names: list[str]) -> Path:
    np.savez(folder / "features.npz", names=np.array(names), vectors=values)
    return folder / "features.npz"


def test_vectors_follow_the_data_set_and_its_subsets(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    data, values = dataset(), np.random.default_rng(1).standard_normal((40, 8)).astype(np.float32)
    shuffled = np.random.default_rng(2).permutation(40)
    file = save(tmp_path, values[shuffled], [f"images/{row}.png" for row in shuffled])
    np.testing.assert_array_equal(radtl_tf.read_embeddings(data, file), values)
    with caplog.at_level("INFO", "radtl_tf"):
        np.testing.assert_array_equal(radtl_tf.read_embeddings(data.subset([5, 2]), file), values[[5, 2]])
    assert [record.levelname for record in caplog.records] == ["INFO"] and "38 of 40" in caplog.text


def test_a_dimension_with_the_label_is_a_warning(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    data, values = dataset(), np.random.default_rng(1).standard_normal((40, 8)).astype(np.float32)
    values[:, 3] = data.y
    radtl_tf.read_embeddings(data, save(tmp_path, values, [f"{row}.png" for row in range(40)]))
    assert [record.levelname for record in caplog.records] == ["WARNING"] and "first is 3," in caplog.text


def test_faults_name_the_file_in_one_line(tmp_path: Path) -> None:
    file = save(tmp_path, np.full((40, 2), np.nan), [f"{row}.png" for row in range(40)])
    with pytest.raises(DataError, match=r"features\.npz: 40 vectors have NaN"):
        radtl_tf.read_embeddings(dataset(), file)
    with pytest.raises(DataError, match="takes a radtl_tf.Dataset, not list"):
        radtl_tf.read_embeddings([1, 2], file)  # type: ignore[arg-type]
