"""What a supervised process knows of its parent, and tells it (docs/decisions/0023-one-writer.md)."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Iterable
from contextlib import suppress
from functools import cache
from pathlib import Path

VARIABLE = "RADTL_SUPERVISED"  # set by the parent for its child: its process, the file descriptor, the folder
_SIGNAL_AT_PARENTS_DEATH = 1  # PR_SET_PDEATHSIG, prctl(2)


def for_child(descriptor: int, folder: Path) -> dict[str, str]:
    """Return the environment variable that makes a child of this process report to ``descriptor``."""
    return {VARIABLE: json.dumps([os.getpid(), descriptor, str(folder.resolve())])}


@cache
def _parent() -> tuple[int, Path] | None:
    """Return the file descriptor and the folder that the parent has named; ``None`` in a process of its own."""
    text = os.environ.pop(VARIABLE, "")  # a process that this one starts has another parent
    if not text:
        return None
    process, descriptor, folder = json.loads(text)
    if process != os.getppid():
        return None
    os.set_inheritable(descriptor, False)
    return descriptor, Path(folder)


def is_supervised() -> bool:
    """Return whether a parent supervises this process."""
    return _parent() is not None


def is_written_for_parent(folder: Path) -> bool:
    """Return whether the parent of this process holds the lock of ``folder`` for it."""
    known = _parent()
    return known is not None and known[1] == folder.resolve()


def end_with_parent() -> None:
    """Let the kernel kill this process when its parent dies; without Linux nothing happens."""
    if not is_supervised() or sys.platform != "linux":
        return
    import ctypes  # not needed by any other command

    process = os.getppid()
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_SIGNAL_AT_PARENTS_DEATH, signal.SIGKILL)
    if os.getppid() != process:
        os.kill(os.getpid(), signal.SIGKILL)


def in_hand(runs: Iterable[str]) -> None:
    """Tell the parent which runs this process works on from now on: they are concerned if it dies."""
    _tell({"runs": list(runs)})


_told: list[BaseException] = []


def has_told(error: BaseException) -> bool:
    """Return whether the parent knows that ``error`` ends this process."""
    return error in _told


def crashed(error: BaseException) -> None:
    """Tell the parent, if there is one, that an exception, which is not about the user's input, ends this process."""
    if not is_supervised():
        return
    _told.append(error)
    trace, place = error.__traceback__, ""
    while trace:
        code = trace.tb_frame.f_code
        place, trace = f"{Path(code.co_filename).name}:{trace.tb_lineno} in {code.co_name}", trace.tb_next
    said = " ".join(str(error).split())[:300]
    reason = "the memory was full" if isinstance(error, MemoryError) else f"{type(error).__name__}: {said}"
    _tell({"crash": reason, "place": place})


def _tell(message: dict[str, object]) -> None:
    known = _parent()
    if known is not None:
        with suppress(OSError), os.fdopen(os.dup(known[0]), "w", encoding="utf-8") as stream:
            stream.write(json.dumps(message) + "\n")
