from __future__ import annotations

import runpy
from pathlib import Path
from types import SimpleNamespace

import keras
import numpy as np
import pytest
from safetensors.numpy import save_file

from radtl_tf.errors import WeightsError
from radtl_tf.models.backbones import backbone, build_base
from radtl_tf.models.weights.file import read_weights, write_weights
from radtl_tf.models.weights.pytorch import is_safetensors, pytorch_schema, read_pytorch, refuse_pickle
from radtl_tf.models.weights.pytorch_names import MODULES
from radtl_tf.models.weights.schema import Schema
from radtl_tf.models.weights.sources import assign


def by_path(name: str) -> SimpleNamespace:
    """Return the names of a file next to this package."""
    return SimpleNamespace(**runpy.run_path(str(Path(__file__).parents[1] / name)))


oracle, layout = by_path("pytorch_oracle.py"), by_path("pytorch_layout.py")


def state_of(schema: Schema) -> dict[str, np.ndarray]:
    """Return a state dict with the numbers of the oracle."""
    shapes = {f"{layer.name}.{name}": shape for layer in schema.layers for name, shape in layer.tensors}
    return {name: oracle.numbers(name, shape) for name, shape in shapes.items()}


@pytest.fixture
def tiny_in_pytorch(tiny_backbone: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Give the small backbone a layout in PyTorch: ``conv1`` is ``net.conv1``."""
    monkeypatch.setitem(MODULES, tiny_backbone, "net.{}".format)
    return tiny_backbone


def test_kernels_are_transposed_and_the_rest_is_unchanged(tmp_path: Path, tiny_in_pytorch: str) -> None:
    base, row = build_base(tiny_in_pytorch, 32, seed=0), backbone(tiny_in_pytorch)
    state = state_of(pytorch_schema(base, row))
    save_file({**state, "fc.weight": np.ones((3, 12), np.float32)}, tmp_path / "a.safetensors")
    found = read_pytorch(tmp_path / "a.safetensors", base, backbone=row)
    assign(base, found.values)
    kernel = keras.ops.convert_to_numpy(base.get_layer("conv2").kernel)
    np.testing.assert_array_equal(kernel, state["net.conv2.weight"].transpose(2, 3, 1, 0))
    norm = base.get_layer("bn1")
    pairs = {"weight": norm.gamma, "bias": norm.beta, "running_mean": norm.moving_mean}
    pairs["running_var"] = norm.moving_variance
    for name, weight in pairs.items():
        np.testing.assert_array_equal(keras.ops.convert_to_numpy(weight), state[f"net.bn1.{name}"])
    assert (found.report.layout, found.report.left_over) == ("pytorch", ("fc",))
    assert len(found.report.sha256) == 64


@pytest.mark.parametrize("name", ["ResNet50", "InceptionV3"])
def test_the_graph_of_keras_refuses_weights_of_pytorch(name: str, tmp_path: Path, tiny_backbone: str) -> None:
    base = build_base(tiny_backbone, 32, seed=0)  # the name of the row is enough
    with pytest.raises(WeightsError, match=rf"\(backbone\): .*{name}Torch"):
        read_pytorch(tmp_path / "a.safetensors", base, backbone=backbone(name))


def test_a_backbone_without_a_layout_is_refused(tmp_path: Path, tiny_backbone: str) -> None:
    with pytest.raises(WeightsError, match=r"\(backbone\): .*ResNet50Torch"):
        read_pytorch(
            tmp_path / "a.safetensors", build_base(tiny_backbone, 32, seed=0), backbone=backbone(tiny_backbone)
        )


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, r"\(missing\)"),
        (b"", r"\(not safetensors\): it is empty"),
        (b"<html></html>", r"\(not safetensors\): .*<"),
    ],
)
def test_another_file_is_refused(tmp_path: Path, tiny_in_pytorch: str, content: bytes | None, message: str) -> None:
    if content is not None:
        (tmp_path / "a.safetensors").write_bytes(content)
    base = build_base(tiny_in_pytorch, 32, seed=0)
    with pytest.raises(WeightsError, match=message):
        read_pytorch(tmp_path / "a.safetensors", base, backbone=backbone(tiny_in_pytorch))


@pytest.mark.parametrize("name", ["a.pt", "a.pth", "a.bin", "a.CKPT", "weights"])
def test_a_pickle_is_refused_unopened(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"\x80\x04cos\nsystem\n")
    with pytest.raises(WeightsError, match=r"\(pickle\).*torch\.load\('.*safetensors") as caught:
        refuse_pickle(tmp_path / name)
    assert "\n" not in str(caught.value)


def test_other_files_are_not_called_pickles(tmp_path: Path) -> None:
    for name, content in {"a.h5": b"\x89HDF\r\n\x1a\n", "b.safetensors": b"\x80\x00\x00\x00\x00\x00\x00\x00{"}.items():
        (tmp_path / name).write_bytes(content)
        refuse_pickle(tmp_path / name)
    refuse_pickle(tmp_path / "missing.h5")
    assert is_safetensors(tmp_path / "b.safetensors") and is_safetensors(tmp_path / "missing.safetensors")
    assert not is_safetensors(tmp_path / "a.h5") and not is_safetensors(tmp_path / "missing.h5")
    (tmp_path / "renamed").write_bytes((tmp_path / "b.safetensors").read_bytes())
    assert is_safetensors(tmp_path / "renamed")


@pytest.mark.slow
@pytest.mark.parametrize("name", oracle.expected())
def test_features_are_those_of_torchvision(name: str, tmp_path: Path) -> None:
    row, base = backbone(name), build_base(name, oracle.SIZE, seed=0)
    save_file(state_of(pytorch_schema(base, row)), tmp_path / "a.safetensors")
    assign(base, read_pytorch(tmp_path / "a.safetensors", base, backbone=row).values)
    features = keras.ops.convert_to_numpy(base(oracle.images(), training=False))[0, :: oracle.EVERY]
    expected = oracle.expected()[name]
    assert np.abs(features - expected["features"]).max() / expected["range"] < 3e-6


@pytest.mark.real
@pytest.mark.slow
def test_imagenet_weights_survive_the_way_to_pytorch_and_back(real_folder: Path, tmp_path: Path) -> None:
    """Keras' ImageNet file -> state dict -> ``ResNet50Torch`` -> .h5 -> Keras' graph, with the first features."""
    base = build_base("ResNet50", 96, seed=0)
    file = real_folder / "weights" / "ImageNet-ResNet50_notop.h5"
    assign(base, read_weights(file, base, backbone=backbone("ResNet50")).values)
    images = 60 * np.random.default_rng(1).standard_normal((2, 96, 96, 3)).astype(np.float32)
    before = keras.ops.convert_to_numpy(base(images, training=False))
    save_file(layout.to_state(base), tmp_path / "a.safetensors")
    torch = build_base("ResNet50Torch", 96, seed=0)
    assign(torch, read_pytorch(tmp_path / "a.safetensors", torch, backbone=backbone("ResNet50Torch")).values)
    other = keras.ops.convert_to_numpy(torch(images, training=False))
    write_weights(tmp_path / "a.h5", torch)
    assign(torch, read_weights(tmp_path / "a.h5", torch, backbone=backbone("ResNet50Torch")).values)
    layout.from_torch(torch, base)
    after = keras.ops.convert_to_numpy(base(images, training=False))
    assert np.abs(after - before).max() / np.ptp(before) < 1e-5
    correlation = np.corrcoef(other.ravel(), before.ravel())[0, 1]
    assert correlation < 0.9999  # with the same numbers, PyTorch's graph is another network
