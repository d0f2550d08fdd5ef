"""``failed.json``: the runs that a crash or a kill has ended, in words."""

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
_NAME = "failed.json"


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


def failures_file(root: Path) -> Path:
    """Return the path of ``failed.json`` in the output folder ``root``."""
    return root / _NAME


def read_failures(root: Path) -> dict[str, Failure]:
    """Return the failures of the output folder ``root`` by the names of their runs; empty if there are none.

    Raises:
        OutputError: the file is damaged.
    """
    if not failures_file(root).exists():
        return {}
    try:
        known: Mapping[str, Mapping[str, Any]] = read_json(failures_file(root))["runs"]
        return {name: Failure(**{key: one[key] for key in Failure.__dataclass_fields__}) for name, one in known.items()}
    except (KeyError, TypeError, AttributeError) as error:
        raise OutputError(f"{failures_file(root)} is damaged: not a list of runs. Delete the file.") from error


def record_failures(root: Path, runs: Iterable[str], reason: str, place: str = "") -> dict[str, Failure]:
    """Count one more failure of each run; return those of this call.

    Raises:
        OutputError: the folder cannot be written.
    """
    known, now = read_failures(root), datetime.now(UTC).isoformat(timespec="seconds")
    new = {name: Failure(reason, known[name].times + 1 if name in known else 1, now, place) for name in runs}
    _write(root, known | new)
    return new


def forget_failures(root: Path, runs: Iterable[str] | None = None) -> None:
    """Remove the failures of ``runs``, or all of them.

    Raises:
        OutputError: the folder cannot be written.
    """
    kept = {} if runs is None else {name: one for name, one in read_failures(root).items() if name not in set(runs)}
    if failures_file(root).exists():
        _write(root, kept)


def _write(root: Path, failures: Mapping[str, Failure]) -> None:
    if failures:
        write_json(failures_file(root), {"runs": {name: asdict(one) for name, one in failures.items()}})
        return
    try:
        with suppress(FileNotFoundError):
            failures_file(root).unlink()
    except OSError as error:
        raise unwritable(failures_file(root), error) from error


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
