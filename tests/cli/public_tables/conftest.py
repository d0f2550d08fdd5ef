"""The folder of a public data set: its table and its images."""

from __future__ import annotations

import io
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from PIL import Image
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, generate_uid

from radtl_tf.data.decoding.measuring import measure
from radtl_tf.data.decoding.reading import Outcome


@cache
def radiograph(number: int, ending: str) -> bytes:
    """Return a small picture that resembles no other, as the content of a file."""
    pixels = np.random.default_rng(number).integers(0, 256, (8, 8), np.uint8).repeat(2, 0).repeat(2, 1)
    buffer = io.BytesIO()
    if ending in (".dcm", ".dicom"):
        meta = FileMetaDataset()
        meta.TransferSyntaxUID = ExplicitVRLittleEndian
        meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.1.1"  # Digital X-Ray Image Storage
        meta.MediaStorageSOPInstanceUID = generate_uid(entropy_srcs=[str(number)])
        film = FileDataset(buffer, {}, file_meta=meta, preamble=bytes(128))
        film.SOPClassUID, film.SOPInstanceUID = meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID
        film.Modality, film.PatientID = "DX", ""
        film.Rows, film.Columns = pixels.shape
        film.SamplesPerPixel, film.PhotometricInterpretation = 1, "MONOCHROME2"
        film.BitsAllocated, film.BitsStored, film.HighBit, film.PixelRepresentation = 8, 8, 7, 0
        film.PixelData = pixels.tobytes()
        pydicom.dcmwrite(buffer, film, enforce_file_format=True)
    else:
        Image.fromarray(pixels).save(buffer, {".png": "PNG"}.get(ending, "JPEG"))
    return buffer.getvalue()


@cache
def outcome(data: bytes, ending: str) -> Outcome:
    return Outcome("decoded", reading=measure(data, ending)[0])


@pytest.fixture
def folder(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Write the table of a data set and its images into the working folder; images are decoded in this process."""
    public = request.param()
    monkeypatch.chdir(tmp_path)
    Path(public.file).write_text("\n".join(public.lines) + "\n", encoding="utf-8")
    for number, name in enumerate(public.images):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_bytes(radiograph(number, Path(name).suffix))

    def read(manifest: Any, watch: Any, *, depth: int | None = None) -> list[Outcome]:
        return [outcome(image.path.read_bytes(), image.path.suffix) for image in manifest.images]

    monkeypatch.setattr("radtl_tf.data.check.check_source.read_manifest_images", read)
    return public
