"""Find the weights of a backbone in these sources, in this order.

1. A file that the experiment file declares for this backbone: ``[weights.<name>] files.<backbone>``. For a vision
   transformer it is a folder of Hugging Face. With ``use``, the known name there is looked for in the other sources.
2. ``random``: drawn from the seed with the layers' initializers.
3. A row of ``weights/catalogue.tsv`` with that name: its file, if the weights folder has it under a published name.
4. Otherwise, if the row's source is ``keras``, Keras downloads it; for other rows an error says where to get the file.

The pixel convention comes from the same source; the experiment can override it, and both are recorded.
"""

from __future__ import annotations

import contextlib
import json
import socket
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import keras
import numpy as np

from radtl_tf.errors import ExperimentError, WeightsError, nearest
from radtl_tf.logs import get_logger
from radtl_tf.models.backbones import backbone as backbone_row
from radtl_tf.models.backbones import draw_weights, network
from radtl_tf.models.pixels import convention
from radtl_tf.models.weights.catalogue import (
    CatalogueRow,
    MissingFilesError,
    availability,
    catalogue,
    check_sum,
    find,
    known_sum,
    rows_of,
)
from radtl_tf.models.weights.preset_folder import WEIGHTS as PRESET_WEIGHTS
from radtl_tf.models.weights.preset_folder import preset_pixels, preset_weights
from radtl_tf.models.weights.transformer_weights import read_start
from radtl_tf.models.weights.verified import is_verified, remember_verified
from radtl_tf.places import weights_folder
from radtl_tf.records.experiment import WeightsEntry
from radtl_tf.records.runs import EMBEDDINGS, NO_PIXELS

_log = get_logger(__name__)

RANDOM = "random"
NATIVE = "native"
_CONNECT_SECONDS = 10
_DOWNLOAD_SIZE = 224  # px; Keras has one file of MobileNet weights per size, and the catalogue lists this one


@dataclass(frozen=True)
class WeightsRecord:
    """Resolved weights of one backbone; ``pixels`` is the convention to use, ``native_pixels`` that in pre-training."""

    name: str
    backbone: str
    source: Literal["random", "keras", "file", "embeddings"]
    file: Path | None
    pixels: str
    native_pixels: str
    sha256: str | None


def _listed(name: str, backbone: str) -> CatalogueRow | None:
    return next((row for row in catalogue() if (row.name, row.backbone) == (name, backbone)), None)


def resolve(
    name: str, backbone: str, *, entries: dict[str, WeightsEntry], pixels: str = NATIVE, folder: Path
) -> WeightsRecord:
    """Find the weights called ``name`` for a backbone; a file is hashed, but nothing is loaded or downloaded.

    ``entries`` are the declarations of the experiment file; ``folder`` is searched for published files. ``pixels``
    other than ``native`` overrides the convention of the weights.

    Raises:
        ExperimentError: the name, backbone or convention is unknown, or weights are declared without a convention.
        WeightsError: the file is missing; the message says where to get it and where to put it.
    """
    native = native_pixels(name, backbone, entries)
    entry = entries.get(name, WeightsEntry())
    listed = _listed(entry.use or name, backbone)
    chosen = native if pixels == NATIVE else convention(pixels).name
    source, file = _locate(name, backbone, entry, listed, folder)
    return WeightsRecord(
        name=name,
        backbone=backbone,
        source=source,
        file=file,
        pixels=chosen,
        native_pixels=native,
        sha256=_sum(file, listed if file and backbone not in entry.files else None),
    )


def brought_in(name: str, file: Path) -> WeightsRecord:
    """Return the record of embeddings that another program computed; their file is hashed, not read.

    Raises:
        WeightsError: the file is missing.
    """
    if not file.is_file():
        raise WeightsError(f"Embeddings {file} are missing: correct embeddings in [weights.{name}].")
    return WeightsRecord(
        name=name,
        backbone=EMBEDDINGS,
        source="embeddings",
        file=file,
        pixels=NO_PIXELS,
        native_pixels=NO_PIXELS,
        sha256=known_sum(file),
    )


def native_pixels(name: str, backbone: str, entries: dict[str, WeightsEntry]) -> str:
    """Return the pixel convention of the weights called ``name`` for a backbone; no file needs to be there.

    Raises:
        ExperimentError: the name, backbone or convention is unknown, or weights are declared without a convention.
        WeightsError: the record next to a file, or in a folder, is damaged.
    """
    row, entry = backbone_row(backbone), entries.get(name, WeightsEntry())
    known = entry.use or name
    _check_known(known, {} if entry.use else entries)
    listed, made_with = _listed(known, backbone), _made_with(entry.files.get(backbone))
    native = entry.pixels or made_with or (listed.pixels if listed else row.pixels if known == RANDOM else None)
    declared = entry.files.get(backbone)
    if native is None and declared and row.transformer:
        preset_weights(declared, row, row.transformer)  # a missing folder is the better reason
    if native is None:
        raise ExperimentError(f"Weights {name!r} have no pixel convention: add pixels to [weights.{name}].")
    return convention(native).name


def _made_with(file: Path | None) -> str | None:
    """Return the pixel convention in the record next to a file that ``radtl`` made, or None without a record.

    A folder of Hugging Face has its record inside.
    """
    if file and file.is_dir():
        return preset_pixels(file) or _made_with(file / PRESET_WEIGHTS)
    record = file.with_name(f"{file.name}.json") if file else None
    if record is None or not record.is_file():
        return None
    try:
        pixels = json.loads(record.read_text(encoding="utf-8")).get("pixels")
    except (OSError, ValueError, AttributeError) as error:
        raise WeightsError(f"{record} is not the record of a weights file: remove it, or give pixels.") from error
    return pixels if isinstance(pixels, str) else None


def _sum(file: Path | None, published: CatalogueRow | None) -> str | None:
    if file is None:
        return None
    return check_sum(published, file) if published else known_sum(file)


def _check_known(name: str, entries: dict[str, WeightsEntry]) -> None:
    known = {RANDOM, *entries, *(item.name for item in catalogue())}
    if name not in known:
        choices = ", ".join(sorted(known))
        hint = nearest(name, known)
        raise ExperimentError(f"Unknown weights {name!r}{hint}: use one of {choices}, or declare [weights.{name}].")


def _locate(
    name: str, backbone: str, entry: WeightsEntry, listed: CatalogueRow | None, folder: Path
) -> tuple[Literal["random", "keras", "file"], Path | None]:
    """Return the source of the weights and their file, if any, in the order given at the top of this module."""
    declared = entry.files.get(backbone)
    row = backbone_row(backbone)
    if declared and row.transformer:
        return "file", preset_weights(declared, row, row.transformer)
    if declared:
        if not declared.is_file():
            raise WeightsError(f"Weights file {declared} is missing: correct files.{backbone} in [weights.{name}].")
        return "file", declared
    if (entry.use or name) == RANDOM:
        return "random", None
    if listed is None:
        raise WeightsError(f"Weights {name!r} have no file for {backbone}: add files.{backbone} to [weights.{name}].")
    present = find(listed, folder)
    if present:
        return "file", present
    if listed.source == "keras":
        return "keras", None
    raise MissingFilesError([listed], folder)


def initialize(base: keras.Model, record: WeightsRecord, seed: int) -> None:
    """Assign the weights of the record to ``base``; only ``random`` uses ``seed``.

    Raises:
        WeightsError: the file does not match the record, or the download failed; ``base`` is then unchanged.
    """
    if record.source == RANDOM:
        draw_weights(base, seed)
    else:
        assign(base, read_values(base, record))


def read_values(base: keras.Model, record: WeightsRecord) -> Sequence[np.ndarray]:
    """Return the values of weights that are not random, in the order of ``base.weights``.

    Raises:
        WeightsError: the file does not match the record, or the download failed.
    """
    if record.source == "keras":
        return _downloaded(record.name, record.backbone)
    return _from_file(base, record)


def _from_file(base: keras.Model, record: WeightsRecord) -> Sequence[np.ndarray]:
    if record.file is None:
        raise WeightsError(f"Weights {record.name!r} for {record.backbone} have no file: resolve them again.")
    known = {item.sha256 for item in catalogue()} - {None}
    trusted = record.sha256 if record.sha256 in known else None
    found = read_start(record.file, base, backbone=backbone_row(record.backbone), sha256=trusted)
    if record.sha256 not in (None, found.report.sha256):
        raise WeightsError(f"Weights file {record.file} has changed since it was resolved: start again.")
    for warning in found.report.warnings:
        _log.warning("%s: %s", record.file, warning)
    if not found.report.warnings:
        remember_verified(record.file, record.backbone, found.report.sha256)
    return found.values


def needs_check(record: WeightsRecord) -> bool:
    """Return whether the weights must be read into a network to know that they fit; known files need not."""
    if record.source in (RANDOM, EMBEDDINGS):
        return False
    return not (record.file and record.sha256 and is_verified(record.file, record.backbone, record.sha256))


def fetch(name: str, backbone: str | None, *, folder: Path) -> Iterator[tuple[CatalogueRow, Path]]:
    """Yield each file of the weights called ``name``; Keras downloads missing files.

    Raises:
        ExperimentError: the catalogue has no such weights.
        WeightsError: the user must obtain files (the message says where; nothing is downloaded), or a download failed.
    """
    states = [availability(row, folder) for row in rows_of(name, backbone)]
    missing = [state.row for state in states if state.status == "missing"]
    if missing:
        raise MissingFilesError(missing, folder)
    for state in states:
        if state.problem:
            raise WeightsError(state.problem)
        yield state.row, state.file or _kept(state.row, folder)


def _kept(row: CatalogueRow, folder: Path) -> Path:
    """Let Keras download a file; return its path in Keras' cache."""
    _downloaded(row.name, row.backbone)
    file = availability(row, folder).file
    if file is None:
        raise WeightsError(
            f"Keras loaded {row.name!r} for {row.backbone}, but kept no file {row.files[-1]}: try again."
        )
    return file


def _downloaded(name: str, backbone: str) -> list[np.ndarray]:
    """Return the values of weights from Keras' cache or a download."""
    try:
        with _short_patience(), contextlib.redirect_stdout(sys.stderr):  # Keras prints its progress; stdout is for data
            source = network(backbone_row(backbone), _DOWNLOAD_SIZE, weights="imagenet")
    except Exception as error:  # Keras raises a bare Exception when a download fails
        listed = _listed(name, backbone)
        raise WeightsError(
            f"Keras could not download the ImageNet weights of {backbone}: connect to the internet once, or put "
            f"{listed.files[0] if listed else 'its file'} into {weights_folder()}."
        ) from error
    return [keras.ops.convert_to_numpy(weight) for weight in source.weights]


@contextlib.contextmanager
def _short_patience() -> Iterator[None]:
    """Set a timeout of seconds for connections, because Keras' download has no timeout."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(_CONNECT_SECONDS)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)


def assign(base: keras.Model, values: Sequence[np.ndarray]) -> None:
    """Assign these values to the weights of ``base``, in order.

    Raises:
        WeightsError: the weights differ from the values when they are read back.
    """
    wrong = []
    for weight, value in zip(base.weights, values, strict=True):
        weight.assign(value)
        if not np.array_equal(keras.ops.convert_to_numpy(weight), value):
            wrong.append(weight.path)
    if wrong:
        raise WeightsError(
            f"{len(wrong)} weights differ after they were assigned, the first is {wrong[0]}: check the memory."
        )
