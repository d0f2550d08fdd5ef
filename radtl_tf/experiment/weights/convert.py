"""Write the backbone of a weights file of Keras or PyTorch, or of a whole model, as a file of the layout used here."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import keras
import numpy as np

from radtl_tf.errors import ExperimentError, OutputError, WeightsError
from radtl_tf.logs import get_logger
from radtl_tf.models.backbones import Backbone, build_base
from radtl_tf.models.backbones import backbone as backbone_row
from radtl_tf.models.pixels import convention
from radtl_tf.models.weights.catalogue import recognize, sha256_of
from radtl_tf.models.weights.file import WeightFile, read_weights, write_weights
from radtl_tf.models.weights.inspection import GOLDEN_SIZE
from radtl_tf.models.weights.pytorch import is_safetensors, read_pytorch, refuse_pickle
from radtl_tf.models.weights.schema import shown
from radtl_tf.models.weights.sources import assign
from radtl_tf.records.disk import write_json
from radtl_tf.records.pretraining import SIDECAR_FORMAT, Place

_log = get_logger(__name__)


def convert_weights(file: Path, backbone: str, out: Path, *, pixels: str | None = None) -> dict[str, Any]:
    """Write the weights of ``file`` as ``out`` in the Keras 2 "notop" layout; return its record.

    ``file`` is HDF5 (Keras) or safetensors (the state dict of PyTorch, torchvision or timm). A top is left out, which
    is logged. ``pixels`` is the convention that the weights were trained with; for a file in the catalogue it is known.
    ``out`` is read again: its tensors are bit-equal to those of ``file``, as float32.

    Raises:
        ExperimentError: unknown backbone or convention, or a file whose convention is not given.
        WeightsError: the file is refused; a pickle of PyTorch is not opened.
        OutputError: ``out`` exists, cannot be written or has a name that Keras reads as another layout.
    """
    place = Place(out)
    _check_place(place)
    row = backbone_row(backbone)
    refuse_pickle(file)
    if row.transformer:
        raise WeightsError(
            f"{file} cannot be converted: {row.name} is read from a Hugging Face folder as it is. Name the folder with "
            f"files.{row.name} in the experiment file."
        )
    base = build_base(backbone, GOLDEN_SIZE, seed=0)
    found = (read_pytorch if is_safetensors(file) else read_weights)(file, base, backbone=row)
    published, known_by = recognize(file, found.report.sha256, row.name) or (None, None)
    known = published if known_by == "sum" else None
    chosen = pixels or (known.pixels if known else None)
    if chosen is None:
        raise ExperimentError(
            f"{file}: the catalogue does not know this file, so its pixel convention has to be given: the one that the "
            "weights were trained with."
        )
    record = {
        "format": SIDECAR_FORMAT,
        "name": out.stem,
        "file": out.name,
        "backbone": row.name,
        "pixels": convention(chosen).name,
        "license": known.license if known else "",
        "citation": known.citation if known else "",
        "converted": _origin(found),
    }
    _tell(found)
    assign(base, found.values)
    write_weights(out, base)
    record["sha256"] = _checked(out, base, row, found)
    write_json(place.sidecar, record)
    return record


def _check_place(place: Place) -> None:
    out = place.weights
    if out.suffix != ".h5" or out.name.endswith(".weights.h5"):
        raise OutputError(f"{out}: name the weights file *.h5, not *.weights.h5, which Keras reads as another layout.")
    for file in (out, place.sidecar):
        if file.exists():
            raise OutputError(f"{file} exists already: choose another output file.")


def _tell(found: WeightFile) -> None:
    """Log what is left out or changed."""
    for warning in found.report.warnings:
        _log.warning("%s: %s", found.report.file, warning)
    if found.report.left_over:
        head = ", ".join(map(shown, found.report.left_over))
        _log.info(f"The classification head is left out: {head}.")


def _origin(found: WeightFile) -> dict[str, Any]:
    """Return what the record says about the file that was converted."""
    report = found.report
    return {
        "file": report.file,
        "sha256": report.sha256,
        "layout": report.layout,
        "keras_version": report.keras_version,
        "left_out": list(report.left_over),
        "date": datetime.now(UTC).date().isoformat(),
    }


def _checked(out: Path, base: keras.Model, row: Backbone, found: WeightFile) -> str:
    """Read the new file again, compare its tensors with those of the old one, and return its sha256."""
    again = read_weights(out, base, backbone=row, sha256=sha256_of(out))
    if not all(map(np.array_equal, again.values, found.values)):
        out.unlink()
        raise WeightsError(f"{out} differs from the file that it was made from: check the disk.")
    return again.report.sha256
