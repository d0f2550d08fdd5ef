"""Backbones with verified weights for a Python session: ``radtl_tf.backbone``."""

from __future__ import annotations

import os
from pathlib import Path

import keras

from radtl_tf.errors import ExperimentError, WeightsError
from radtl_tf.models.backbones import backbone as backbone_row
from radtl_tf.models.backbones import build_base
from radtl_tf.models.pixels import CONVENTIONS
from radtl_tf.models.weights.preset_folder import preset_pixels
from radtl_tf.models.weights.sources import NATIVE, RANDOM, WeightsRecord, initialize, resolve
from radtl_tf.places import weights_folder
from radtl_tf.records.experiment import WeightsEntry

_FILES = (".h5", ".hdf5")


def verified_backbone(
    name: str, weights: str | os.PathLike[str] | None, pixels: str | None, size: int | str, seed: int
) -> keras.Model:
    """Return the backbone with its weights: a plain functional model with its pixel convention in ``pixels``.

    Raises:
        ExperimentError: an unknown backbone, convention or name of weights, or images that are too small.
        WeightsError: the file is missing or not what it claims to be, or the download failed.
    """
    record = found_weights(name, weights, pixels)
    base = build_base(name, size, seed=0)
    initialize(base, record, seed)
    base.pixels = record.pixels
    return base


def found_weights(backbone: str, weights: str | os.PathLike[str] | None, pixels: str | None) -> WeightsRecord:
    """Return the weights of a backbone by name, file or folder; ``None`` means random weights, as in Keras.

    Raises:
        ExperimentError: an unknown name, or a file without its pixel convention.
        WeightsError: the file is missing.
    """
    file = _file(weights, takes_folder=backbone_row(backbone).transformer is not None)
    if file is None:
        name = RANDOM if weights is None else str(weights)
        return resolve(name, backbone, entries={}, pixels=pixels or NATIVE, folder=weights_folder())
    if not file.exists():
        raise WeightsError(f"Weights file {file} is missing: correct the path.")
    if pixels is None and not says_pixels(file):
        raise ExperimentError(
            f"pixels is missing: give the pixel convention of {file.name} in pre-training, one of "
            f"{', '.join(CONVENTIONS)}."
        )
    entry = WeightsEntry(files={backbone: file}, pixels=pixels)
    name = file.name if file.is_dir() else file.stem
    return resolve(name, backbone, entries={name: entry}, folder=file.parent)


def says_pixels(file: Path) -> bool:
    """Tell whether a file, or a folder of Hugging Face, comes with its pixel convention."""
    if file.is_dir():
        return preset_pixels(file) is not None
    return file.with_name(f"{file.name}.json").is_file()


def _file(weights: str | os.PathLike[str] | None, *, takes_folder: bool) -> Path | None:
    """Return the path of weights, or ``None`` if ``weights`` is a name."""
    if weights is None:
        return None
    text = os.fspath(weights)
    is_path = isinstance(weights, os.PathLike) or text.endswith(_FILES) or os.sep in text
    is_path = is_path or (takes_folder and Path(text).is_dir())
    return Path(text).expanduser().resolve() if is_path else None
