"""The radiographs used to score pixel conventions; ``tests/models/weights`` tests the scores."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from radtl_tf.errors import DataError
from radtl_tf.experiment.weights import verify as module
from radtl_tf.experiment.weights.verify import verify_weights


def test_images_are_read_evenly_and_resized(
    tmp_path: Path, radiographs_in: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    radiographs_in(tmp_path)
    given: list[Any] = []
    monkeypatch.setattr(module, "verify", lambda *words: given.append(words))
    verify_weights(tmp_path / "a.h5", "ResNet50", tmp_path / "images", image_size=24)
    monkeypatch.setattr(module, "MAX_IMAGES", 4)
    verify_weights(tmp_path / "a.h5", "ResNet50", tmp_path / "images", image_size=24)
    verify_weights(tmp_path / "a.h5", "ResNet50")
    (*_, every), (*_, some), (*_, none) = given
    assert every.shape == (60, 24, 24, 1) and some.shape == (4, 24, 24, 1) and none is None
    np.testing.assert_array_equal(some, every[[0, 19, 39, 59]])


def test_a_folder_without_an_image_is_refused(tmp_path: Path) -> None:
    (tmp_path / "broken.png").write_bytes(b"broken")
    with pytest.raises(DataError):
        verify_weights(tmp_path / "a.h5", "ResNet50", tmp_path)
