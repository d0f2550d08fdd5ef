"""Batches of two views; the films are those of the stream."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from radtl_tf.experiment.weights.unlabeled import unlabeled_stream
from radtl_tf.records.self_supervised import self_supervised_from


def test_batches_have_two_views_of_the_same_films(tmp_path: Path, radiographs_in: Callable[[Path], Path]) -> None:
    radiographs_in(tmp_path)
    raw = {
        "name": "films",
        "data": {"images": "images"},
        "model": {"backbone": "MobileNet025"},
        "training": {"image_size": 32, "batch_size": 8},
        "record": {"license": "CC0-1.0"},
    }
    stream, record = unlabeled_stream(self_supervised_from(raw, tmp_path), tmp_path / "data")
    assert record["examples"] == 60 and record["patients"] is None
    batches = list(stream.training(1))
    assert len(batches) == stream.steps == 7
    plain = {
        int(number): image
        for images, _, examples in stream.training(1, plain=True)
        for image, number in zip(images.numpy(), examples.numpy(), strict=True)
    }
    first, second, examples = (part.numpy() for part in batches[0])
    for one in (first, second):
        assert one.shape == (8, 32, 32, 1)
        assert all(not np.array_equal(plain[number], image) for number, image in zip(examples, one, strict=True))
    assert not np.array_equal(first, second)
    again = next(iter(stream.training(1)))
    np.testing.assert_array_equal(again[1].numpy(), second)
