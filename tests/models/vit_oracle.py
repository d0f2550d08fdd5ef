"""The expected features of a small DINOv2 of ``transformers``, and the numbers that tests and this script put into it.

    python tests/models/vit_oracle.py

writes ``vit_oracle.json`` and needs torch and transformers (made with torch 2.13.0, transformers 5.24.0). Tests only
use the functions, which need NumPy and safetensors; they run this file by path.
"""

from __future__ import annotations

import json
import zlib
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from safetensors.numpy import save_file

EXPECTED = Path(__file__).with_suffix(".json")
SIZES = (70, 42, 112)  # px: the size of the positions in the file, a smaller and a larger one
CONFIG = {
    "model_type": "dinov2",
    "hidden_size": 24,
    "num_hidden_layers": 2,
    "num_attention_heads": 3,
    "mlp_ratio": 4,
    "patch_size": 14,
    "image_size": 70,
    "num_channels": 3,
    "hidden_act": "gelu",
    "layer_norm_eps": 1e-6,
    "qkv_bias": True,
    "use_swiglu_ffn": False,
}


def numbers(name: str, shape: tuple[int, ...]) -> np.ndarray:
    """Return the numbers of a tensor; they depend only on its name and shape.

    Kernels have an SD of 1 / sqrt(inputs), so that attention is not uniform; everything else is 0.5..1.5 or -0.5..0.5.
    """
    uniform = np.random.RandomState(zlib.crc32(name.encode())).random_sample(shape)  # a stream that NumPy never changes
    if name.endswith("weight") and len(shape) > 1:
        return ((2 * uniform - 1) * np.sqrt(3 / np.prod(shape[1:]))).astype(np.float32)
    around_one = name.endswith(("lambda1", "weight"))
    return (uniform + 0.5 if around_one else uniform - 0.5).astype(np.float32)


def state(width: int = 24, depth: int = 2, grid: int = 5, patch: int = 14) -> dict[str, np.ndarray]:
    """Return the state dict of a model, as ``Dinov2Model`` names it."""
    shapes: dict[str, tuple[int, ...]] = {
        "embeddings.cls_token": (1, 1, width),
        "embeddings.mask_token": (1, width),
        "embeddings.position_embeddings": (1, grid * grid + 1, width),
        "embeddings.patch_embeddings.projection.weight": (width, 3, patch, patch),
        "embeddings.patch_embeddings.projection.bias": (width,),
        "layernorm.weight": (width,),
        "layernorm.bias": (width,),
    }
    dense = {f"attention.attention.{one}": (width, width) for one in ("query", "key", "value")}
    dense |= {"attention.output.dense": (width, width), "mlp.fc1": (4 * width, width), "mlp.fc2": (width, 4 * width)}
    for number in range(depth):
        block = f"encoder.layer.{number}"
        shapes |= {f"{block}.{name}.weight": shape for name, shape in dense.items()}
        shapes |= {f"{block}.{name}.bias": shape[:1] for name, shape in dense.items()}
        shapes |= {f"{block}.norm{one}.{part}": (width,) for one in (1, 2) for part in ("weight", "bias")}
        shapes |= {f"{block}.layer_scale{one}.lambda1": (width,) for one in (1, 2)}
    return {name: numbers(name, shape) for name, shape in shapes.items()}


def write_folder(folder: Path, **changes: Any) -> None:
    """Write the model as a folder of Hugging Face; ``changes`` are those of its configuration."""
    folder.mkdir(exist_ok=True)
    (folder / "config.json").write_text(json.dumps(CONFIG | changes), encoding="utf-8")
    save_file(state(), folder / "model.safetensors", metadata={"format": "pt"})


def images(size: int) -> np.ndarray:
    """Return two images (2, size, size, 3) with pixels in -2..2."""
    return (4 * np.random.RandomState(size).random_sample((2, size, size, 3)) - 2).astype(np.float32)


def expected() -> dict[int, np.ndarray]:
    """Return the features (2, 24) of ``images`` by size."""
    stored: dict[str, Any] = json.loads(EXPECTED.read_text(encoding="utf-8"))
    return {int(size): np.array(features) for size, features in stored.items()}


def main() -> None:
    """Write the features of ``transformers``."""
    import torch
    from transformers import Dinov2Model

    with TemporaryDirectory() as folder:
        write_folder(Path(folder))
        model = Dinov2Model.from_pretrained(folder).eval()
    found = {}
    with torch.no_grad():
        for size in SIZES:
            pixels = torch.from_numpy(images(size).transpose(0, 3, 1, 2).copy())
            found[str(size)] = [[round(float(x), 7) for x in row] for row in model(pixels).pooler_output]
    EXPECTED.write_text(json.dumps(found) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
