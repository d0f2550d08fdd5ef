"""Embeddings are the features of a frozen run: the same numbers, from the same entries of the cache."""

from __future__ import annotations

import shutil
from pathlib import Path

import keras
import numpy as np
import pytest

from radtl_tf.errors import DataError, ExperimentError, WeightsError
from radtl_tf.library.data.dataset import Dataset
from radtl_tf.library.embeddings import pooled_features
from radtl_tf.records.disk import read_json
from radtl_tf.training.features.prefix_features import FeatureStore


def entries(folder: Path) -> dict[str, Path]:
    """Return the entries of the plain view of pooled features by their weights."""
    keys = {place: read_json(place) for place in folder.glob("*/key.json")}
    return {
        key["weights"]: place.parent
        for place, key in keys.items()
        if key.get("cut") == "frozen" and not key["rendering"]
    }


def test_after_a_run_nothing_is_computed(
    finished_once: Path, tiny_backbone: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(finished_once / "out" / "features", tmp_path / "features")
    monkeypatch.setenv("RADTL_CACHE", str(tmp_path / "features"))
    data = Dataset.from_csv(finished_once / "labels.csv", positive="sick", patient="patient_id")
    computed: list[int] = []
    monkeypatch.setattr(FeatureStore, "_computed", lambda *arguments: computed.append(1))
    known = entries(tmp_path / "features")
    assert len(known) == 2
    for weights, pixels in ((finished_once / "tiny.h5", "tf"), ("random", None)):
        features = pooled_features(data, tiny_backbone, weights, pixels, 32, "pad", 726)
        kept = [np.load(place / "00.npy") for place in known.values()]
        assert features.shape == (60, 12) and features.dtype == np.float32
        assert sum(np.array_equal(features, array) for array in kept) == 1
    assert not computed
    assert entries(tmp_path / "features") == known


def test_rows_are_those_of_the_data_set(data: Dataset, tiny_backbone: str) -> None:
    whole = pooled_features(data, tiny_backbone, "random", None, 32, "pad", 726)
    part = pooled_features(data.subset([9, 2]), tiny_backbone, "random", None, 32, "pad", 726)
    np.testing.assert_allclose(part, whole[[9, 2]], rtol=0, atol=1e-4)
    assert not np.allclose(whole, pooled_features(data, tiny_backbone, "random", None, 32, "pad", 1))


def test_the_precision_of_the_session_is_left_alone(data: Dataset, tiny_backbone: str) -> None:
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        pooled_features(data, tiny_backbone, "random", None, 32, "pad", 726)
        assert keras.config.dtype_policy().name == "mixed_bfloat16"
    finally:
        keras.config.set_dtype_policy(before)


def test_wrong_arguments_are_refused(data: Dataset, tiny_backbone: str) -> None:
    with pytest.raises(DataError):
        pooled_features(np.zeros((2, 32, 32, 1)), tiny_backbone, "random", None, 32, "pad", 726)  # type: ignore[arg-type]
    with pytest.raises(ExperimentError):
        pooled_features(data, "Tinny", "random", None, 32, "pad", 726)
    with pytest.raises(ExperimentError):
        pooled_features(data, tiny_backbone, "random", None, 8, "pad", 726)
    with pytest.raises(WeightsError):
        pooled_features(data, tiny_backbone, "lost.h5", "tf", 32, "pad", 726)
