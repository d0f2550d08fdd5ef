"""``PREPARED.json``: the work units of a prepared experiment, and what a process needs to train one of them.

Design: docs/decisions/0024-work-units.md.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from radtl_tf.errors import ExperimentError, OutputError, nearest
from radtl_tf.records.disk import write_json
from radtl_tf.records.folder import OutputFolder, RunFolder
from radtl_tf.records.integrity.sealed_json import intact_object, sealed
from radtl_tf.records.reader import validated

_FORMAT = 1


@dataclass(frozen=True, kw_only=True)
class WorkUnit:
    """All runs that share one start of a backbone, by name, and the estimated ``seconds`` of what remained of them.

    ``seconds`` is ``None`` if nothing was timed.
    """

    name: str
    runs: tuple[str, ...]
    seconds: float | None = None


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """The content of ``PREPARED.json``.

    ``facts`` are those of ``experiment.json`` that must not change. ``arrays`` is the checksum of the file of cases and
    folds, ``images`` the hash of the pixels of all images, ``weights`` a record for each file and pixel convention.
    ``threads`` is how many threads a unit computes with; ``versions`` and ``hardware`` are those of the process that
    prepared.
    """

    facts: dict[str, Any]
    arrays: str
    images: str
    weights: tuple[dict[str, Any], ...]
    threads: int
    versions: dict[str, str]
    hardware: dict[str, Any]
    units: tuple[WorkUnit, ...]

    @property
    def is_timed(self) -> bool:
        """Return whether the units have estimated seconds."""
        return all(unit.seconds is not None for unit in self.units)

    @property
    def longest_first(self) -> list[WorkUnit]:
        """Return the units in the order in which workers take them."""
        return sorted(self.units, key=lambda unit: -(unit.seconds or 0))

    def unit(self, name: str) -> WorkUnit:
        """Return the unit of this name.

        Raises:
            ExperimentError: there is none.
        """
        names = [unit.name for unit in self.units]
        if name not in names:
            hint = nearest(name, names)
            raise ExperimentError(f"{name!r} is not a work unit of this experiment{hint}. They are {', '.join(names)}.")
        return self.units[names.index(name)]


def find_prepared(folder: OutputFolder) -> Prepared | None:
    """Return the content of ``PREPARED.json``, or ``None`` if it is missing, damaged or of a newer version."""
    written = intact_object(folder.prepared)
    if written is None or written.get("format") != _FORMAT:
        return None
    try:
        return validated({key: written[key] for key in Prepared.__dataclass_fields__}, Prepared)
    except (ExperimentError, KeyError):
        return None


def read_prepared(folder: OutputFolder) -> Prepared:
    """Return the content of ``PREPARED.json``.

    Raises:
        OutputError: it is missing or damaged.
    """
    found = find_prepared(folder)
    if found is None:
        state = "is damaged or of another version" if folder.prepared.exists() else "is missing"
        raise OutputError(f"{folder.prepared} {state}: prepare the experiment (again); finished runs are kept.")
    return found


def write_prepared(folder: OutputFolder, prepared: Prepared) -> None:
    """Write ``PREPARED.json`` with its checksum.

    Raises:
        OutputError: the file cannot be written.
    """
    write_json(folder.prepared, sealed({"format": _FORMAT, **asdict(prepared)}))


def unfinished(folder: OutputFolder, unit: WorkUnit) -> list[str]:
    """Return the names of the runs of a unit that are not finished."""
    return [name for name in unit.runs if not run_folder(folder, name).marker.is_file()]


def run_folder(folder: OutputFolder, name: str) -> RunFolder:
    """Return the files of the run of this name."""
    return RunFolder(folder.runs / Path(name))
