"""A backbone is built once and a weights file read once for the check and the training."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import keras
import numpy as np
import pytest

from radtl_tf.experiment.plan import networks as module
from radtl_tf.experiment.plan.networks import Networks
from radtl_tf.models.backbones import build_base
from radtl_tf.models.cka import stages
from radtl_tf.models.weights.file import write_weights
from radtl_tf.models.weights.sources import WeightsRecord, initialize, read_values

SIZE = 32


@pytest.fixture
def record(tmp_path: Path, tiny_backbone: str) -> WeightsRecord:
    """Return the record of a weights file."""
    write_weights(tmp_path / "mine.h5", build_base(tiny_backbone, SIZE, seed=9))
    return WeightsRecord("mine", tiny_backbone, "file", tmp_path / "mine.h5", "tf", "tf", None)


def test_a_backbone_that_is_kept_is_taken_once(tiny_backbone: str) -> None:
    networks = Networks()
    first = networks.take(tiny_backbone, SIZE)
    networks.keep(first, tiny_backbone, SIZE)
    assert networks.take(tiny_backbone, SIZE) is first
    assert networks.take(tiny_backbone, SIZE) is not first
    networks.keep(first, tiny_backbone, SIZE)
    assert networks.take(tiny_backbone, SIZE + 16).input_shape[1] == SIZE + 16


def test_stages_are_those_of_the_backbone(tiny_backbone: str) -> None:
    networks = Networks()
    found = networks.stages(tiny_backbone, SIZE)
    expected = stages(networks.take(tiny_backbone, SIZE))
    assert [(stage.layer, stage.depth) for stage in found] == [(stage.layer, stage.depth) for stage in expected]
    assert all(stage.output is None for stage in found)


def test_a_file_is_read_once_and_gives_the_same_weights(record: WeightsRecord, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = build_base(record.backbone, SIZE, seed=1)
    initialize(plain, record, seed=0)
    read = []
    monkeypatch.setattr(module, "MOST_BYTES", 0)  # tensors that stay in the file are kept all the same
    monkeypatch.setattr(module, "read_values", lambda *given: read.append(1) or read_values(*given))
    networks = Networks()
    for _ in range(2):
        assert_same(networks.weights(networks.take(record.backbone, SIZE), record, seed=0), plain)
    assert read == [1]


@pytest.mark.parametrize(("most", "times"), [(0, 2), (2**26, 1)])
def test_values_in_memory_are_kept_if_they_are_small(
    record: WeightsRecord, monkeypatch: pytest.MonkeyPatch, most: int, times: int
) -> None:
    read = []
    monkeypatch.setattr(module, "MOST_BYTES", most)
    monkeypatch.setattr(module, "read_values", lambda *given: read.append(1) or list(read_values(*given)))
    networks = Networks()
    base = networks.take(record.backbone, SIZE)
    one, other = (networks.weights(base, record, seed=0) for _ in range(2))
    assert len(read) == times
    for ours, theirs in zip(one, other, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_random_weights_are_those_of_a_network_with_this_seed(tiny_backbone: str) -> None:
    networks = Networks()
    record = WeightsRecord("random", tiny_backbone, "random", None, "tf", "tf", None)
    drawn = networks.weights(networks.take(tiny_backbone, SIZE), record, seed=3)
    assert_same(drawn, build_base(tiny_backbone, SIZE, seed=3))


def test_the_weights_of_a_network_take_no_memory(tiny_backbone: str) -> None:
    base = Networks().take(tiny_backbone, SIZE)
    assert [keras.ops.convert_to_numpy(weight).size for weight in base.weights] == [0] * len(base.weights)
    assert base.count_params() == build_base(tiny_backbone, SIZE, seed=0).count_params()


def assert_same(values: Sequence[np.ndarray], network: keras.Model) -> None:
    for ours, theirs in zip(values, network.weights, strict=True):
        np.testing.assert_array_equal(ours, theirs.numpy())
