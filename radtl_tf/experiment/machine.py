"""Examine this machine: versions, GPUs, weights and data sets, and what is missing."""

from __future__ import annotations

import os
import platform
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import keras

from radtl_tf.data.tfds.builders import known_datasets
from radtl_tf.experiment.plan.context import versions
from radtl_tf.models.precision import BFLOAT16
from radtl_tf.models.weights.catalogue import Availability, MissingFilesError, availability, catalogue
from radtl_tf.places import cache_folder, weights_folder
from radtl_tf.records.experiment import Training
from radtl_tf.training.device import has_bfloat16, prepare


def examine() -> dict[str, Any]:
    """Return the findings by section, as JSON values."""
    device = prepare(Training(determinism="off"), seed=0)
    states = [availability(row, weights_folder()) for row in catalogue()]
    return {
        "Versions": versions(),
        "Machine": {
            "system": f"{platform.system()} {platform.machine()}",
            "threads": device.threads,
            "GPUs": ", ".join(device.gpus) or "none",
            "precision auto": device.precision,
            "bfloat16 on the CPU": _bfloat16(),
            "oneDNN": "on" if device.onednn else f"off (TF_ENABLE_ONEDNN_OPTS={os.environ['TF_ENABLE_ONEDNN_OPTS']})",
        },
        "Kept features": {str(cache_folder()): f"{_gigabytes(cache_folder()):.1f} GB; you may delete them at any time"},
        "Weights": {f"{state.row.name} {state.row.backbone}": _found(state) for state in states},
        "Data sets": known_datasets(),
        "Missing": [*_missing_weights(states), *_lacks(sys.platform, device.gpus)],
    }


def _bfloat16() -> str:
    """Return whether the CPU has bfloat16 instructions, and the speed of one convolution in bfloat16, measured now."""
    if not has_bfloat16():
        return f"no: {BFLOAT16} would be slower than float32"
    gain = _convolution("float32") / _convolution("bfloat16")
    return (
        f"yes: a convolution of ResNet50 runs at {gain:.1f} times the speed of float32; "
        f'`radtl run --dry-run` times an experiment with training.precision = "{BFLOAT16}"'
    )


def _convolution(dtype: str) -> float:
    """Return the seconds of a convolution of 32 images with 3 x 3 weights and 256 channels; the fastest of five."""
    images, kernel = keras.ops.ones((32, 14, 14, 256), dtype), keras.ops.ones((3, 3, 256, 256), dtype)
    seconds = []
    for _ in range(5):
        start = time.monotonic()
        keras.ops.convert_to_numpy(keras.ops.conv(images, kernel, padding="same")[0, 0, 0])
        seconds.append(time.monotonic() - start)
    return min(seconds)


def _gigabytes(folder: Path) -> float:
    return sum(file.stat().st_size for file in folder.rglob("*.npy")) / 1e9


def _found(state: Availability) -> str:
    if state.status == "missing":
        return "missing"
    if state.problem:
        return f"{state.status}: {state.problem}"
    return f"{state.file or 'Keras downloads it on first use'} ({state.row.pixels})"


def _missing_weights(states: Iterable[Availability]) -> list[str]:
    """Say, once per name, where to get the files that are missing."""
    missing = [state.row for state in states if state.status == "missing"]
    return MissingFilesError(missing, weights_folder()).sentences


def _lacks(system: str, gpus: tuple[str, ...]) -> list[str]:
    """Return what this platform cannot do, and what to do about it."""
    reasons = {
        "win32": "TensorFlow supports no GPU on Windows. For a GPU, use WSL 2.",
        "darwin": "TensorFlow supports no GPU on a Mac, so the CPU computes.",
        "linux": ""
        if gpus
        else "No NVIDIA GPU was found, so the CPU computes. For a GPU: pip install 'radtl_tf[gpu]'.",
    }
    return [reason for platform_name, reason in reasons.items() if platform_name == system and reason]
