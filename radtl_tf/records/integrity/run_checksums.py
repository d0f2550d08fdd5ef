"""Compare the files of a finished run with the checksums in its ``DONE.json``."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from radtl_tf.errors import OutputError
from radtl_tf.records.checksums import checksum_of
from radtl_tf.records.folder import OutputFolder, RunFolder
from radtl_tf.records.integrity.sealed_json import intact_object, is_sealed

SMALL = ("run.json", "history.csv", "predictions.csv")  # what an evaluation reads
WEIGHTS = ("weights.h5",)


def marker_of(run: RunFolder) -> dict[str, Any] | None:
    """Return the content of ``DONE.json``, or ``None`` if it is damaged; earlier versions wrote the run's name only."""
    found = intact_object(run.marker)
    if found is None or not (is_sealed(found) or set(found) == {"run"}):
        return None
    return found


def damaged_files(run: RunFolder, names: Collection[str] = (*SMALL, *WEIGHTS)) -> list[str]:
    """Return which of the files ``names`` are missing or damaged, or ``DONE.json`` if that is damaged.

    A file is read once per process. A run of an earlier version has no checksums, so nothing of it is damaged.
    """
    marker = marker_of(run)
    if marker is None:
        return [run.marker.name]
    sums = marker.get("files", {})
    return [name for name in names if name in sums and _sum(run, name) != sums[name]]


def refuse_damaged(run: RunFolder, names: Collection[str]) -> None:
    """Refuse a finished run whose files ``names`` are damaged.

    Raises:
        OutputError: naming the files and the cure.
    """
    found = damaged_files(run, names)
    if found:
        raise OutputError(
            f"{run.root}: {', '.join(found)} is damaged or was changed. Run the experiment again: it trains this run "
            "again and keeps the others."
        )


def refuse_damaged_runs(folder: OutputFolder) -> None:
    """Refuse a folder with finished runs whose small files are damaged; weights are compared when they are opened.

    Raises:
        OutputError: naming the first damaged run and the cure.
    """
    for run in folder.finished():
        refuse_damaged(run, SMALL)


def _sum(run: RunFolder, name: str) -> str:
    try:
        return checksum_of(run.root / name)
    except OSError:
        return ""
