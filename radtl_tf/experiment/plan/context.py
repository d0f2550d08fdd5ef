"""Record the versions and the hardware of an experiment or a pre-training."""

from __future__ import annotations

import importlib.metadata
import platform
from dataclasses import asdict
from functools import cache
from typing import Any

from radtl_tf import __version__
from radtl_tf.training.device import Device

PACKAGES = ("tensorflow", "keras", "tensorflow-datasets", "scikit-learn", "numpy", "pydicom", "h5py")


def versions() -> dict[str, str]:
    """Return the versions of this package, of Python and of the packages that results depend on."""
    return {
        "radtl_tf": __version__,
        "python": platform.python_version(),
        **{name: _version(name) for name in PACKAGES},
    }


@cache
def _version(name: str) -> str:
    return importlib.metadata.version(name)  # a search through the installed packages


def context(device: Device) -> dict[str, Any]:
    """Return the records ``versions`` and ``hardware``."""
    hardware = {"machine": platform.machine(), "system": platform.system(), **asdict(device)}
    return {"versions": versions(), "hardware": hardware}
