"""Log messages: the library logs to the logger ``radtl_tf`` and never prints; the caller shows the messages."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_ROOT = logging.getLogger("radtl_tf")
_ROOT.addHandler(logging.NullHandler())  # without it, Python prints warnings on stderr


def get_logger(module: str) -> logging.Logger:
    """Return the logger of a module, given as ``__name__``; INFO is for steps, WARNING for possible problems."""
    return logging.getLogger(module)


@contextmanager
def shown(write: Callable[[str], None]) -> Iterator[None]:
    """Pass every message to ``write``, one line each, while the block runs; warnings start with ``Warning:``."""
    handler = _Lines(write)
    level, propagate = _ROOT.level, _ROOT.propagate
    _ROOT.addHandler(handler)
    _ROOT.setLevel(logging.INFO)
    _ROOT.propagate = False
    try:
        yield
    finally:
        _ROOT.removeHandler(handler)
        _ROOT.setLevel(level)
        _ROOT.propagate = propagate


class _Lines(logging.Handler):
    """A handler that passes each message to a function."""

    def __init__(self, write: Callable[[str], None]) -> None:
        super().__init__()
        self._write = write

    def emit(self, record: logging.LogRecord) -> None:
        """Write the message, with a prefix if it is a warning."""
        prefix = "Warning: " if record.levelno >= logging.WARNING else ""
        self._write(prefix + record.getMessage())
