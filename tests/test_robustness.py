"""pydicom's test files and thousands of damaged files: each gets one outcome, and reading continues."""

from __future__ import annotations

import io
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from PIL import Image
from pydicom import uid

from radtl_tf.data.decoding import dicom
from radtl_tf.data.decoding.dicom import decode_dicom_bytes
from radtl_tf.data.decoding.dicom_frames import PLUGINS
from radtl_tf.data.decoding.worker_pool import read_all
from radtl_tf.errors import DataError

# A codestream with a delimiter in it, fewer pixels than in the header, an invalid value representation, no transfer
# syntax, sequences without an end.
MUST_FAIL = (
    "JPEG2000-embedded-sequence-delimiter.dcm",
    "MR_truncated.dcm",
    "badVR.dcm",
    "meta_missing_tsyntax.dcm",
    "nested_priv_SQ.dcm",
)


def _bundled() -> list[Path]:
    """Return every data file of pydicom."""
    root = Path(pydicom.__file__).parent / "data"
    return sorted(path for path in root.rglob("*") if path.is_file() and path.suffix not in (".py", ".pyc"))


def _single_frames() -> Iterator[Path]:
    for path in _bundled():
        try:
            header = pydicom.dcmread(path, stop_before_pixels=True)
            one = int(header.get("NumberOfFrames") or 1) == 1 and "Rows" in header
            known = header.file_meta.TransferSyntaxUID in PLUGINS
        except Exception:
            continue
        if one and known and int(header.BitsAllocated) in (8, 16) and "PixelData" in pydicom.dcmread(path):
            yield path


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_the_decoder_itself_decodes_every_single_frame_of_a_permitted_syntax(monkeypatch: pytest.MonkeyPatch) -> None:
    """Most bundled files are CT or MR, so this test disables the check of the kind of image."""
    monkeypatch.setattr(dicom, "_RADIOGRAPHS", _Everything())
    outcomes: dict[str, str] = {}
    for path in _single_frames():
        try:
            decoded = decode_dicom_bytes(path.read_bytes())
            outcomes[path.name] = "decoded" if decoded.pixels.size else "empty"
        except DataError as error:
            outcomes[path.name] = str(error)
    failed = {name: reason for name, reason in outcomes.items() if reason != "decoded"}
    print(f"{len(outcomes)} single frames of permitted syntaxes: {len(outcomes) - len(failed)} decoded; {failed}")
    assert len(outcomes) > 85
    assert set(failed) == set(MUST_FAIL[:2])
    assert outcomes["JPEG-lossy.dcm"] == "decoded"  # extended JPEG of 12 bits, which imagecodecs reads


@pytest.mark.parametrize("name", MUST_FAIL)
def test_what_cannot_be_decoded_fails_in_one_line(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dicom, "_RADIOGRAPHS", _Everything())
    (path,) = (path for path in _bundled() if path.name == name)
    with pytest.raises(DataError) as caught:
        decode_dicom_bytes(path.read_bytes())
    assert "\n" not in str(caught.value)


class _Everything(frozenset[str]):
    """A set that contains every kind of DICOM object."""

    def __or__(self, other: Any) -> Any:
        return self

    def __contains__(self, item: object) -> bool:
        return True


def test_every_bundled_file_has_one_outcome() -> None:
    files = _bundled()
    start, slowest, outcomes = time.monotonic(), 0.0, []
    for outcome in read_all(files, num_workers=1, seconds=5):
        slowest = max(slowest, time.monotonic() - start)
        start = time.monotonic()
        outcomes.append(outcome)
    counts = Counter((outcome.status, outcome.code) for outcome in outcomes)
    print(f"{len(files)} files, the slowest {slowest:.1f} s: {dict(counts)}")
    assert len(outcomes) == len(files) > 150
    assert {status for status, _ in counts} == {"decoded", "refused", "skipped"}
    assert not {"crashed", "timeout", "memory"} & {code for _, code in counts}
    assert all(outcome.reason for outcome in outcomes if outcome.status != "decoded")


def _seeds() -> list[tuple[str, bytes]]:
    """Return small valid files of every format and of several transfer syntaxes."""
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 4096, (40, 36), dtype=np.uint16) << 4
    files = [(".png", _image(pixels, "PNG")), (".png", _image((pixels >> 8).astype(np.uint8), "PNG"))]
    files += [(".jpg", _image((pixels >> 8).astype(np.uint8), "JPEG"))]
    plain = _dicom(pixels)
    for syntax in (uid.RLELossless, uid.JPEG2000Lossless, uid.JPEGLSLossless, uid.DeflatedExplicitVRLittleEndian):
        files.append((".dcm", _dicom(pixels, syntax)))
    return [*files, (".dcm", plain)]


def _image(pixels: np.ndarray, kind: str) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, kind)
    return buffer.getvalue()


def _dicom(pixels: np.ndarray, syntax: str = uid.ExplicitVRLittleEndian) -> bytes:
    dataset = pydicom.Dataset()
    dataset.file_meta = pydicom.dataset.FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = uid.ExplicitVRLittleEndian
    dataset.SOPClassUID = uid.DigitalXRayImageStorageForPresentation
    dataset.SOPInstanceUID = uid.generate_uid(entropy_srcs=["seed"])
    dataset.Modality, dataset.PhotometricInterpretation = "DX", "MONOCHROME2"
    dataset.Rows, dataset.Columns = pixels.shape
    dataset.SamplesPerPixel, dataset.PixelRepresentation = 1, 0
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 16, 16, 15
    dataset.PixelData = pixels.tobytes()
    if syntax == uid.DeflatedExplicitVRLittleEndian:
        dataset.file_meta.TransferSyntaxUID = syntax
    elif syntax != uid.ExplicitVRLittleEndian:
        dataset.compress(syntax, generate_instance_uid=False)
    buffer = io.BytesIO()
    pydicom.dcmwrite(buffer, dataset, enforce_file_format=True)
    return buffer.getvalue()


def _mutated(data: bytes, rng: np.random.Generator) -> bytes:
    """Return the file with flipped bits, a piece removed, repeated or overwritten, or without its end."""
    changed = bytearray(data)
    for _ in range(int(rng.integers(1, 6))):
        at = int(rng.integers(len(changed)))
        length = int(rng.integers(1, 40))
        match rng.integers(5):
            case 0:
                changed[at] ^= 1 << int(rng.integers(8))
            case 1:
                del changed[at : at + length]
            case 2:
                changed[at:at] = changed[max(0, at - length) : at]
            case 3:
                changed[at : at + length] = rng.bytes(length)
            case _:
                del changed[max(at, 8) :]
        if not changed:
            break
    return bytes(changed)


def _survive(folder: Path, number: int) -> Counter[str]:
    """Read ``number`` mutations of valid files; return how many had each outcome."""
    rng, seeds = np.random.default_rng(number), _seeds()

    def files() -> Iterator[Path]:
        for turn in range(number):
            suffix, data = seeds[turn % len(seeds)]
            path = folder / f"{turn % 64}{suffix}"  # far behind what is being read
            path.write_bytes(_mutated(data, rng))
            yield path

    counts: Counter[str] = Counter()
    for outcome in read_all(files(), num_workers=2, seconds=10):
        counts[outcome.status + (f" ({outcome.code})" if outcome.code else "")] += 1
    return counts


def test_the_files_that_are_mutated_are_valid(tmp_path: Path) -> None:
    paths = []
    for number, (suffix, data) in enumerate(_seeds()):
        paths.append(tmp_path / f"{number}{suffix}")
        paths[-1].write_bytes(data)
    assert [outcome.status for outcome in read_all(paths)] == ["decoded"] * len(paths)


@pytest.mark.parametrize("number", [400, pytest.param(10_000, marks=pytest.mark.slow)])
def test_mutations_cost_nothing_but_themselves(number: int, tmp_path: Path) -> None:
    counts = _survive(tmp_path, number)
    print(dict(counts))
    assert counts.total() == number
    assert counts["decoded"] > 0 and counts["refused (damaged)"] > number / 10
    assert counts["refused (timeout)"] == 0
