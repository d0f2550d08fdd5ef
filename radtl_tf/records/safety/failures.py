"""``failed/<unit>.json``: the runs that a crash or a kill has ended, in words."""

from __future__ import annotations

import signal
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from radtl_tf.errors import OutputError
from radtl_tf.records.disk import read_json, unwritable, write_json

MOST = 2  # tries of a run in one call
_FOLDER = "failed"  # with a file per work unit, so that each has one writer
_EARLIER = "failed.json"  # of all runs, in earlier versions


@dataclass(frozen=True)
class Failure:
    """Why a run failed, how many ``times`` in the last call, when (ISO 8601, UTC), and where in the code, if known."""

    reason: str
    times: int
    when: str
    place: str = ""

    @property
    def is_final(self) -> bool:
        """Return whether the call has given the run up."""
        return self.times >= MOST


def failures_file(root: Path, unit: str) -> Path:
    """Return the file of the failures of a work unit in the output folder ``root``."""
    return root / _FOLDER / f"{unit}.json"


def read_failures(root: Path) -> dict[str, Failure]:
    """Return the failures of the output folder ``root`` by the names of their runs; empty if there are none.

    Raises:
        OutputError: a file is damaged.
    """
    files = [root / _EARLIER, *sorted((root / _FOLDER).glob("[!.]*.json"))]
    return {name: failure for file in files for name, failure in _read(file)[1].items()}


def failures_in(root: Path, unit: str, call: str) -> dict[str, Failure]:
    """Return the failures of a work unit in one call of a command; those of other calls do not count.

    Raises:
        OutputError: the file is damaged.
    """
    by, known = _read(failures_file(root, unit))
    return known if by == call else {}


def record_failures(
    root: Path, unit: str, runs: Iterable[str], reason: str, place: str = "", *, call: str
) -> dict[str, Failure]:
    """Count one more failure of each run in a call; return those of ``runs``. Only who holds the unit's lock may do so.

    Raises:
        OutputError: the folder cannot be written.
    """
    known, now = failures_in(root, unit, call), datetime.now(UTC).isoformat(timespec="seconds")
    new = {name: Failure(reason, known[name].times + 1 if name in known else 1, now, place) for name in runs}
    _write(failures_file(root, unit), call, known | new)
    return new


def forget_failures(root: Path, unit: str, runs: Iterable[str]) -> None:
    """Remove the failures of ``runs`` of a work unit. Only who holds the unit's lock may do so.

    Raises:
        OutputError: the folder cannot be written.
    """
    file = failures_file(root, unit)
    by, known = _read(file)
    gone = known.keys() & set(runs)
    if gone:
        _write(file, by, {name: one for name, one in known.items() if name not in gone})


def forget_earlier(root: Path) -> None:
    """Remove ``failed.json``, which earlier versions wrote for all runs. Only the writer of the folder may do so.

    Raises:
        OutputError: the folder cannot be written.
    """
    _unlink(root / _EARLIER)


def _read(file: Path) -> tuple[str, dict[str, Failure]]:
    """Return the call that wrote a file, and the failures."""
    if not file.exists():
        return "", {}
    try:
        written: Mapping[str, Any] = read_json(file)
        fields = Failure.__dataclass_fields__
        known = {name: Failure(**{key: one[key] for key in fields}) for name, one in written["runs"].items()}
        return written.get("call", ""), known
    except (KeyError, TypeError, AttributeError) as error:
        raise OutputError(f"{file} is damaged: not a list of runs. Delete the file.") from error


def _write(file: Path, call: str, failures: Mapping[str, Failure]) -> None:
    if failures:
        write_json(file, {"call": call, "runs": {name: asdict(one) for name, one in failures.items()}})
    else:
        _unlink(file)


def _unlink(file: Path) -> None:
    """Remove a file, and its folder if this was the last one."""
    try:
        with suppress(FileNotFoundError):
            file.unlink()
    except OSError as error:
        raise unwritable(file, error) from error
    if file.parent.name == _FOLDER:
        with suppress(OSError):  # not empty
            file.parent.rmdir()


def words_for(returncode: int) -> str:
    """Return in words how a process ended, from the return code of ``subprocess``.

    >>> words_for(-9)
    'killed by signal 9, probably because the memory was full'
    >>> words_for(3)
    'ended with exit code 3'
    """
    if returncode >= 0:
        return f"ended with exit code {returncode}"
    number = -returncode
    known = {
        signal.SIGKILL: ", probably because the memory was full",
        signal.SIGABRT: ": it gave up, often because the memory was full",
        signal.SIGSEGV: ": it crashed",
        signal.SIGBUS: ": it crashed, often because a disk or /dev/shm was full",
    }
    return f"killed by signal {number}{known.get(signal.Signals(number), '')}"
