"""Say how far an experiment is: finished and failed runs, who works on it, and its size on disk."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from radtl_tf.records.experiment_facts import ExperimentFacts, read_facts
from radtl_tf.records.folder import OutputFolder
from radtl_tf.records.prepared import find_prepared, unfinished
from radtl_tf.records.safety.failures import Failure, read_failures
from radtl_tf.records.safety.lock import holder_of, workers_of
from radtl_tf.records.safety.lock_file import Holder


@dataclass(frozen=True)
class UnitStatus:
    """A work unit: how many of its ``runs`` are ``done``, its estimated seconds, and the process that trains it now."""

    name: str
    runs: int
    done: int
    seconds: float | None = None
    worker: Holder | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return JSON values."""
        return {**asdict(self), "worker": _told(self.worker)}


@dataclass(frozen=True)
class Status:
    """Finished runs per scenario; each scenario has ``runs_each`` runs, one per fold and repeat.

    ``failed``: the runs that have failed and are not finished. ``writer``: the process that prepares or finishes the
    folder. ``units``: the work units, if the folder is prepared.
    ``first`` and ``last``: when the first and the last run was finished (ISO 8601, UTC). ``num_bytes``: its size.
    """

    runs_each: int
    scenarios: dict[str, int]
    failed: Mapping[str, Failure] = field(default_factory=dict)
    writer: Holder | None = None
    first: str | None = None
    last: str | None = None
    num_bytes: int = 0
    units: tuple[UnitStatus, ...] = ()

    @property
    def runs(self) -> int:
        """Return the number of runs of the experiment."""
        return self.runs_each * len(self.scenarios)

    @property
    def done(self) -> int:
        """Return the number of finished runs."""
        return sum(self.scenarios.values())

    @property
    def workers(self) -> dict[str, Holder]:
        """Return the processes that train a work unit, by its name."""
        return {unit.name: unit.worker for unit in self.units if unit.worker}

    @property
    def left(self) -> int:
        """Return the number of runs that are not finished."""
        return self.runs - self.done

    def as_dict(self) -> dict[str, Any]:
        """Return JSON values."""
        return {
            "runs": self.runs,
            "done": self.done,
            "left": self.left,
            "scenarios": self.scenarios,
            "failed": {name: asdict(failure) for name, failure in self.failed.items()},
            "writer": _told(self.writer),
            "units": [unit.as_dict() for unit in self.units],
            "first_finished": self.first,
            "last_finished": self.last,
            "bytes": self.num_bytes,
        }


def read_status(folder: Path) -> Status:
    """Count the finished runs of the experiment in ``folder``; nothing is locked or written.

    Raises:
        OutputError: the folder holds no experiment, or a damaged one.
        DataError: another version wrote it, and this version cannot read it.
    """
    output = OutputFolder(folder)
    return status_of(output, read_facts(output.experiment))


def status_of(output: OutputFolder, facts: ExperimentFacts) -> Status:
    """Count the finished runs of an experiment whose facts are known."""
    finished = output.finished()
    done = Counter(run.root.parent.name for run in finished)
    times = sorted(run.marker.stat().st_mtime for run in finished)
    names = {f"{run.root.parent.name}/{run.root.name}" for run in finished}
    folds = facts.experiment.folds
    return Status(
        folds.count * folds.repeats,
        {one.name: done[one.name] for one in facts.scenarios},
        failed={name: one for name, one in read_failures(output.root).items() if name not in names},
        writer=holder_of(output.root),
        first=_when(times[0]) if times else None,
        last=_when(times[-1]) if times else None,
        num_bytes=sum(_sizes(output.root)),
        units=tuple(_units(output)),
    )


def _units(output: OutputFolder) -> Iterator[UnitStatus]:
    """Yield the work units of a prepared folder."""
    prepared, workers = find_prepared(output), workers_of(output.root)
    for unit in prepared.units if prepared else ():
        done = len(unit.runs) - len(unfinished(output, unit))
        yield UnitStatus(unit.name, len(unit.runs), done, unit.seconds, workers.get(unit.name))


def _told(holder: Holder | None) -> dict[str, Any] | None:
    """Return a process as JSON values."""
    return None if holder is None else {key: getattr(holder, key) for key in ("host", "process", "since")}


def _when(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")


def _sizes(folder: Path) -> Iterator[int]:
    """Yield the bytes of each file below ``folder``; a running experiment may remove some meanwhile."""
    for place, _, names in os.walk(folder):
        for name in names:
            try:
                yield os.lstat(os.path.join(place, name)).st_size
            except OSError:
                continue
