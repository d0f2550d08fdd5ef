"""Prepare the images of a manifest, of a folder or of readings for the data check."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from radtl_tf.data.check.findings import Examined
from radtl_tf.data.decoding.reading import Outcome, Reading
from radtl_tf.data.decoding.worker_pool import read_all
from radtl_tf.data.manifest.labels import RowLabels, narrowed
from radtl_tf.data.manifest.metadata import kept, metadata_cells
from radtl_tf.data.manifest.numbers_and_stages import number_of
from radtl_tf.data.manifest.reader import Manifest, column
from radtl_tf.data.manifest.rows import patient_ids
from radtl_tf.progress import Watch, counted, silent
from radtl_tf.records.experiment import Task


def read_manifest_images(manifest: Manifest, watch: Watch = silent, *, depth: int | None = None) -> list[Outcome]:
    """Read every image of a manifest in worker processes; ``watch`` is told of each. Faulty rows are refused.

    ``depth`` as of ``data.decoding.images.decode_bytes``.
    """
    paths = (source.path for row, source in enumerate(manifest.images) if row not in manifest.faults)
    outcomes = read_all(paths, depth=depth)
    faults = (manifest.faults.get(row) for row in range(len(manifest.images)))
    found = (Outcome("refused", "path", fault) if fault else next(outcomes) for fault in faults)
    return list(counted(found, watch, "Images", len(manifest.images)))


def read_files(files: Sequence[Path], watch: Watch = silent, *, depth: int | None = None) -> list[Examined]:
    """Read images without a manifest; ``line`` is their number, from 1; ``watch`` is told of each."""
    outcomes = counted(read_all(files, depth=depth), watch, "Images", len(files))
    return [Examined(number, outcome) for number, outcome in enumerate(outcomes, start=1)]


def examined(
    manifest: Manifest,
    outcomes: Sequence[Outcome],
    labels: RowLabels,
    *,
    task: Task | None,
    patient: str | None,
    pattern: str | None = None,
) -> list[Examined]:
    """Return what the check needs of each row; a column with the name of a metadatum replaces the file's value.

    ``labels`` holds the labels of each row, as ``labelled`` read them for ``task`` (``None``: no labels). ``patient``
    is the column of the patient ids, or ``pattern`` finds them in the paths.

    Raises:
        DataError: a column is missing.
    """
    named = narrowed(labels.names, task) if task else [()] * len(outcomes)
    patients = patient_ids(manifest, patient, pattern, written=True) or [""] * len(outcomes)
    names = () if task is None else (task.label,) if isinstance(task.label, str) else task.label
    others = [name for name in manifest.table if name not in (manifest.path_column, patient, *names)]
    paths, cells = column(manifest, manifest.path_column, "path"), manifest.table[others].to_dict("records")
    described = metadata_cells(manifest, task)
    return [
        Examined(
            line=source.line,
            outcome=_described(outcome, kept(described[row])),
            labels=named[row],
            unknown=labels.unknown_of(row) if task else (),
            number=number_of(named[row][0]) if task and task.kind == "regression" else None,
            patient=patients[row],
            path=paths[row],
            columns={str(name): str(value) for name, value in cells[row].items()},
            cells=described[row],
        )
        for row, (source, outcome) in enumerate(zip(manifest.images, outcomes, strict=True))
    ]


def outcomes_of(readings: Iterable[Reading]) -> list[Outcome]:
    """Return the outcomes of images that are already decoded."""
    return [Outcome("decoded", reading=reading) for reading in readings]


def _described(outcome: Outcome, known: Mapping[str, str]) -> Outcome:
    """Return the outcome with the metadata that the manifest gives for the image."""
    said = {name: value for name, value in known.items() if value}
    if outcome.reading is None or not said:
        return outcome
    return replace(outcome, reading=replace(outcome.reading, metadata={**outcome.reading.metadata, **said}))
