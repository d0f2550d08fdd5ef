"""The layer of EfficientNetB0's files that normalizes pixels."""

from __future__ import annotations

import numpy as np
import pytest

from radtl_tf.errors import WeightsError
from radtl_tf.models.pixels import convention
from radtl_tf.models.weights.normalization import MEAN, SD, normalization, remarks, tensor_paths
from radtl_tf.models.weights.schema import FileLayer, Schema

NAMED = FileLayer(
    "normalization_3", tuple((f"normalization_3/{name}:0", name) for name in ("count", "mean", "variance"))
)
PLACED = FileLayer("normalization", (("", "vars/0"), ("", "vars/1"), ("", "vars/2")))


def schema(normalizes: bool) -> Schema:
    return Schema("Small", False, (), {}, normalizes)


def test_only_files_of_some_backbones_have_it() -> None:
    found = [FileLayer("conv", ()), NAMED]
    assert normalization(schema(True), found) is NAMED
    assert normalization(schema(False), found) is None
    assert normalization(schema(True), found[:1]) is None


def test_its_tensors_are_found_by_name_and_by_place() -> None:
    assert tensor_paths(NAMED) == ["mean", "variance"]
    assert tensor_paths(PLACED) == ["vars/0", "vars/1"]
    with pytest.raises(WeightsError, match=r"\(missing\): .*variance"):
        tensor_paths(FileLayer("normalization", (("normalization/mean:0", "mean"),)))


@pytest.mark.parametrize("power", [1, 2])
def test_the_numbers_of_imagenet_are_the_convention_torch(power: int) -> None:
    assert remarks(NAMED, np.float32(MEAN), np.float32(SD) ** power) == ()
    torch = convention("torch")
    np.testing.assert_allclose(torch.scale, 1 / np.array(SD))
    np.testing.assert_allclose(torch.offset, -np.array(MEAN) / SD)


def test_one_that_does_nothing_is_remarked_and_another_refused() -> None:
    (remark,) = remarks(NAMED, np.zeros(3, np.float32), np.ones(3, np.float32))
    assert "zero_one" in remark
    with pytest.raises(WeightsError, match=r"\(pixels\): .*'normalization_3'"):
        remarks(NAMED, np.float32([0.5, 0.5, 0.5]), np.ones(3, np.float32))
