"""Import TensorFlow quietly and quickly for the verbs that need it."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

import click


def load_tensorflow(*, with_keras: bool = True) -> None:
    """Import TensorFlow and find its devices, without the lines that it prints on stderr; ``--debug`` shows them.

    TensorFlow logs these lines before it reads its own setting for silence. ``with_keras=False`` saves a second.
    """
    if click.get_current_context().find_root().params.get("debug"):
        return
    sys.stderr.flush()
    kept = os.dup(2)
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 2)
    try:
        with _uncollected(), nullcontext() if with_keras else _without_keras():
            import tensorflow

        tensorflow.config.list_physical_devices()
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(silence)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Load modules in the block without garbage collection, and exempt what they hold from every later one.

    Modules stay to the end. Searching the million objects of TensorFlow takes a second while it is imported, a quarter
    of a second in each full collection, and another second when the process ends. Nothing happens if it is loaded.
    """
    if "tensorflow" in sys.modules:
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        gc.freeze()


@contextmanager
def _without_keras() -> Iterator[None]:
    """Let every import of Keras fail in the block: TensorFlow then continues without it, and it can be imported later.

    TensorFlow imports Keras only to register its optimizers, and expects that this may fail (its ``__init__.py``).
    """
    if "keras" in sys.modules:
        yield
        return
    sys.modules["keras"] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules["keras"]
