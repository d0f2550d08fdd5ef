"""Do PyTorch's weights give PyTorch's features, and in which graph?

    python benchmarks/pytorch_weights.py

One state dict of random numbers per network, and the features that torchvision computed with it for one image
(``tests/models/pytorch_oracle.json``; torch is not needed here). The first column is the graph of the backbone that
``radtl weights convert`` accepts. For ResNet50, the other columns are Keras' graph with the same numbers. Keras'
InceptionV3 has no gamma and cannot hold them. It takes one minute.
"""

from __future__ import annotations

import runpy
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import keras
import numpy as np
from _shared import publish
from numpy.typing import NDArray

from radtl_tf.models.backbones import backbone, build_base
from radtl_tf.models.weights.pytorch import pytorch_schema

ROOT = Path(__file__).resolve().parents[1]
oracle = SimpleNamespace(**runpy.run_path(str(ROOT / "tests" / "models" / "pytorch_oracle.py")))


def main() -> None:
    """Compute all features and publish the table."""
    lines = ["largest difference of the features from torchvision, divided by their range"]
    lines.append(f"{'backbone':<18}{'here':>10}{'Keras graph':>14}{'correlation':>14}")
    publish("pytorch_weights", "\n".join([*lines, *map(_line, oracle.MODELS)]), is_timed=False)


def _line(name: str) -> str:
    expected, base = oracle.expected()[name], build_base(name, oracle.SIZE, seed=0)
    _fill(base, name)
    line = f"{name:<18}{_difference(_features(base), expected):>10.1e}"
    if name != "ResNet50Torch":
        return f"{line}{'no gamma' if name == 'InceptionV3Torch' else 'the same':>14}"
    twin = build_base("ResNet50", oracle.SIZE, seed=0)
    for theirs, ours in oracle.keras_names().items():
        values, layer = base.get_layer(ours).get_weights(), twin.get_layer(theirs)
        biases = [np.zeros(weight.shape, np.float32) for weight in layer.weights[len(values) :]]
        layer.set_weights([*values, *biases])
    other = _features(twin)
    return f"{line}{_difference(other, expected):>14.1e}{np.corrcoef(other, _features(base))[0, 1]:>14.4f}"


def _fill(base: keras.Model, name: str) -> None:
    """Put the numbers of the oracle into ``base``."""
    layers = [layer for layer in base.layers if layer.weights]
    for layer, wanted in zip(layers, pytorch_schema(base, backbone(name)).layers, strict=True):
        values = [oracle.numbers(f"{wanted.name}.{tensor}", shape) for tensor, shape in wanted.tensors]
        layer.set_weights([value.transpose(2, 3, 1, 0) if value.ndim == 4 else value for value in values])


def _features(base: keras.Model) -> NDArray[np.float32]:
    return keras.ops.convert_to_numpy(base(oracle.images(), training=False))[0]


def _difference(features: NDArray[np.float32], expected: dict[str, Any]) -> float:
    return float(np.abs(features[:: oracle.EVERY] - expected["features"]).max() / expected["range"])


if __name__ == "__main__":
    main()
