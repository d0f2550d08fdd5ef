"""Where the folders that travel with the package are: beside it in a clone, inside it after installation."""

from __future__ import annotations

import os
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent


def shipped(name: str) -> Path:
    """Return the shipped folder ``datasets``, ``weights`` or ``experiments``.

    An installed wheel holds them inside the package, a clone beside it.
    """
    inside = PACKAGE / name
    return inside if inside.is_dir() else PACKAGE.parent / name


def cache_folder() -> Path:
    """Return the folder of features that experiments share: ``RADTL_CACHE`` if it is set, else the user's own.

    The user's own is ``radtl_tf/features`` in ``XDG_CACHE_HOME`` (XDG Base Directory Specification), ``~/.cache``.
    """
    chosen = os.environ.get("RADTL_CACHE")
    if chosen:
        return Path(chosen).expanduser()
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "radtl_tf" / "features"


def data_folder() -> Path:
    """Return the folder of images that ``radtl_tf.Dataset`` has decoded, and of the key of its patients' hashes.

    It is ``data`` below ``cache_folder()``. It may be deleted at any time: images are then decoded again.
    """
    return cache_folder() / "data"


def weights_folder() -> Path:
    """Return the folder that is searched for ``.h5`` files.

    ``RADTL_WEIGHTS`` if it is set, else ``weights`` below the working folder, else the folder that ships.
    """
    chosen = os.environ.get("RADTL_WEIGHTS")
    if chosen:
        return Path(chosen).expanduser()
    here = Path.cwd() / "weights"
    return here if here.is_dir() else shipped("weights")
