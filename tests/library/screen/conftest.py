"""A screen of three candidates with the small backbone."""

from __future__ import annotations

from pathlib import Path

import pytest

from radtl_tf.library.data.dataset import Dataset
from radtl_tf.library.screen.result import Screen
from radtl_tf.library.screen.screen import screen


@pytest.fixture(scope="session")
def weights_file(tmp_path_factory: pytest.TempPathFactory, tiny_backbone: str) -> Path:
    """Return a weights file of the small backbone without a record."""
    from radtl_tf.models.backbones import build_base
    from radtl_tf.models.weights.file import write_weights

    file = tmp_path_factory.mktemp("weights") / "mine.h5"
    write_weights(file, build_base(tiny_backbone, 32, seed=99))
    return file


@pytest.fixture(scope="session")
def found(data: Dataset, weights_file: Path, tiny_backbone: str, tmp_path_factory: pytest.TempPathFactory) -> Screen:
    """Return the screen of a file, of random weights and of vectors that know the label."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RADTL_CACHE", str(tmp_path_factory.mktemp("cache")))
        vectors = {"cheat": [[label, 1 - label] for label in data.y]}
        candidates = ["random", weights_file]
        return screen(data, candidates, [tiny_backbone], "tf", vectors, image_size=32)
