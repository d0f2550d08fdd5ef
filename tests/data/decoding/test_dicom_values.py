from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.pixels import apply_modality_lut, apply_voi_lut, apply_windowing

from radtl_tf.data.decoding.dicom_values import square_pixels, to_unit_grey
from radtl_tf.data.decoding.reading import RESCALE_IGNORED, WINDOW_IGNORED
from radtl_tf.errors import DataError

STORED = np.random.default_rng(0).integers(0, 4096, (20, 30), dtype=np.uint16)


def _header(**attributes: Any) -> Dataset:
    header = Dataset()
    header.PhotometricInterpretation = "MONOCHROME2"
    header.BitsStored, header.PixelRepresentation = 12, 0
    for name, value in attributes.items():
        setattr(header, name, value)
    return header


def _lut(table: NDArray[np.uint16], first: int, bits: int, *, words: bool = False) -> Dataset:
    item = Dataset()
    item.LUTDescriptor = [len(table) % 65536, first, bits]
    item.LUTData = table.astype("<u2").tobytes() if words else table.tolist()
    item["LUTData"].VR = "OW" if words else "US"
    item["LUTDescriptor"].VR = "SS" if first < 0 else "US"
    return item


def _scaled(values: NDArray[Any], low: float, high: float) -> NDArray[Any]:
    return (values - low) / (high - low)


@pytest.mark.parametrize("function", [None, "LINEAR", "LINEAR_EXACT", "SIGMOID"])
@pytest.mark.parametrize(("center", "width"), [(2048, 4096), (1000, 300), (2000.5, 1.5)])
def test_windows_are_those_of_pydicom(function: str | None, center: float, width: float) -> None:
    header = _header(WindowCenter=center, WindowWidth=width)
    if function:
        header.VOILUTFunction = function
    unit, notes = to_unit_grey(STORED, header)
    np.testing.assert_allclose(unit, _scaled(apply_windowing(STORED, header), 0, 4095), atol=2e-5)
    assert notes == ["window of the file"]


def test_a_window_of_width_one_is_a_threshold() -> None:
    unit, _ = to_unit_grey(np.array([[9, 10, 11]], np.uint16), _header(WindowCenter=10.5, WindowWidth=1))
    np.testing.assert_array_equal(unit, [[0, 0, 1]])


def test_of_several_windows_the_first_is_taken() -> None:
    first, _ = to_unit_grey(STORED, _header(WindowCenter=1000, WindowWidth=500))
    several, _ = to_unit_grey(STORED, _header(WindowCenter=[1000, 3000], WindowWidth=[500, 100]))
    np.testing.assert_array_equal(first, several)


@pytest.mark.parametrize(("center", "width"), [("nan", 100), (100, 0), (100, -5), (None, 100), (100, "inf")])
def test_a_window_that_cannot_be_applied_gives_way_to_percentiles(center: Any, width: Any) -> None:
    header = _header()
    header.add_new("WindowCenter", "DS", None if center is None else str(center))
    header.add_new("WindowWidth", "DS", str(width))
    unit, notes = to_unit_grey(STORED, header)
    assert notes == [WINDOW_IGNORED, "window from percentiles 0.5 and 99.5"]
    assert np.isfinite(unit).all()


def test_percentiles_are_of_the_pixels_that_are_no_padding() -> None:
    stored = np.tile(np.arange(1000, 2000, dtype=np.uint16), (4, 1))
    stored[:, :300] = 0
    low, high = np.percentile(stored[:, 300:], (0.5, 99.5))
    unit, notes = to_unit_grey(stored, _header(PixelPaddingValue=0))
    np.testing.assert_allclose(unit[:, 300:], np.clip(_scaled(stored[:, 300:], low, high), 0, 1), atol=1e-6)
    assert not unit[:, :300].any()
    assert "padding set to black" in notes


def test_padding_stays_black_when_the_image_is_inverted() -> None:
    stored = np.array([[4095, 100, 200]], np.uint16)
    header = _header(PixelPaddingValue=4090, PixelPaddingRangeLimit=4095, PhotometricInterpretation="MONOCHROME1")
    header.WindowCenter, header.WindowWidth, header.VOILUTFunction = 150, 100, "LINEAR_EXACT"
    unit, _ = to_unit_grey(stored, header)
    np.testing.assert_array_equal(unit, [[0, 1, 0]])


def test_an_image_of_padding_only_is_refused() -> None:
    with pytest.raises(DataError, match="padding"):
        to_unit_grey(np.zeros((3, 3), np.uint16), _header(PixelPaddingValue=0))


def test_a_blank_image_is_black_and_said_to_be() -> None:
    unit, notes = to_unit_grey(np.full((3, 3), 7, np.uint16), _header())
    assert not unit.any()
    assert notes == ["blank image"]


def test_rescale_comes_before_the_window() -> None:
    header = _header(RescaleSlope=2, RescaleIntercept=-1000, WindowCenter=500, WindowWidth=800)
    expected = apply_windowing(apply_modality_lut(STORED, header), header)
    unit, _ = to_unit_grey(STORED, header)
    np.testing.assert_allclose(unit, _scaled(expected, -1000, 2 * 4095 - 1000), atol=2e-5)


@pytest.mark.parametrize(("slope", "intercept"), [(0, 0), ("nan", 0), ("inf", 0), (1, "nan")])
def test_a_rescale_that_loses_everything_is_refused(slope: Any, intercept: Any) -> None:
    header = _header()
    header.add_new("RescaleSlope", "DS", str(slope))
    header.add_new("RescaleIntercept", "DS", str(intercept))
    with pytest.raises(DataError, match="Rescale Slope"):
        to_unit_grey(STORED, header)


@pytest.mark.parametrize("slope", ["1e300", "1e-300"])
def test_an_impossible_rescale_gives_way_to_percentiles(slope: str) -> None:
    header = _header(WindowCenter=500, WindowWidth=800)
    header.add_new("RescaleSlope", "DS", slope)
    unit, notes = to_unit_grey(STORED, header)
    np.testing.assert_array_equal(unit, to_unit_grey(STORED, _header())[0])
    assert {RESCALE_IGNORED, WINDOW_IGNORED} <= set(notes)


def test_noise_of_a_step_is_no_picture() -> None:
    noise = np.random.default_rng(1).integers(999, 1002, (40, 40)).astype(np.uint16)
    assert to_unit_grey(noise, _header(RescaleSlope=3))[1] == ["blank image"]


@pytest.mark.parametrize("words", [False, True])
@pytest.mark.parametrize("first", [0, 100])
def test_a_modality_table_wins_over_rescale(words: bool, first: int) -> None:
    table = np.sqrt(np.linspace(0, 1, 3000)) * 1023
    header = _header(ModalityLUTSequence=[_lut(table.astype(np.uint16), first, 16, words=words)], RescaleSlope=0)
    header.file_meta = Dataset()
    header.WindowCenter, header.WindowWidth, header.VOILUTFunction = 511.5, 1023, "LINEAR_EXACT"
    index = np.clip(STORED.astype(int) - first, 0, 2999)
    unit, _ = to_unit_grey(STORED, header)
    np.testing.assert_allclose(unit, table.astype(np.uint16)[index] / 1023, atol=1e-6)


@pytest.mark.parametrize("words", [False, True])
def test_a_voi_table_wins_over_the_window(words: bool) -> None:
    table = (np.linspace(0, 1, 4096) ** 2 * 65535).astype(np.uint16)
    header = _header(VOILUTSequence=[_lut(table, 0, 16, words=words)], WindowCenter=1, WindowWidth=2)
    unit, notes = to_unit_grey(STORED, header)
    np.testing.assert_allclose(unit, table[STORED] / 65535, atol=1e-6)
    assert notes == ["VOI LUT of the file"]
    if not words:
        np.testing.assert_allclose(unit, apply_voi_lut(STORED, header) / 65535, atol=1e-6)


def test_a_table_of_65536_entries_and_signed_pixels_is_read() -> None:
    stored = np.array([[-32768, -1, 0, 32767]], np.int16)
    table = np.arange(65536).astype(np.uint16)
    header = _header(VOILUTSequence=[_lut(table, -32768, 16)], PixelRepresentation=1)
    unit, _ = to_unit_grey(stored, header)
    np.testing.assert_allclose(unit * 65535, [[0, 32767, 32768, 65535]], atol=0.01)
    header.VOILUTSequence[0]["LUTDescriptor"].VR = "US"  # as some vendors write it
    header.VOILUTSequence[0].LUTDescriptor = [0, 32768, 16]
    np.testing.assert_array_equal(to_unit_grey(stored, header)[0], unit)


def test_a_table_shorter_than_it_declares_is_refused() -> None:
    item = _lut(np.arange(10).astype(np.uint16), 0, 16)
    item.LUTDescriptor = [12, 0, 16]
    with pytest.raises(DataError, match="lookup table"):
        to_unit_grey(STORED, _header(VOILUTSequence=[item]))


@pytest.mark.parametrize(
    ("photometry", "shape", "inverted", "contradiction"),
    [
        ("MONOCHROME2", None, False, False),
        ("MONOCHROME1", None, True, False),
        ("MONOCHROME1", "INVERSE", True, False),
        ("MONOCHROME2", "IDENTITY", False, False),
        ("MONOCHROME2", "INVERSE", True, True),
        ("MONOCHROME1", "IDENTITY", False, True),
    ],
)
def test_an_image_is_inverted_at_most_once(
    photometry: str, shape: str | None, inverted: bool, contradiction: bool
) -> None:
    plain, _ = to_unit_grey(STORED, _header(WindowCenter=2048, WindowWidth=4096))
    header = _header(WindowCenter=2048, WindowWidth=4096, PhotometricInterpretation=photometry)
    if shape:
        header.PresentationLUTShape = shape
    unit, notes = to_unit_grey(STORED, header)
    np.testing.assert_array_equal(unit, 1 - plain if inverted else plain)
    assert ("inverted" in notes, any("contradict" in note for note in notes)) == (inverted, contradiction)


def test_an_unknown_function_is_refused_without_its_name() -> None:
    with pytest.raises(DataError, match="VOI LUT Function") as caught:
        to_unit_grey(STORED, _header(WindowCenter=1, WindowWidth=2, VOILUTFunction="ZZCANARY"))
    assert "ZZCANARY" not in str(caught.value)


@pytest.mark.parametrize(
    ("attributes", "shape"),
    [
        ({}, (20, 30)),
        ({"PixelAspectRatio": [1, 1]}, (20, 30)),
        ({"PixelAspectRatio": [2, 1]}, (40, 30)),  # a pixel is twice as high as wide
        ({"PixelAspectRatio": [1, 2]}, (20, 60)),
        ({"ImagerPixelSpacing": [0.3, 0.2]}, (30, 30)),
        ({"ImagerPixelSpacing": [0.2, 0.2]}, (20, 30)),
        ({"PixelSpacing": [0.2, 0.3]}, (20, 45)),
        ({"PixelAspectRatio": [0, 0]}, (20, 30)),
    ],
)
def test_pixels_become_square(attributes: dict[str, Any], shape: tuple[int, int]) -> None:
    unit = (STORED / 4095).astype(np.float32)
    squared, notes = square_pixels(unit, _header(**attributes))
    assert squared.shape == shape
    assert bool(notes) == (shape != (20, 30))
    assert abs(float(squared.mean() - unit.mean())) < 0.01


def test_an_implausible_aspect_is_refused() -> None:
    with pytest.raises(DataError, match="aspect"):
        square_pixels(np.zeros((3, 3), np.float32), _header(PixelAspectRatio=[1000, 1]))
