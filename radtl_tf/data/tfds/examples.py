"""The examples of every TFDS data set: their features, their generation from the rows of a source, and reading."""

from __future__ import annotations

import io
import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import tensorflow_datasets as tfds

from radtl_tf.data.decoding.metadata_values import METADATA, plain
from radtl_tf.data.decoding.reading import SIGNATURE_SIDE, GreyRange, Reading
from radtl_tf.data.decoding.worker_pool import read_all
from radtl_tf.data.manifest.cases import UNKNOWN, Cases
from radtl_tf.data.manifest.labels import Labels
from radtl_tf.data.manifest.metadata import kept, metadata_cells
from radtl_tf.data.manifest.paths import ImageFile
from radtl_tf.data.manifest.reader import Manifest
from radtl_tf.data.tfds.continued import current
from radtl_tf.errors import DataError
from radtl_tf.records.experiment import Task

NOT_KNOWN = "unknown"  # the feature with the unknown labels of an image
SPLIT = "examples"  # TFDS keeps the name "all" for reading every split
_NOTE_DIVIDER = "; "
_USED, _HEADER_PATIENT = "grey range: ", "patient of the header: "


@dataclass(frozen=True)
class Row:
    """One image of a source: its file, its class (several for a multilabel data set) or number, its patient's hash.

    ``metadata`` (keys among ``METADATA``) comes from the source and overrides the metadata of the file. ``unknown`` are
    the classes of a multilabel data set that are unknown for the image; ``None``: all are known.
    """

    source: ImageFile
    label: str | Labels | float
    patient: str
    metadata: Mapping[str, str] = field(default_factory=dict)
    unknown: Labels | None = field(default=None, repr=False)  # the hash of a manifest's rows is older than this field


def features(
    labels: Sequence[str] | None, *, multilabel: bool = False, unknown: bool = False, number: bool = False
) -> tfds.features.FeaturesDict:
    """Return the features of every data set; ``labels`` are the classes in order; ``number``: the label is a number.

    Give ``None`` if only the sources know the classes, and set ``info.features["label"].names`` before generating.
    With ``unknown`` a multilabel data set also stores the unknown labels.
    """
    one = tfds.features.ClassLabel(names=list(labels) if labels is not None else None)
    if number:
        one = tfds.features.Scalar(np.float64)
    return tfds.features.FeaturesDict(
        {
            "image": tfds.features.Image(shape=(None, None, 1), dtype=np.uint16, encoding_format="png"),
            "label": tfds.features.Sequence(one) if multilabel else one,
            **({NOT_KNOWN: tfds.features.Sequence(one)} if unknown else {}),
            "patient": tfds.features.Text(),
            "example": tfds.features.Scalar(np.int64),
            "sha256": tfds.features.Text(),
            "reading": {
                "pixels_hash": tfds.features.Text(),
                **{name: tfds.features.Scalar(np.int32) for name in ("height", "width", "bits")},
                **{name: tfds.features.Scalar(np.float32) for name in ("mean", "sd", "border")},
                "signature": tfds.features.Tensor(shape=(SIGNATURE_SIDE, SIGNATURE_SIDE), dtype=np.uint8),
                "notes": tfds.features.Text(),
            },
            "metadata": {name: tfds.features.Text() for name in METADATA},
        }
    )


def class_names(info: tfds.core.DatasetInfo) -> list[str] | None:
    """Return the classes of a data set in their order; ``None`` if its labels are numbers."""
    label = info.features["label"]
    one = label.feature if isinstance(label, tfds.features.Sequence) else label
    return list(one.names) if isinstance(one, tfds.features.ClassLabel) else None


def rows_of(manifest: Manifest, cases: Cases, task: Task | None = None) -> tuple[Row, ...]:
    """Return the rows for ``generate`` from a manifest and its cases.

    ``task`` names the columns of metadata; without it columns have the names of their metadata.
    """
    metadata, all_known = metadata_cells(manifest, task), cases.all_known
    return tuple(
        Row(
            source,
            _label(cases, truth),
            cases.patient_ids[patient],
            kept(described),
            None if all_known else _unknown(cases, truth),
        )
        for source, truth, patient, described in zip(
            manifest.images, cases.truth, cases.patients, metadata, strict=True
        )
    )


def generate(rows: Iterable[Row], depth: int | None = None) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield TFDS's (key, example) of each row, keys ascending, decoded in worker processes.

    A build that continues an interrupted one gets the examples after those that are already on disk.

    ``depth`` as for ``data.decoding.images.decode_bytes``.

    Raises:
        DataError: images cannot be decoded, or have changed since their row was read. All images are tried; the
            message counts the failed ones and names the line of the first.
    """
    build = current()
    rows, ahead = itertools.tee(build.after(rows))
    faults: list[tuple[int, str]] = []
    outcomes = read_all((row.source.path for row in ahead), png=True, depth=depth, patients=build.patients)
    for number, (row, outcome) in enumerate(zip(rows, outcomes, strict=True), start=build.number):
        build.add(row)
        fault = outcome.reason or _change(row.source)
        if fault or outcome.reading is None or outcome.png is None:
            faults.append((row.source.line, fault))
        elif not faults:
            yield number, _example(number, row, outcome.reading, outcome.png)
    if faults:
        line, reason = faults[0]
        more = f" ({len(faults)} images cannot be used; `radtl data check` lists them)" if len(faults) > 1 else ""
        raise DataError(f"line {line}: {reason}{more}")


def reading_from(row: Mapping[str, Any]) -> Reading:
    """Return the Reading of an example that TFDS returns as NumPy values."""
    stored = row["reading"]
    notes, used, header_patient = _notes_from(stored["notes"].decode())
    # Data sets from earlier versions may hold ages as they were written, such as 97.0.
    metadata = {name: kept for name, value in row["metadata"].items() if (kept := plain(name, value.decode()))}
    return Reading(
        sha256=row["sha256"].decode(),
        pixels_hash=stored["pixels_hash"].decode(),
        height=int(stored["height"]),
        width=int(stored["width"]),
        bits=int(stored["bits"]),
        mean=float(stored["mean"]),
        sd=float(stored["sd"]),
        border=float(stored["border"]),
        signature=stored["signature"],
        notes=notes,
        metadata=metadata,
        used=used,
        header_patient=header_patient,
    )


def _notes_to(reading: Reading) -> str:
    """Return the notes as text, with the values that the features of the first data sets do not include."""
    bits, most, is_flat = reading.used
    more = [f"{_USED}{bits} {most} {int(is_flat)}"] * (bits > 0)
    more += [f"{_HEADER_PATIENT}{reading.header_patient}"] * bool(reading.header_patient)
    return _NOTE_DIVIDER.join((*reading.notes, *more))


def _notes_from(text: str) -> tuple[tuple[str, ...], GreyRange, str]:
    """Return the notes, the range of grey values and the header's patient that ``_notes_to`` wrote."""
    notes, used, header_patient = [], GreyRange(), ""
    for note in filter(None, text.split(_NOTE_DIVIDER)):
        if note.startswith(_USED):
            bits, most, is_flat = (int(word) for word in note.removeprefix(_USED).split())
            used = GreyRange(bits, most, bool(is_flat))
        elif note.startswith(_HEADER_PATIENT):
            header_patient = note.removeprefix(_HEADER_PATIENT)
        else:
            notes.append(note)
    return tuple(notes), used, header_patient


def _label(cases: Cases, truth: Any) -> str | Labels | float:
    if cases.is_number:
        return float(truth)
    if cases.kind == "multilabel":
        return tuple(name for name, has in zip(cases.classes, truth, strict=True) if has == 1)
    return cases.classes[truth]


def _unknown(cases: Cases, truth: Any) -> Labels:
    return tuple(name for name, has in zip(cases.classes, truth, strict=True) if has == UNKNOWN)


def _change(source: ImageFile) -> str:
    try:
        status = source.path.stat()
    except OSError:
        return "the image no longer exists: restore it and run again."
    if (status.st_size, status.st_mtime_ns) != (source.size, source.changed):
        return "the image has changed since the manifest was read: run again."
    return ""


def _example(number: int, row: Row, reading: Reading, png: bytes) -> dict[str, Any]:
    said = {name: kept for name, value in row.metadata.items() if (kept := plain(name, value))}
    known = {**reading.metadata, **said}
    names = ("pixels_hash", "height", "width", "bits", "mean", "sd", "border", "signature")
    return {
        "image": io.BytesIO(png),
        "label": list(row.label) if isinstance(row.label, tuple) else row.label,
        **({} if row.unknown is None else {NOT_KNOWN: list(row.unknown)}),
        "patient": row.patient,
        "example": number,
        "sha256": reading.sha256,
        "reading": {**{name: getattr(reading, name) for name in names}, "notes": _notes_to(reading)},
        "metadata": {name: known.get(name, "") for name in METADATA},
    }
