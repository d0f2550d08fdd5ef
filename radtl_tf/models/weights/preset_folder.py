"""Check a folder of Hugging Face with a vision transformer: ``config.json``, ``preprocessor_config.json``, weights.

Nothing of the folder is executed. The two JSON files are small and are read here; the weights are read elsewhere
(``transformer_weights``).
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from radtl_tf.errors import WeightsError
from radtl_tf.models.backbones import BACKBONES, Backbone
from radtl_tf.models.pixels import normalized_name
from radtl_tf.models.vit import EPSILON, MLP_RATIO, Transformer
from radtl_tf.models.weights.schema import shown

WEIGHTS = "model.safetensors"
_CONFIG, _PIXELS = "config.json", "preprocessor_config.json"
_PICKLE = "pytorch_model.bin"
_MAX_BYTES = 2**20  # of a JSON file; DINOv2's have less than 2,000
_MAX_GRID = 256  # patches on a side
_ARCHITECTURE = "dinov2"
_SIZES = ("hidden_size", "num_hidden_layers", "num_attention_heads", "patch_size")
_DEFAULTS = {  # of transformers' Dinov2Config, for what a file may leave out
    "mlp_ratio": 4,
    "num_channels": 3,
    "hidden_act": "gelu",
    "layer_norm_eps": 1e-6,
    "qkv_bias": True,
    "use_swiglu_ffn": False,
}


def preset_weights(folder: Path, row: Backbone, size: Transformer) -> Path:
    """Return the weights file of a folder that describes this backbone, of ``size``.

    Raises:
        WeightsError: it is not such a folder, or its configuration describes another network.
    """
    if not folder.is_dir():
        raise WeightsError(
            f"{folder} is not a folder: {row.name} is read from a Hugging Face folder with {_CONFIG} and {WEIGHTS}. "
            "Name the folder."
        )
    trained_grid(folder, row, size)
    if not (folder / WEIGHTS).is_file():
        is_pickle = (folder / _PICKLE).is_file()
        hint = f"{_PICKLE} is a pickle, which is not opened: save it as safetensors" if is_pickle else "get it again"
        raise WeightsError(f"Folder {folder} has no {WEIGHTS}: {hint}.")
    return folder / WEIGHTS


def backbone_of(folder: Path) -> str:
    """Return the name of the backbone that a folder describes.

    Raises:
        WeightsError: it is not such a folder, or no backbone here has its size.
    """
    config = _read(folder / _CONFIG)
    for row in BACKBONES.values():
        if row.transformer and all(config.get(key) == value for key, value in _sizes(row.transformer).items()):
            return row.name
    said = ", ".join(f"{key} = {_plain(config.get(key))}" for key in _SIZES)
    raise WeightsError(f"{folder / _CONFIG} describes a network that is not here ({said}): name another folder.")


def trained_grid(folder: Path, row: Backbone, size: Transformer) -> int:
    """Return how many patches each side of the image had in pre-training.

    Raises:
        WeightsError: ``config.json`` is missing, damaged, or describes another network than ``row``.
    """
    config = _read(folder / _CONFIG)
    kind = config.get("model_type")
    if kind != _ARCHITECTURE:
        raise WeightsError(
            f"{folder / _CONFIG} describes the architecture {shown(str(kind))}, not {_ARCHITECTURE!r}, which "
            f"{row.name} needs. Name another folder."
        )
    for key, wanted in (_DEFAULTS | _wanted(size)).items():
        found = config.get(key, _DEFAULTS.get(key))
        if found != wanted:
            raise WeightsError(
                f"{folder / _CONFIG} has {key} = {_plain(found)}, but {row.name} has {wanted}: use the backbone that "
                "the folder belongs to."
            )
    side = config.get("image_size")
    if not isinstance(side, int) or not size.patch <= side <= _MAX_GRID * size.patch:
        raise WeightsError(f"{folder / _CONFIG} has image_size = {_plain(side)}, expected a number of pixels.")
    return side // size.patch


def _wanted(size: Transformer) -> dict[str, Any]:
    return {**_sizes(size), "mlp_ratio": MLP_RATIO, "layer_norm_eps": EPSILON}


def _sizes(size: Transformer) -> dict[str, int]:
    """Return the numbers in which the backbones differ."""
    return dict(zip(_SIZES, (size.width, size.depth, size.heads, size.patch), strict=True))


def _plain(value: Any) -> str:
    """Return a value of a configuration that is safe to print."""
    return str(value) if value is None or isinstance(value, (bool, float)) else shown(str(value)).strip("'")


def preset_pixels(folder: Path) -> str | None:
    """Return the name of the pixel convention in ``preprocessor_config.json``, or ``None`` without that file.

    Raises:
        WeightsError: the file is damaged, or its numbers are not those of a normalization of 0..1.
    """
    file = folder / _PIXELS
    if not file.is_file():
        return None
    config = _read(file)
    try:
        factor = config.get("rescale_factor", 1 / 255)
        if not config.get("do_rescale", True) or not math.isclose(factor, 1 / 255, rel_tol=1e-6):
            raise ValueError("pixels are not divided by 255")
        if not config.get("do_normalize", True):
            return normalized_name((0, 0, 0), (1, 1, 1))
        return normalized_name(config["image_mean"], config["image_std"])
    except (ValueError, TypeError, KeyError) as error:
        raise WeightsError(
            f"{file} has no usable pixel convention ({shown(str(error))[1:-1]}): give pixels for these weights."
        ) from None


def _read(file: Path) -> dict[str, Any]:
    """Return the object of a small JSON file."""
    if not file.is_file():
        raise WeightsError(
            f"Folder {file.parent} has no {file.name}, so it is not a Hugging Face folder. Correct the path."
        )
    if file.stat().st_size > _MAX_BYTES:
        raise WeightsError(f"{file} has {file.stat().st_size:,} bytes, expected at most {_MAX_BYTES:,}.")
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (ValueError, RecursionError):
        raise WeightsError(f"{file} is not JSON: get the folder again.") from None
    if not isinstance(found, dict):
        raise WeightsError(f"{file} is not a JSON object: get the folder again.")
    return found
