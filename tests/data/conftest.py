"""Fixtures of the data layer: small images of every kind, DICOM radiographs, manifests."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
import tensorflow as tf
from numpy.typing import NDArray
from PIL import Image
from pydicom import uid
from pydicom.dataset import Dataset, FileMetaDataset

HEADER = ("path", "label", "patient_id")


def _encoded(pixels: NDArray[Any], kind: str = "PNG", **options: Any) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, kind, **options)
    return buffer.getvalue()


@pytest.fixture
def encoded() -> Callable[..., bytes]:
    """Return ``encoded(pixels, kind="PNG", **options)``: an image file as bytes, written by Pillow."""
    return _encoded


@pytest.fixture
def smooth() -> Callable[..., NDArray[np.uint8]]:
    """Return ``smooth(height, width, *channels)``: 8-bit pixels that JPEG hardly changes."""

    def make(height: int, width: int, *channels: int) -> NDArray[np.uint8]:
        rows, columns = np.mgrid[0:height, 0:width]
        waves = [np.sin(rows / (5 + k)) + np.cos(columns / (7 - k)) for k in range(*channels or (1,))]
        pixels = (np.stack(waves, axis=-1) * 60 + 128).astype(np.uint8)
        return pixels if channels else pixels[..., 0]

    return make


def _dicom(pixels: NDArray[Any], syntax: str = uid.ExplicitVRLittleEndian, **attributes: Any) -> Dataset:
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = uid.DigitalXRayImageStorageForPresentation
    meta.MediaStorageSOPInstanceUID = uid.generate_uid(entropy_srcs=["test"])
    meta.TransferSyntaxUID = uid.UID(syntax)
    dataset = Dataset()
    dataset.file_meta = meta
    dataset.SOPClassUID, dataset.SOPInstanceUID = meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID
    dataset.Modality = "DX"
    dataset.Rows, dataset.Columns = pixels.shape[:2]
    dataset.SamplesPerPixel = 1 if pixels.ndim == 2 else pixels.shape[2]
    dataset.PhotometricInterpretation = "MONOCHROME2" if pixels.ndim == 2 else "RGB"
    dataset.BitsAllocated = dataset.BitsStored = pixels.dtype.itemsize * 8
    dataset.HighBit = dataset.BitsStored - 1
    dataset.PixelRepresentation = int(pixels.dtype.kind == "i")
    if pixels.ndim == 3:
        dataset.PlanarConfiguration = 0
    dataset.PixelData = pixels.astype(pixels.dtype.newbyteorder("<")).tobytes()
    dataset["PixelData"].VR = "OW" if dataset.BitsAllocated > 8 else "OB"
    for name, value in attributes.items():
        setattr(dataset, name, value)
    return dataset


@pytest.fixture
def dicom() -> Callable[..., bytes]:
    """Return ``dicom(pixels, syntax=..., **attributes)``: the bytes of a DX radiograph; a None removes an attribute."""

    def make(pixels: NDArray[Any], syntax: str = uid.ExplicitVRLittleEndian, **attributes: Any) -> bytes:
        dataset = _dicom(pixels, syntax, **{name: value for name, value in attributes.items() if value is not None})
        for name in (name for name, value in attributes.items() if value is None):
            delattr(dataset, name)
        buffer = io.BytesIO()
        pydicom.dcmwrite(buffer, dataset, enforce_file_format=True)
        return buffer.getvalue()

    return make


@pytest.fixture
def manifest_of(tmp_path: Path) -> Callable[..., Path]:
    """Return ``manifest_of(rows, header=..., images=True)``: a manifest, with a small image for each path."""

    def make(rows: Sequence[Sequence[str]], header: Sequence[str] = HEADER, images: bool = True) -> Path:
        for number, row in enumerate(rows if images else ()):
            (tmp_path / row[0]).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / row[0]).write_bytes(_encoded(np.full((6, 5), number % 256, np.uint8)))
        with open(tmp_path / "manifest.csv", "w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([header, *rows])
        return tmp_path / "manifest.csv"

    return make


@pytest.fixture
def both_ways() -> Callable[..., NDArray[Any]]:
    """Return ``both_ways(function, tensor)``: its result eagerly, after checking that a tf.data map gives the same."""

    def run(function: Callable[[tf.Tensor], tf.Tensor], tensor: Any, tolerance: float = 1e-6) -> NDArray[Any]:
        tensor = tf.convert_to_tensor(tensor)
        dynamic = tf.TensorSpec([None if size and size > 1 else size for size in tensor.shape], tensor.dtype)
        stream = tf.data.Dataset.from_generator(lambda: [tensor], output_signature=dynamic)
        eager = np.asarray(function(tensor))
        for mapped in stream.map(function):
            np.testing.assert_allclose(mapped.numpy(), eager, rtol=0, atol=tolerance)
        return eager

    return run
