"""Hashes of a model's training images, by which a test notices images that the model has learned.

A result on the images of the training is too good: an ensemble on 400 chest radiographs has an AUROC of 0.963 on its
own training images, and 0.870 on images that its networks have not seen.

Two hashes are kept of each image. The exact one is a cryptographic hash of size and pixels. The near one is a
perceptual hash of 255 bits: the signs of the lowest 16 x 16 cosine coefficients of the signature that the search for
duplicates uses, after the mean of the training images is subtracted. It tolerates other brightness, contrast, size and
compression; a mirrored, turned or inverted picture only changes the signs of known coefficients. On 400 chest
radiographs, copies differ in up to 11 % of the bits (up to 25 % after strong clipping or a crop by 2 %), and images of
different patients in at least 26 %. Simple pictures have few patterns and resemble each other by chance, so the limit
is lower if the training images differ from each other in fewer bits.

The file has no id, name, label or order, and no picture can be made from it. But anyone who has an image can find out
whether it is among the training images: this is its purpose.
"""

from __future__ import annotations

import io
import shutil
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from radtl_tf.data.decoding.reading import Reading
from radtl_tf.data.duplicates.coordinates import parities, rank_cosines
from radtl_tf.deploy.card.facts import EXTRA, TRAINING_IMAGES, version_folder
from radtl_tf.errors import OutputError
from radtl_tf.records.folder import OutputFolder

NEAR = 0.18  # share of different bits, see the module's docstring
_NUM_SD = 5  # by which the share of a pair of training images is above the limit, on average
_SAMPLE = 1000  # images that are compared for it
_SIDE = 16  # of the block of low coefficients; the first, the mean, is left out
_FLAT = 1e-9
_BLOCK = 256  # images compared at once

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class TrainingImages:
    """The hashes of N training images: ``exact`` (N, 16) uint8, sorted.

    ``near`` (M, 32) uint8 holds 255 bits of each image that is not blank, relative to ``center`` (255,) float32. Images
    that differ in at most the share ``limit`` of these bits are near.
    """

    exact: NDArray[np.uint8]
    near: NDArray[np.uint8]
    center: NDArray[np.float32]
    limit: float

    def to_bytes(self) -> bytes:
        """Return the content of the file."""
        buffer = io.BytesIO()
        np.savez_compressed(buffer, exact=self.exact, near=self.near, center=self.center, limit=self.limit)
        return buffer.getvalue()

    def find(self, readings: Sequence[Reading]) -> tuple[Mask, Mask]:
        """Return two masks (N,): images that are training images, and other images that nearly are."""
        known = {bytes(row) for row in self.exact}
        exact = np.array([bytes.fromhex(one.pixels_hash) in known for one in readings], bool)
        signatures = np.stack([one.signature for one in readings])
        near = [self._is_near(signatures[at : at + _BLOCK]) for at in range(0, len(signatures), _BLOCK)]
        return exact, np.concatenate(near) & ~exact

    def _is_near(self, signatures: NDArray[np.uint8]) -> Mask:
        coefficients = _coefficients(signatures)
        if not len(self.near):
            return np.zeros(len(signatures), bool)
        nearest = _shares(coefficients, self.near, self.center).min(axis=1)
        return (nearest <= self.limit) & ~_is_blank(coefficients)


def hashes_of(readings: Sequence[Reading]) -> TrainingImages:
    """Return the hashes of the images that a model learns; equal ones once, sorted, so that no order remains."""
    coefficients = _coefficients(np.stack([one.signature for one in readings]))
    coefficients = coefficients[~_is_blank(coefficients)]
    mean = coefficients.mean(axis=0) if len(coefficients) else np.zeros(_SIDE**2 - 1)
    center = np.where(_parity() == 0, mean, 0).astype(np.float32)  # the mean over all flips, too
    exact = np.array([list(bytes.fromhex(one.pixels_hash)) for one in readings], np.uint8)
    near = np.packbits(coefficients > center, axis=1)
    limit = _limit(coefficients[:_SAMPLE], near[:_SAMPLE], center)
    return TrainingImages(np.unique(exact, axis=0), np.unique(near, axis=0), center, limit)


def _limit(coefficients: NDArray[np.float64], near: NDArray[np.uint8], center: NDArray[np.float32]) -> float:
    """Return the share of different bits up to which two images are near."""
    shares = _shares(coefficients, near, center)[np.triu_indices(len(near), 1)]
    return NEAR if not len(shares) else float(np.clip(shares.mean() - _NUM_SD * shares.std(), 0, NEAR))


def _shares(
    coefficients: NDArray[np.float64], near: NDArray[np.uint8], center: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Return (N, M): the share of bits in which N images differ from M hashes, the smallest over all symmetries."""
    trained = np.unpackbits(near, axis=1, count=len(center)).astype(np.float32) * 2 - 1
    most: NDArray[np.float32] = np.full((len(coefficients), len(near)), -1, np.float32)
    for signs in _symmetries():
        alike = np.where(coefficients * signs > center, 1, -1).astype(np.float32) @ trained.T
        most = np.maximum(most, alike / np.float32(len(center)))
    return (1 - most) / np.float32(2)


def copy_training_images(folder: OutputFolder, place: Path) -> None:
    """Copy the hashes of an experiment's images to the folder ``place`` of a model; earlier versions wrote none."""
    if folder.image_hashes.exists():
        shutil.copyfile(folder.image_hashes, place / TRAINING_IMAGES)


def read_training_images(model: Path) -> TrainingImages | None:
    """Return the hashes of the training images of a model; ``None`` if it was exported without them.

    Raises:
        OutputError: there is no model, or the file is damaged.
    """
    place = version_folder(model)
    path = next((path for path in (place / EXTRA / TRAINING_IMAGES, place / TRAINING_IMAGES) if path.is_file()), None)
    if path is None:
        return None
    try:
        with np.load(path, allow_pickle=False) as stored:
            return TrainingImages(stored["exact"], stored["near"], stored["center"], float(stored["limit"]))
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise OutputError(f"{path} is damaged. Export the model again.") from error


def _coefficients(signatures: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Return (N, 255): the lowest cosine coefficients of signatures (N, 32, 32)."""
    side = signatures.shape[1]
    return rank_cosines(signatures).reshape(-1, side, side)[:, :_SIDE, :_SIDE].reshape(len(signatures), -1)[:, 1:]


def _parity() -> NDArray[np.int64]:
    return parities(_SIDE)[1:]


def _symmetries() -> list[NDArray[np.int64]]:
    """Return the eight (255,) changes of sign by mirroring, turning upside down, and inverting."""
    odd_row, odd_column = np.divmod(_parity(), 2)
    flips = [(down**odd_row) * (aside**odd_column) for down in (1, -1) for aside in (1, -1)]
    return [sign * flip for flip in flips for sign in (1, -1)]


def _is_blank(coefficients: NDArray[np.float64]) -> Mask:
    return np.abs(coefficients).max(axis=1, initial=0) < _FLAT
