"""What a supervised process knows of its parent, and tells it (docs/decisions/0023-one-writer.md)."""

from __future__ import annotations

import json
import os
import secrets
import signal
import sys
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

VARIABLE = "RADTL_SUPERVISED"  # set by the parent for its child, see ``for_child``
STARTER = "RADTL_STARTED_BY"  # set by a process for the commands that must end with it: its number
_SIGNAL_AT_PARENTS_DEATH = 1  # PR_SET_PDEATHSIG, prctl(2)


@dataclass(frozen=True)
class _Parent:
    """What a supervised process knows of its parent: where to report, the lock that it holds, and its call."""

    descriptor: int
    lock: Path | None
    call: str


def for_child(descriptor: int, lock: Path | None, call: str) -> dict[str, str]:
    """Return the environment variable that makes a child of this process report to ``descriptor``.

    ``lock`` is the lock file that this process holds for the child, and ``call`` names the call of the command, which
    may need several children.
    """
    held = str(lock.resolve()) if lock else ""
    return {VARIABLE: json.dumps([os.getpid(), descriptor, held, call])}


def for_command() -> dict[str, str]:
    """Return the environment variable that makes a command end when this process, which starts it, dies."""
    return {STARTER: str(os.getpid())}


@cache
def _parent() -> _Parent | None:
    """Return what the parent has said; ``None`` in a process of its own."""
    text = os.environ.pop(VARIABLE, "")  # a process that this one starts has another parent
    if not text:
        return None
    process, descriptor, lock, call = json.loads(text)
    if process != os.getppid():
        return None
    os.set_inheritable(descriptor, False)
    return _Parent(descriptor, Path(lock) if lock else None, call)


def is_supervised() -> bool:
    """Return whether a parent supervises this process."""
    return _parent() is not None


def is_held_by_parent(lock: Path) -> bool:
    """Return whether the parent of this process holds a lock file for it."""
    known = _parent()
    return known is not None and known.lock == lock.resolve()


@cache
def this_call() -> str:
    """Return a name for this call of a command: the same in all children of one parent."""
    known = _parent()
    return known.call if known else secrets.token_hex(8)


def end_with_parent() -> None:
    """Let the kernel kill this process when its parent dies; without Linux nothing happens."""
    process = os.getppid()
    is_started = os.environ.pop(STARTER, "") == str(process)
    if not (is_supervised() or is_started) or sys.platform != "linux":
        return
    import ctypes  # not needed by any other command

    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_SIGNAL_AT_PARENTS_DEATH, signal.SIGKILL)
    if os.getppid() != process:
        os.kill(os.getpid(), signal.SIGKILL)


def at_unit(unit: str) -> None:
    """Tell the parent which work unit this process trains from now on."""
    _tell({"unit": unit})


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
        with suppress(OSError), os.fdopen(os.dup(known.descriptor), "w", encoding="utf-8") as stream:
            stream.write(json.dumps(message) + "\n")
