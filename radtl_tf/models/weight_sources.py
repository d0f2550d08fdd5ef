"""Where do the weights come from, in which order?

1. A file that the experiment file declares for this backbone: ``[weights.<name>] files.<backbone>``.
2. ``random``: drawn from the seed by the layers' own initializers.
3. A row of ``weights/catalogue.tsv`` of that name: its file, if it lies in the weights folder under a published name;
4. else, where the row's source is ``keras``, what Keras itself downloads; for the others one line says where to get it.

The pixel convention comes from the same place as the weights; the experiment may override it, and both are recorded.
"""

from __future__ import annotations

import contextlib
import csv
import logging
import socket
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

import keras
import numpy as np

from radtl_tf import places
from radtl_tf.errors import ExperimentError, WeightsError, nearest
from radtl_tf.models.backbones import backbone as backbone_row
from radtl_tf.models.backbones import draw_weights
from radtl_tf.models.pixels import convention
from radtl_tf.models.weight_file import read_weights, sha256_of
from radtl_tf.records.experiment import WeightsEntry

RANDOM = "random"
NATIVE = "native"
_CONNECT_SECONDS = 10


@dataclass(frozen=True)
class WeightsRecord:
    """Weights of one backbone as resolved; ``pixels`` is the convention they get, ``native_pixels`` what they saw."""

    name: str
    backbone: str
    source: Literal["random", "keras", "file"]
    file: Path | None
    pixels: str
    native_pixels: str
    sha256: str | None


@dataclass(frozen=True)
class CatalogueRow:
    """A published weights file: a row of ``weights/catalogue.tsv``; ``files`` are the names under which it is found."""

    name: str
    files: tuple[str, ...]
    backbone: str
    source: Literal["keras", "file"]
    sha256: str | None
    pixels: str
    license: str
    citation: str
    obtain: str


@cache
def catalogue() -> tuple[CatalogueRow, ...]:
    """Return every published weights file that is known by name."""
    with (places.shipped("weights") / "catalogue.tsv").open(encoding="utf-8", newline="") as file:
        records = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    return tuple(
        CatalogueRow(
            name=record["name"],
            files=tuple(record["aliases"].split(";")),
            backbone=record["backbone"],
            source="keras" if record["source"] == "keras" else "file",
            sha256=record["sha256"] or None,
            pixels=record["pixels"],
            license=record["license"],
            citation=record["citation"],
            obtain=record["obtain"],
        )
        for record in records
    )


def _listed(name: str, backbone: str) -> CatalogueRow | None:
    return next((row for row in catalogue() if (row.name, row.backbone) == (name, backbone)), None)


def resolve(
    name: str, backbone: str, *, entries: dict[str, WeightsEntry], pixels: str = NATIVE, folder: Path
) -> WeightsRecord:
    """Find the weights called ``name`` for a backbone; nothing is loaded or downloaded, a file is hashed.

    ``entries`` is what the experiment file declares, ``folder`` is searched for published files. ``pixels`` other than
    ``native`` overrides the convention of the weights.

    Raises:
        ExperimentError: an unknown name, backbone or convention, or weights declared without a convention.
        WeightsError: the file is missing; the message says where to get it and where to put it.
    """
    row = backbone_row(backbone)
    entry = entries.get(name, WeightsEntry())
    listed = _listed(name, backbone)
    _check_known(name, entries)
    native = entry.pixels or (listed.pixels if listed else row.pixels if name == RANDOM else None)
    if native is None:
        raise ExperimentError(f"Weights {name!r} have no pixel convention: add pixels to [weights.{name}].")
    native = convention(native).name
    chosen = native if pixels == NATIVE else convention(pixels).name
    source, file = _locate(name, backbone, entry, listed, folder)
    return WeightsRecord(
        name=name,
        backbone=backbone,
        source=source,
        file=file,
        pixels=chosen,
        native_pixels=native,
        sha256=_sum(file, listed if file and file not in entry.files.values() else None),
    )


def _sum(file: Path | None, published: CatalogueRow | None) -> str | None:
    """Return the sha256 of a file, which must be the one of the catalogue where the file bears a published name."""
    found = sha256_of(file) if file else None
    if published and published.sha256 not in (None, found):
        raise WeightsError(
            f"Weights file {file} has sha256 {found}, the published one {published.sha256}: get it again, "
            f"or declare it by files.{published.backbone} in [weights.{published.name}]."
        )
    return found


def _check_known(name: str, entries: dict[str, WeightsEntry]) -> None:
    known = {RANDOM, *entries, *(item.name for item in catalogue())}
    if name not in known:
        choices = ", ".join(sorted(known))
        hint = nearest(name, known)
        raise ExperimentError(f"Unknown weights {name!r}{hint}: use one of {choices}, or declare [weights.{name}].")


def _locate(
    name: str, backbone: str, entry: WeightsEntry, listed: CatalogueRow | None, folder: Path
) -> tuple[Literal["random", "keras", "file"], Path | None]:
    """Return the source and, where it is one, the file: the order that this module begins with."""
    declared = entry.files.get(backbone)
    if declared:
        if not declared.is_file():
            raise WeightsError(f"Weights file {declared} is missing: correct files.{backbone} in [weights.{name}].")
        return "file", declared
    if name == RANDOM:
        return "random", None
    if listed is None:
        raise WeightsError(f"Weights {name!r} have no file for {backbone}: add files.{backbone} to [weights.{name}].")
    present = next((folder / file for file in listed.files if (folder / file).is_file()), None)
    if present:
        return "file", present
    if listed.source == "keras":
        return "keras", None
    raise WeightsError(
        f"Weights {name!r} for {backbone} are not here: {listed.obtain}, and put {listed.files[0]} into {folder}."
    )


def initialize(base: keras.Model, record: WeightsRecord, seed: int) -> None:
    """Give ``base`` the weights of the record; only ``random`` uses ``seed``.

    Raises:
        WeightsError: the file is not what the record says, or the download failed. ``base`` is unchanged then.
    """
    if record.source == "random":
        draw_weights(base, seed)
    elif record.source == "keras":
        _assign(base, _downloaded(base, record))
    else:
        _assign(base, _from_file(base, record))


def _from_file(base: keras.Model, record: WeightsRecord) -> list[np.ndarray]:
    if record.file is None:
        raise WeightsError(f"Weights {record.name!r} for {record.backbone} name no file: resolve them again.")
    known = {item.sha256 for item in catalogue()} - {None}
    trusted = record.sha256 if record.sha256 in known else None
    found = read_weights(record.file, base, backbone=backbone_row(record.backbone), sha256=trusted)
    if record.sha256 not in (None, found.report.sha256):
        raise WeightsError(f"Weights file {record.file} has changed since it was resolved: start again.")
    for warning in found.report.warnings:
        logging.getLogger(__name__).warning("%s: %s", record.file, warning)
    return found.values


def _downloaded(base: keras.Model, record: WeightsRecord) -> list[np.ndarray]:
    application = backbone_row(record.backbone).application
    try:
        with _short_patience(), contextlib.redirect_stdout(sys.stderr):  # Keras prints its progress; stdout is for data
            source = application(include_top=False, pooling="avg", weights="imagenet", input_shape=base.input_shape[1:])
    except Exception as error:  # Keras raises a bare Exception when a download fails
        listed = _listed(record.name, record.backbone)
        raise WeightsError(
            f"Keras could not download the ImageNet weights of {record.backbone}: go online once, or put "
            f"{listed.files[0] if listed else 'its file'} into the weights folder."
        ) from error
    return [keras.ops.convert_to_numpy(weight) for weight in source.weights]


@contextlib.contextmanager
def _short_patience() -> Iterator[None]:
    """Let connections fail within seconds: Keras' download has no timeout of its own."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(_CONNECT_SECONDS)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)


def _assign(base: keras.Model, values: list[np.ndarray]) -> None:
    for weight, value in zip(base.weights, values, strict=True):
        weight.assign(value)
    wrong = [
        weight.path
        for weight, value in zip(base.weights, values, strict=True)
        if not np.array_equal(keras.ops.convert_to_numpy(weight), value)
    ]
    if wrong:
        raise WeightsError(
            f"{len(wrong)} weights differ after they were assigned, the first is {wrong[0]}: check the memory."
        )
