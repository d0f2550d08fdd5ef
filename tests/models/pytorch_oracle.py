"""The expected features of torchvision's networks, and the numbers that tests and this script put into them.

    python tests/models/pytorch_oracle.py

writes ``pytorch_oracle.json`` and needs torch and torchvision (made with torch 2.14.1, torchvision 0.29.1). Tests only
use the functions, which need NumPy; they run this file by path.
"""

from __future__ import annotations

import json
import zlib
from pathlib import Path
from typing import Any

import numpy as np

SIZE = 97  # px; odd in some stages and even in others, so that padding on one side shows
EVERY = 61  # features that are kept: every 61st
EXPECTED = Path(__file__).with_suffix(".json")
MODELS = {
    "ResNet50Torch": "resnet50",
    "InceptionV3Torch": "inception_v3",
    "DenseNet121": "densenet121",
    "VGG16": "vgg16",
}


def numbers(name: str, shape: tuple[int, ...]) -> np.ndarray:
    """Return the numbers of a tensor of a state dict; they depend only on its name and shape.

    Kernels keep the variance of activations (He et al. 2015); a gamma or a variance is 0.5..1.5, the rest -0.2..0.2.
    """
    uniform = np.random.RandomState(zlib.crc32(name.encode())).random_sample(shape)  # a stream that NumPy never changes
    if len(shape) > 1:
        return ((2 * uniform - 1) * np.sqrt(6 / np.prod(shape[1:]))).astype(np.float32)
    centered = name.endswith(("bias", "running_mean"))
    return (0.4 * (uniform - 0.5) if centered else uniform + 0.5).astype(np.float32)


def images() -> np.ndarray:
    """Return one image (1, 97, 97, 3) with pixels in -2..2."""
    return (4 * np.random.RandomState(3).random_sample((1, SIZE, SIZE, 3)) - 2).astype(np.float32)


def expected() -> dict[str, Any]:
    """Return the features of torchvision by backbone, every 61st, and the range of all of them."""
    return json.loads(EXPECTED.read_text(encoding="utf-8"))


def keras_names() -> dict[str, str]:
    """Return the layer of PyTorch's ResNet50 for each layer of Keras' ResNet50."""
    pairs = {"conv1_conv": "conv1", "conv1_bn": "bn1"}
    for stage, blocks in enumerate((3, 4, 6, 3), start=1):
        for block in range(blocks):
            theirs, ours = f"conv{stage + 1}_block{block + 1}", f"layer{stage}.{block}"
            for place in (1, 2, 3):
                pairs |= {f"{theirs}_{place}_conv": f"{ours}.conv{place}", f"{theirs}_{place}_bn": f"{ours}.bn{place}"}
            if block == 0:
                pairs |= {f"{theirs}_0_conv": f"{ours}.downsample.0", f"{theirs}_0_bn": f"{ours}.downsample.1"}
    return pairs


def main() -> None:
    """Write the features that torchvision computes."""
    import torch
    import torchvision

    found = {}
    for backbone, name in MODELS.items():
        model = getattr(torchvision.models, name)(weights=None).eval()
        state = model.state_dict()
        for key, value in state.items():
            if value.is_floating_point():
                state[key] = torch.from_numpy(numbers(key, tuple(value.shape)))
        model.load_state_dict(state)
        for head in {"fc", "classifier"} & {child for child, _ in model.named_children()}:
            setattr(model, head, torch.nn.Identity())
        if name == "vgg16":  # its own pooling to 7 x 7 belongs to the head
            model = torch.nn.Sequential(model.features, torch.nn.AdaptiveAvgPool2d(1), torch.nn.Flatten())
        with torch.inference_mode():
            features = model(torch.from_numpy(images().transpose(0, 3, 1, 2).copy())).numpy()[0]
        kept = [float(f"{value:.8g}") for value in features[::EVERY]]
        found[backbone] = {"range": float(f"{np.ptp(features):.8g}"), "features": kept}
    EXPECTED.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
