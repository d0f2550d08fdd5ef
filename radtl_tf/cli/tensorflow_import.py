"""Import TensorFlow quietly and quickly for the verbs that need it."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click


def load_tensorflow(*, with_keras: bool = True) -> None:
    """Import TensorFlow and find its devices, without the lines that it prints on stderr; ``--debug`` shows them.

    TensorFlow logs these lines before it reads its own setting for silence. ``with_keras=False`` saves a second. An
    installed JAX, which only conversions of JAX models need, is not imported with it: that saves 110 MB.
    """
    if click.get_current_context().find_root().params.get("debug"):
        return
    sys.stderr.flush()
    kept = os.dup(2)
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 2)
    try:
        with _uncollected(), _without("jax", *(() if with_keras else ("keras",))):
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
def _without(*names: str) -> Iterator[None]:
    """Let imports of these packages fail in the block, unless they are loaded; they can be imported later.

    TensorFlow continues without them. It imports Keras only to register its optimizers (its ``__init__.py``), and JAX
    only for conversions (``lite/python/util.py``), and expects that both may fail.
    """
    hidden = [name for name in names if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]
    try:
        yield
    finally:
        for name in hidden:
            del sys.modules[name]
