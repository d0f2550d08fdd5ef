from __future__ import annotations

import io
import logging
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from pydicom import uid
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from radtl_tf.data.decoding import dicom as module
from radtl_tf.data.decoding.dicom import decode_dicom_bytes, identity_of
from radtl_tf.data.decoding.grey import NoRadiographError, RefusedError, to_grey
from radtl_tf.errors import DataError

Dicom = Callable[..., bytes]
RANDOM = np.random.default_rng(2)
STORED = RANDOM.integers(0, 4096, (24, 36), dtype=np.uint16)
TWELVE: dict[str, Any] = {"BitsStored": 12, "HighBit": 11}
WINDOW: dict[str, Any] = {"WindowCenter": 2048, "WindowWidth": 4096}
FULL = np.rint(STORED / 4095 * 65535)
CANARY = "ZZCANARY"


def test_a_windowed_radiograph_spans_the_whole_range(dicom: Dicom) -> None:
    decoded = decode_dicom_bytes(dicom(STORED, **TWELVE, **WINDOW))
    assert (decoded.pixels.dtype, decoded.bits, decoded.notes) == (np.uint16, 12, ("window of the file",))
    assert np.abs(decoded.pixels - FULL).max() <= 1


def test_monochrome1_is_inverted(dicom: Dicom) -> None:
    decoded = decode_dicom_bytes(dicom(STORED, **TWELVE, **WINDOW, PhotometricInterpretation="MONOCHROME1"))
    assert np.abs(decoded.pixels - (65535 - FULL)).max() <= 1
    assert "inverted" in decoded.notes


def test_color_becomes_grey(dicom: Dicom) -> None:
    color = RANDOM.integers(0, 256, (24, 36, 3), dtype=np.uint8)
    decoded = decode_dicom_bytes(dicom(color))
    np.testing.assert_array_equal(decoded.pixels, to_grey(color.astype(np.uint16) * 257))
    assert "color turned to grey" in decoded.notes


def test_a_palette_is_resolved(dicom: Dicom) -> None:
    index = RANDOM.integers(0, 4, (8, 8), dtype=np.uint8)
    tables = np.array([[0, 20000, 40000, 65535], [0, 30000, 60000, 65535], [0, 10, 100, 65535]], np.uint16)
    palette = {}
    for color, table in zip(("Red", "Green", "Blue"), tables, strict=True):
        palette[f"{color}PaletteColorLookupTableDescriptor"] = [4, 0, 16]
        palette[f"{color}PaletteColorLookupTableData"] = table.tobytes()
    decoded = decode_dicom_bytes(dicom(index, PhotometricInterpretation="PALETTE COLOR", **palette))
    np.testing.assert_array_equal(decoded.pixels, to_grey(tables.T[index]))


@pytest.mark.parametrize(
    ("attributes", "note"),
    [
        ({"SOPClassUID": uid.SecondaryCaptureImageStorage}, "secondary capture, no original radiograph"),
        ({"PresentationIntentType": "FOR PROCESSING"}, "raw detector values (for processing)"),
        ({"BurnedInAnnotation": "YES"}, "text burned into the image"),
        ({"LossyImageCompression": "01"}, "lossy compressed"),
    ],
)
def test_what_a_reader_should_know_is_noted(dicom: Dicom, attributes: dict[str, Any], note: str) -> None:
    assert note in decode_dicom_bytes(dicom(STORED, **attributes)).notes
    assert note not in decode_dicom_bytes(dicom(STORED)).notes


def test_overlays_are_noted_and_not_drawn(dicom: Dicom) -> None:
    dataset = pydicom.dcmread(io.BytesIO(dicom(STORED)))
    dataset.add_new(0x60000010, "US", 24)
    buffer = io.BytesIO()
    dataset.save_as(buffer)
    decoded, plain = decode_dicom_bytes(buffer.getvalue()), decode_dicom_bytes(dicom(STORED))
    assert "overlay not drawn" in decoded.notes
    np.testing.assert_array_equal(decoded.pixels, plain.pixels)


@pytest.mark.parametrize(
    "attributes",
    [
        {"SOPClassUID": uid.CTImageStorage, "Modality": "CT"},
        {"SOPClassUID": uid.BasicTextSRStorage, "Modality": "SR"},
        {"SOPClassUID": uid.EncapsulatedPDFStorage, "Modality": "DOC"},
        {"SOPClassUID": uid.SegmentationStorage, "Modality": "SEG"},
        {"SOPClassUID": uid.MediaStorageDirectoryStorage, "Modality": None},
    ],
)
def test_what_holds_no_radiograph_can_be_told_apart(dicom: Dicom, attributes: dict[str, Any]) -> None:
    with pytest.raises(NoRadiographError):
        decode_dicom_bytes(dicom(STORED, **attributes))


@pytest.mark.parametrize(
    ("attributes", "code", "value"),
    [
        ({"NumberOfFrames": 3}, "frames", "frame"),
        ({"Rows": 60000, "Columns": 60000}, "too-large", "60000 x 60000"),
        ({"Rows": 0}, "damaged", "36 x 0"),
        ({"BitsStored": 17}, "layout", "1 samples of 16 bits"),
        ({"BitsAllocated": 32, "BitsStored": 32}, "layout", "1 samples of 32 bits"),
        ({"SamplesPerPixel": 2}, "layout", "2 samples of 16 bits"),
        ({"PhotometricInterpretation": "HSV"}, "layout", "photometric"),
        ({"Rows": 48}, "damaged", "pixel data .*Error"),
        ({"Rows": None}, "damaged", "header .*Error"),
        ({"PixelData": None}, "damaged", "pixel data"),
    ],
)
def test_what_cannot_be_shown_is_refused_with_its_reason(
    dicom: Dicom, attributes: dict[str, Any], code: str, value: str
) -> None:
    with pytest.raises(RefusedError, match=value, check=lambda error: error.code == code):
        decode_dicom_bytes(dicom(STORED, **attributes))


def test_the_size_is_checked_before_decoding(dicom: Dicom, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "decode_frame", lambda *_: pytest.fail("decoded"))
    with pytest.raises(RefusedError, check=lambda error: error.code == "too-large"):
        decode_dicom_bytes(dicom(STORED, Rows=60000, Columns=60000))


def _deflated(dicom: Dicom) -> bytes:
    plain = dicom(STORED, **TWELVE, **WINDOW)
    dataset = pydicom.dcmread(io.BytesIO(plain))
    dataset.file_meta.TransferSyntaxUID = uid.DeflatedExplicitVRLittleEndian
    buffer = io.BytesIO()
    dataset.save_as(buffer)
    return buffer.getvalue()


def test_a_deflated_file_is_read(dicom: Dicom) -> None:
    assert np.abs(decode_dicom_bytes(_deflated(dicom)).pixels - FULL).max() <= 1


def test_a_deflated_file_cannot_fill_the_memory(dicom: Dicom, monkeypatch: pytest.MonkeyPatch) -> None:
    data = _deflated(dicom)
    monkeypatch.setattr(module, "_MAX_INFLATED", 1000)
    monkeypatch.setattr(pydicom, "dcmread", lambda *_, **__: pytest.fail("handed to pydicom"))
    with pytest.raises(RefusedError, check=lambda error: error.code == "too-large"):
        decode_dicom_bytes(data)


@pytest.mark.parametrize("error", [RecursionError, ValueError, type("Panic", (BaseException,), {})])
def test_whatever_a_decoder_raises_becomes_one_line(
    dicom: Dicom, monkeypatch: pytest.MonkeyPatch, error: type[BaseException]
) -> None:
    def fail(*_: object) -> None:
        raise error(CANARY)

    monkeypatch.setattr(module, "decode_frame", fail)
    with pytest.raises(DataError, match=error.__name__) as caught:
        decode_dicom_bytes(dicom(STORED))
    assert CANARY not in str(caught.value)
    assert caught.value.__suppress_context__


def test_too_little_memory_has_a_code_of_its_own(dicom: Dicom, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "decode_frame", lambda *_: np.ones(1 << 50))
    with pytest.raises(RefusedError, check=lambda error: error.code == "memory"):
        decode_dicom_bytes(dicom(STORED))


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit])
def test_the_user_can_still_interrupt(
    dicom: Dicom, monkeypatch: pytest.MonkeyPatch, error: type[BaseException]
) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(module, "decode_frame", fail)
    with pytest.raises(error):
        decode_dicom_bytes(dicom(STORED))


def test_a_file_cut_anywhere_is_refused(dicom: Dicom) -> None:
    data = dicom(STORED)
    for length in [*range(132, len(data) - len(STORED) * 72, 7), len(data) - 100, len(data) - 1]:
        with pytest.raises(DataError):
            decode_dicom_bytes(data[:length])


def test_random_damage_gives_an_image_or_one_line(dicom: Dicom) -> None:
    data = np.frombuffer(dicom(STORED, **TWELVE, **WINDOW), np.uint8)
    header = len(data) - STORED.nbytes
    for _ in range(300):
        damaged = data.copy()
        places = RANDOM.integers(132, header, RANDOM.integers(1, 4))
        damaged[places] = RANDOM.integers(0, 256, len(places))
        try:
            assert decode_dicom_bytes(damaged.tobytes()).pixels.dtype == np.uint16
        except DataError as error:
            assert "\n" not in str(error)


def test_deeply_nested_sequences_are_refused_or_read(dicom: Dicom) -> None:
    nested = b""
    for _ in range(3000):
        item = b"\xfe\xff\x00\xe0" + len(nested).to_bytes(4, "little") + nested
        nested = b"\x40\x00\x75\x02SQ\0\0" + len(item).to_bytes(4, "little") + item
    data = dicom(STORED)
    at = data.index(b"\x28\x00\x02\x00US")
    try:
        assert decode_dicom_bytes(data[:at] + nested + data[at:]).pixels.shape == STORED.shape
    except DataError as error:
        assert "RecursionError" in str(error)


def test_no_value_of_a_patient_gets_out(
    dicom: Dicom, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    identifying = {name: CANARY for name in ("PatientName", "PatientID", "AccessionNumber", "InstitutionName")}
    item = Dataset()
    item.PatientID = CANARY
    found = []
    with caplog.at_level(logging.DEBUG):
        for attributes in (
            {},
            {"Rows": None},
            {"PixelRepresentation": 5},
            {"OtherPatientIDsSequence": Sequence([item])},
            {"VOILUTFunction": CANARY, **WINDOW},
            {"PhotometricInterpretation": CANARY},
            {"Modality": CANARY},
        ):
            try:
                found.append(repr(decode_dicom_bytes(dicom(STORED, **identifying, **attributes)).notes))
            except DataError as error:
                found.append(str(error))
    assert CANARY not in "".join([*found, caplog.text, *capfd.readouterr()])


@pytest.mark.parametrize(
    "name",
    [
        "JPEG2000-embedded-sequence-delimiter.dcm",
        "MR_truncated.dcm",
        "badVR.dcm",
        "meta_missing_tsyntax.dcm",
        "nested_priv_SQ.dcm",
    ],
)
def test_broken_files_of_pydicom_are_refused(name: str) -> None:
    path = get_testdata_file(name, download=False)
    with pytest.raises(DataError):
        decode_dicom_bytes(Path(str(path)).read_bytes())


@pytest.mark.parametrize(
    "name",
    [
        "JPGExtended.dcm",
        "SC_rgb_jpeg_gdcm.dcm",
        "SC_rgb_rle_16bit.dcm",
        "JPEGLSNearLossless_16.dcm",
        "SC_jpeg_no_color_transform.dcm",
        "SC_ybr_full_422_uncompressed.dcm",
        "image_dfl.dcm",
    ],
)
def test_whole_files_of_pydicom_are_read(name: str) -> None:
    path = Path(str(get_testdata_file(name, download=False)))
    dataset = pydicom.dcmread(path)
    decoded = decode_dicom_bytes(path.read_bytes())
    assert decoded.pixels.shape == (dataset.Rows, dataset.Columns)
    assert np.ptp(decoded.pixels) > 1000
    assert zlib.crc32(decoded.pixels.tobytes()) == zlib.crc32(decode_dicom_bytes(path.read_bytes()).pixels.tobytes())


def test_the_identity_has_what_a_report_copies_and_nothing_else(dicom: Dicom) -> None:
    known = {"PatientName": "Ærø^Ångström", "PatientID": "007", "SpecificCharacterSet": "ISO_IR 100"}
    data = dicom(STORED, **known, AccessionNumber="", PatientComments="never", StudyInstanceUID="1.2.3")
    found = Dataset.from_json(identity_of(data))
    assert {element.keyword for element in found} == {
        *("SOPClassUID", "SOPInstanceUID", "StudyInstanceUID", "PatientName", "PatientID")
    }
    assert (found.PatientName, found.PatientID, found.StudyInstanceUID) == ("Ærø^Ångström", "007", "1.2.3")


@pytest.mark.parametrize("data", [b"", b"text", bytes(128) + b"DICM" + bytes(40), b"\x89PNG\r\n\x1a\n"])
def test_without_a_header_there_is_no_identity(data: bytes) -> None:
    with pytest.raises(DataError):
        identity_of(data)
