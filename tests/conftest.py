"""What all tests share: TensorFlow's environment, and the real radiographs and weights of the tests marked ``real``."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

import radtl_tf  # noqa: F401  (sets what TensorFlow reads at its first import, before a test module imports it)


def _why_no_real_folder() -> str:
    """Return what is missing for the tests on real data, or an empty string."""
    if not os.environ.get("RADTL_REAL"):
        return "RADTL_REAL is not set: name the folder that holds data/chest400 and weights"
    missing = [name for name in ("data/chest400/labels.csv", "weights") if not _real(name).exists()]
    return f"the folder RADTL_REAL has no {' and no '.join(missing)}" if missing else ""


def _real(name: str) -> Path:
    return Path(os.environ["RADTL_REAL"]).expanduser().resolve() / name


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip a test marked ``real`` where there is nothing real, and say what is missing."""
    if item.get_closest_marker("real") and (reason := _why_no_real_folder()):
        pytest.skip(reason)


@pytest.fixture(scope="session")
def real_folder() -> Path:
    """Return the folder with ``data/chest400`` and ``weights``."""
    if reason := _why_no_real_folder():
        pytest.skip(reason)
    return _real(".")


def tiny_network(*, include_top: bool, pooling: str, weights: None, input_shape: tuple[int, int, int]) -> Any:
    """Return a network of two convolutions with batch norm and a branch, in the manner of ``keras.applications``."""
    import keras

    layers = keras.layers
    images = keras.Input(input_shape)
    first = layers.Conv2D(6, 3, strides=2, name="conv1")(images)
    first = layers.ReLU(name="relu1")(layers.BatchNormalization(momentum=0.5, name="bn1")(first))
    second = layers.Conv2D(8, 3, strides=2, name="conv2")(first)
    second = layers.BatchNormalization(momentum=0.5, name="bn2")(second)
    branch = layers.AveragePooling2D(3, strides=2, name="pool1")(first)
    merged = layers.Concatenate(name="merge")([second, branch])
    last = layers.Conv2D(12, 1, name="conv3")(merged)
    last = layers.ReLU(name="relu3")(layers.BatchNormalization(momentum=0.5, name="bn3")(last))
    return keras.Model(images, layers.GlobalAveragePooling2D(name="pooled")(last), name="tiny")


@pytest.fixture
def tiny_backbone(monkeypatch: pytest.MonkeyPatch) -> str:
    """Register a small backbone, for tests where the architecture does not matter, and return its name."""
    from radtl_tf.models.backbones import BACKBONES, Backbone

    monkeypatch.setitem(BACKBONES, "Tiny", Backbone("Tiny", tiny_network, "tf", 16, "Tiny", True, 6))
    return "Tiny"
