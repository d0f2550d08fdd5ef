"""The folders of the package and of the user: shipped files, caches and weights."""

from __future__ import annotations

import os
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent


def shipped(name: str) -> Path:
    """Return the shipped folder ``datasets``, ``weights`` or ``experiments``.

    In an installed wheel they are inside the package, in a clone next to it.
    """
    inside = PACKAGE / name
    return inside if inside.is_dir() else PACKAGE.parent / name


def cache_folder() -> Path:
    """Return the folder of cached features, which experiments share: ``RADTL_CACHE`` if set, else a default.

    The default is ``radtl_tf/features`` in ``XDG_CACHE_HOME`` (XDG Base Directory Specification) or ``~/.cache``.
    """
    chosen = os.environ.get("RADTL_CACHE")
    if chosen:
        return Path(chosen).expanduser()
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "radtl_tf" / "features"


def data_folder() -> Path:
    """Return the folder of images decoded by ``radtl_tf.Dataset`` and of the key of its patients' hashes.

    It is ``data`` in ``cache_folder()``. It can be deleted at any time; images are then decoded again.
    """
    return cache_folder() / "data"


def weights_folder() -> Path:
    """Return the folder to search for ``.h5`` files.

    It is ``RADTL_WEIGHTS`` if set, else ``weights`` in the working folder if it exists, else ``weights`` of the clone.
    Without a clone it is ``weights`` in the working folder: an update would delete files inside the package.
    """
    chosen = os.environ.get("RADTL_WEIGHTS")
    if chosen:
        return Path(chosen).expanduser()
    here = Path.cwd() / "weights"
    in_clone = PACKAGE.parent / "weights"
    return in_clone if in_clone.is_dir() and not here.is_dir() else here
