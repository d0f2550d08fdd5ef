"""Features are computed once, and labels become targets."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from radtl_tf.errors import DataError, ExperimentError
from radtl_tf.library.data.dataset import Dataset
from radtl_tf.library.embeddings import pooled_features
from radtl_tf.library.screen.ranked import labels_of
from radtl_tf.library.screen.screen import screen
from radtl_tf.training.features.prefix_features import FeatureStore


def test_a_second_screen_and_an_experiment_compute_nothing(
    data: Dataset, weights_file: Path, tiny_backbone: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = [weights_file, "random"]
    first = screen(data, asked, [tiny_backbone], "tf", image_size=32)
    monkeypatch.setattr(FeatureStore, "_computed", lambda *arguments: pytest.fail("features are computed again"))
    monkeypatch.setattr("radtl_tf.library.embeddings.build_base", lambda *arguments, **_: pytest.fail("a network"))
    again = screen(data, asked, [tiny_backbone], "tf", image_size=32)
    assert first.frame()["computed"].all() and not again.frame()["computed"].any()
    same = ["rank", "weights", "log_me", "neighbors_auroc"]
    pd.testing.assert_frame_equal(first.frame()[same], again.frame()[same])
    assert pooled_features(data, tiny_backbone, "random", None, 32, "pad", 726).shape == (62, 12)


def test_patients_who_share_an_image_are_no_neighbors(data: Dataset) -> None:
    groups = labels_of(data.cases).groups
    assert groups[60] == groups[0] and groups[61] == groups[1]  # the images of 60 and 61 are copies
    assert len(set(groups)) == 60


def test_unknown_labels_are_nan() -> None:
    rows = {"file": ["1.png", "2.png", "3.png"], "x": ["1", "", "0"], "y": ["0", "1", "1"], "id": list("abc")}
    data = Dataset.from_frame(pd.DataFrame(rows), path="file", label=["x", "y"], patient="id", missing="ignore")
    targets = labels_of(data._cases).targets
    np.testing.assert_array_equal(targets, [[1, 0], [np.nan, 1], [0, 1]])


def test_wrong_arguments_are_refused(data: Dataset, tiny_backbone: str) -> None:
    with pytest.raises(DataError):
        screen(np.zeros((2, 32)), ["random"], [tiny_backbone])  # type: ignore[arg-type]
    with pytest.raises(ExperimentError):
        screen(data, ["random"], [tiny_backbone], k=0)
    with pytest.raises(ExperimentError):
        screen(data, ["random"], [tiny_backbone], resize="crop")


@pytest.mark.real
def test_chest400_prefers_imagenet(real_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RADTL_WEIGHTS", str(real_folder / "weights"))
    labels = real_folder / "data" / "chest400" / "labels.csv"
    data = Dataset.from_csv(labels, positive="pneumonia", patient="patient_id", unit="image")
    table = screen(data, ["random", "imagenet"]).frame().set_index("weights")
    assert table.loc["imagenet", "rank"] == 1
    assert table.loc["imagenet", "log_me"] == pytest.approx(-0.481, abs=0.002)
    assert 0.84 < table.loc["imagenet", "neighbors_auroc"] < 0.88
    assert table.loc["random", "log_me"] < -0.55
