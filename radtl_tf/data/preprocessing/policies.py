"""Code that resizing and augmentation share: the device they compute on, and policies by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from radtl_tf.errors import ExperimentError, nearest

EXACT = "CPU:0"  # a GPU rounds products to TensorFloat-32 (10 bits) and lacks 64-bit integers
_Policy = TypeVar("_Policy")


def policy_of(name: str, table: Mapping[str, _Policy], what: str) -> _Policy:
    """Return the policy ``name`` of a ``table``; ``what`` names the kind of policy in the error.

    Raises:
        ExperimentError: the table has no policy of this name.
    """
    if name not in table:
        raise ExperimentError(f"unknown {what} {name!r}{nearest(name, table)}: use one of {', '.join(table)}.")
    return table[name]
