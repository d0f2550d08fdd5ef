"""ONNX Runtime, OpenVINO and LiteRT take batches of any number and size."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from radtl_tf.deploy.engines import without_tensorflow

FILES = {"onnx": "model.onnx", "openvino": "model.xml", "litert": "model.tflite"}


@pytest.mark.slow
@pytest.mark.parametrize("name", FILES)
def test_an_image_has_its_score_in_every_batch(name: str, every_format: Path) -> None:
    scores = getattr(without_tensorflow, name)(every_format / name / "1" / FILES[name], {})
    batch = np.random.default_rng(0).random((5, 40, 33, 1), np.float32)
    alone = np.concatenate([scores(batch[at : at + 1]) for at in range(5)])
    assert scores(batch) == pytest.approx(alone, abs=1e-6)
    assert alone.sum(axis=1) == pytest.approx(1)
    kept = scores(batch[:2])
    scores(batch[2:])
    assert kept == pytest.approx(alone[:2], abs=1e-6)  # a result is not overwritten by the next call
