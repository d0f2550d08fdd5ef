"""The precision in which Keras builds layers: borrowed for a block, and given back to the session."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import keras

FLOAT32 = "float32"


@contextmanager
def borrowed_precision(name: str | None = None) -> Iterator[None]:
    """Give the session its dtype policy back after the block; inside it, ``name`` is set where one is given."""
    before = keras.config.dtype_policy()
    if name is not None:
        keras.config.set_dtype_policy(name)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)
