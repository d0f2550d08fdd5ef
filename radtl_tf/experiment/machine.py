"""Examine this machine: versions, accelerators, weights and data sets, and what is missing."""

from __future__ import annotations

import os
import platform
import sys
from pathlib import Path
from typing import Any

from radtl_tf.data.tfds.builders import known_datasets
from radtl_tf.experiment.plan.context import versions
from radtl_tf.models.weights.catalogue import Availability, availability, catalogue
from radtl_tf.places import cache_folder, weights_folder
from radtl_tf.records.experiment import Training
from radtl_tf.training.device import prepare


def examine() -> dict[str, Any]:
    """Return the findings by section, as JSON values."""
    device = prepare(Training(determinism="off"), seed=0)
    return {
        "Versions": versions(),
        "Machine": {
            "system": f"{platform.system()} {platform.machine()}",
            "threads": device.threads,
            "GPUs": ", ".join(device.gpus) or "none found: TensorFlow computes on the CPU",
            "precision auto": device.precision,
            "oneDNN": "on" if device.onednn else f"off (TF_ENABLE_ONEDNN_OPTS={os.environ['TF_ENABLE_ONEDNN_OPTS']})",
        },
        "Kept features": {str(cache_folder()): f"{_gigabytes(cache_folder()):.1f} GB; may be deleted at any time"},
        "Weights": {f"{row.name} {row.backbone}": _found(availability(row, weights_folder())) for row in catalogue()},
        "Data sets": known_datasets(),
        "Missing": _lacks(sys.platform, device.gpus),
    }


def _gigabytes(folder: Path) -> float:
    return sum(file.stat().st_size for file in folder.rglob("*.npy")) / 1e9


def _found(state: Availability) -> str:
    if state.problem:
        return f"{state.status}: {state.problem}"
    return f"{state.file or 'Keras downloads it when it is first used'} ({state.row.pixels})"


def _lacks(system: str, gpus: tuple[str, ...]) -> list[str]:
    """Return what this platform cannot do, and what to do about it."""
    reasons = {
        "win32": "TensorFlow has no GPU support on Windows itself: use WSL 2 for a GPU.",
        "darwin": "TensorFlow computes on the CPU of a Mac.",
        "linux": "" if gpus else "No NVIDIA GPU is visible; with one: pip install 'radtl_tf[gpu]'.",
    }
    return [reason for platform_name, reason in reasons.items() if platform_name == system and reason]
