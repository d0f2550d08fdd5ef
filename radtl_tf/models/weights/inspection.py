"""Inspect a weights file: its contents, and its features for one test image."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

import keras
import numpy as np
from numpy.typing import NDArray

from radtl_tf.errors import WeightsError
from radtl_tf.models.backbones import Backbone, backbone, build_base
from radtl_tf.models.pixels import convention, to_network
from radtl_tf.models.weights.catalogue import CatalogueRow, published_size, recognize
from radtl_tf.models.weights.convention_score import ConventionScores, score_conventions
from radtl_tf.models.weights.file import Report, WeightFile
from radtl_tf.models.weights.preset_folder import preset_pixels, trained_grid
from radtl_tf.models.weights.schema import refusal
from radtl_tf.models.weights.sources import assign
from radtl_tf.models.weights.transformer_weights import read_start
from radtl_tf.records.image_size import size_of
from radtl_tf.records.pretraining import read_sidecar

GOLDEN_SIZE = 96  # px; valid for every convolutional backbone


@dataclass(frozen=True)
class Golden:
    """Pooled features of ``golden_image`` under a pixel convention: mean and SD over all, and the first four.

    If two installations agree in four significant digits, they compute the same features.
    """

    pixels: str
    image_size: int
    mean: float
    sd: float
    first: tuple[float, ...]


@dataclass(frozen=True)
class Verified:
    """A verified file: its contents, the row of the catalogue with its ``sum`` or ``name``, and its golden output.

    ``conventions`` are the scores of pixel conventions if images were given; ``folder_pixels`` is the convention that
    a folder of Hugging Face names. ``trained_at`` is the side of the images of pre-training in pixels, if the
    catalogue, the folder, or the record of ``radtl pretrain`` says it.
    """

    backbone: str
    report: Report
    num_tensors: int
    num_parameters: int
    published: CatalogueRow | None
    known_by: Literal["sum", "name"] | None
    warnings: tuple[str, ...]
    golden: Golden
    conventions: ConventionScores | None = None
    folder_pixels: str | None = None
    trained_at: int | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return the result as JSON values."""
        published = self.published
        return {
            "backbone": self.backbone,
            **asdict(self.report),
            "tensors": self.num_tensors,
            "parameters": self.num_parameters,
            "catalogue": {
                "name": published.name,
                "known_by": self.known_by,
                "pixels": published.pixels,
                "license": published.license,
            }
            if published
            else None,
            "trained_at": self.trained_at,
            "warnings": self.warnings,
            "golden": asdict(self.golden),
            "conventions": self.conventions.as_dict() if self.conventions else None,
        }


def verify(path: Path, name: str, grey: NDArray[np.float32] | None = None) -> Verified:
    """Read a file for the backbone called ``name`` as untrusted, and compute its golden output on the CPU.

    Of a vision transformer, ``path`` is the folder.
    The pixel convention comes from the catalogue if the file is known, or else from the folder, or from the backbone's
    ImageNet weights.
    With images ``grey`` (N, H, W, 1), float32, 0..1, every convention is scored by its fit to the file.

    Raises:
        ExperimentError: unknown backbone, or images too small for it.
        WeightsError: the file is refused, gives features that are not finite, or cannot be scored.
    """
    row = backbone(name)
    with keras.device("cpu:0"):  # a GPU rounds products to TF32, which has only three digits
        base = build_base(name, golden_size(row), seed=0)
        found = read_start(path, base, backbone=row)
        assign(base, found.values)
        verified = _verified(path, base, row, found)
        if grey is None:
            return verified
        declared = verified.published.pixels if verified.published else None
        return replace(verified, conventions=_scores(name, found.values, grey, declared))


def _scores(
    name: str, values: Sequence[np.ndarray], grey: NDArray[np.float32], declared: str | None
) -> ConventionScores:
    base = build_base(name, size_of(grey.shape[1:]), seed=0)
    assign(base, values)
    return score_conventions(base, grey, declared)


def _verified(path: Path, base: keras.Model, row: Backbone, found: WeightFile) -> Verified:
    published, known_by = recognize(path, found.report.sha256, row.name) or (None, None)
    own = preset_pixels(path) if path.is_dir() else None
    try:
        golden = _golden(base, published.pixels if published else own or row.pixels)
    except WeightsError as error:
        raise WeightsError(f"Weights file {path} {error}") from None
    return Verified(
        backbone=row.name,
        report=found.report,
        num_tensors=len(found.values),
        num_parameters=sum(value.size for value in found.values),
        published=published,
        known_by=known_by,
        warnings=found.report.warnings + _name_warnings(published, found.report.sha256),
        golden=golden,
        folder_pixels=own,
        trained_at=_trained_at(path, row, found.report.sha256),
    )


def _trained_at(path: Path, row: Backbone, sha256: str) -> int | None:
    """Return the side of the images of pre-training in pixels, or ``None`` if nothing says it."""
    if path.is_dir() and row.transformer:
        return trained_grid(path, row, row.transformer) * row.transformer.patch
    made_here = (read_sidecar(path) or {}).get("image_size")
    return made_here or published_size(path, sha256, row.name)


def _name_warnings(published: CatalogueRow | None, sha256: str) -> tuple[str, ...]:
    if published is None or published.sha256 in (None, sha256):
        return ()
    return (f"It has the name of {published.name!r}, but the published file has sha256 {published.sha256}.",)


def _golden(base: keras.Model, pixels: str) -> Golden:
    size = int(base.input_shape[1])
    images = to_network(golden_image(size), convention(pixels))
    features = keras.ops.convert_to_numpy(base(images, training=False))[0].astype(np.float64)  # (C,)
    if not np.isfinite(features).all():
        raise refusal("not finite", "its features are not finite, so its weights are damaged.")
    return Golden(pixels, size, float(features.mean()), float(features.std()), tuple(features[:4].tolist()))


def golden_size(row: Backbone) -> int:
    """Return the side of the test image in px; it is a multiple of the patches of a vision transformer."""
    patch = row.transformer.patch if row.transformer else 1
    return -(-GOLDEN_SIZE // patch) * patch


def golden_image(size: int = GOLDEN_SIZE) -> np.ndarray:
    """Return one grey image (1, size, size, 1), float32, 0..1: rings that get finer from the upper left, plus a ramp.

    The rings (a zone plate) contain every spatial frequency, so every kernel responds; the ramp makes left and right
    differ.
    """
    y, x = np.mgrid[:size, :size].astype(np.float64)
    rings = (1 + np.cos(np.pi * (x**2 + y**2) / (2 * size))) / 2
    return ((rings + x / (size - 1)) / 2).astype(np.float32)[None, :, :, None]
