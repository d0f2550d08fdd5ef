"""Set the precision in which Keras builds layers for a block, and restore the session's precision afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import keras

FLOAT32 = "float32"
BFLOAT16 = "mixed_bfloat16"  # weights and statistics are float32, most other numbers bfloat16


@contextmanager
def borrowed_precision(name: str | None = None) -> Iterator[None]:
    """Restore the session's dtype policy after the block; inside the block, ``name`` is set if given."""
    before = keras.config.dtype_policy()
    if name is not None:
        keras.config.set_dtype_policy(name)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)
