"""Convert stored DICOM values to displayed grey: padding, modality, values of interest, inversion, aspect ratio."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from pydicom.dataset import Dataset
from pydicom.multival import MultiValue

from radtl_tf.data.decoding.grey import RefusedError, check_size
from radtl_tf.data.decoding.reading import (
    CONTRADICTION,
    RESAMPLED,
    RESCALE_IGNORED,
    VOI_LUT,
    WINDOW,
    WINDOW_IGNORED,
)

Pixels = NDArray[np.float32]
_PERCENTILES = (0.5, 99.5)
_MAX_ASPECT = 4.0
_LARGEST = 1e9  # of a slope, an intercept or a window: larger numbers are errors
_FEW_STEPS = 2  # between the percentiles: noise on one grey value
_SPACINGS = ("ImagerPixelSpacing", "PixelSpacing", "NominalScannedPixelSpacing")


def to_unit_grey(stored: NDArray[np.generic], header: Dataset) -> tuple[Pixels, list[str]]:
    """Return the grey of a monochrome image, float32 (H, W) from 0 black to 1 white, and notes on what was done.

    The steps follow PS3.4 N.2: exclude the padding, then apply modality, values of interest and at most one inversion.

    Raises:
        DataError: the header asks for an impossible transformation.
    """
    padding = _padding(stored, header)
    values, step = _modality(stored, header)
    unit, notes = _of_interest(values, ~padding, header, step)
    if step is None:
        notes.append(RESCALE_IGNORED)
    inverted, contradiction = _is_inverted(header)
    if inverted:
        unit = 1 - unit
        notes.append("inverted")
    if contradiction:
        notes.append(CONTRADICTION)
    if padding.any():
        unit[padding] = 0
        notes.append("padding set to black")
    return unit, notes


def square_pixels(unit: Pixels, header: Dataset) -> tuple[Pixels, list[str]]:
    """Return the image resampled so that its pixels are square (PS3.3 C.7.6.3.1.7), and a note if it was."""
    aspect = _aspect(header)
    if math.isclose(aspect, 1, rel_tol=1e-3):
        return unit, []
    if not 1 / _MAX_ASPECT <= aspect <= _MAX_ASPECT:
        raise RefusedError(
            "header",
            f"the DICOM pixel aspect ratio is implausible; expected 1/{_MAX_ASPECT:g} to {_MAX_ASPECT:g}: correct it.",
        )
    height, width = unit.shape
    height, width = (round(height * aspect), width) if aspect > 1 else (height, round(width / aspect))
    check_size(height, width)
    resized = Image.fromarray(unit).resize((width, height), Image.Resampling.BILINEAR)
    return np.asarray(resized), [RESAMPLED]


def _padding(stored: NDArray[np.generic], header: Dataset) -> NDArray[np.bool_]:
    """Return which pixels are padding (PS3.3 C.7.5.1.1.2): those with one value, or with a range of values."""
    value = header.get("PixelPaddingValue")
    if value is None:
        return np.zeros(stored.shape, bool)
    limit = header.get("PixelPaddingRangeLimit")
    low, high = sorted((int(value), int(value if limit is None else limit)))
    padding = (stored >= low) & (stored <= high)  # type: ignore[operator]
    if padding.all():
        raise RefusedError("header", "every pixel of the DICOM image is padding.")
    return padding


def _modality(stored: NDArray[np.generic], header: Dataset) -> tuple[Pixels, float | None]:
    """Apply the Modality LUT, or else the rescale (PS3.3 C.11.1).

    Return the values and the step between neighboring values; the step is ``None`` where the rescale is impossible.
    """
    if header.get("ModalityLUTSequence"):
        return _looked_up(stored, header.ModalityLUTSequence[0], header)[0], 1.0
    slope, intercept = _number(header.get("RescaleSlope"), 1), _number(header.get("RescaleIntercept"), 0)
    if slope == 0 or not math.isfinite(slope) or not math.isfinite(intercept):
        raise RefusedError(
            "header", "the DICOM Rescale Slope or Intercept is not a finite number, or the slope is zero: correct it."
        )
    if not 1 / _LARGEST <= abs(slope) <= _LARGEST or abs(intercept) > _LARGEST:
        return stored.astype(np.float32), None
    return stored.astype(np.float32) * np.float32(slope) + np.float32(intercept), abs(slope)


def _of_interest(
    values: Pixels, shown: NDArray[np.bool_], header: Dataset, step: float | None
) -> tuple[Pixels, list[str]]:
    """Return 0..1 by the VOI LUT, else the first window, else percentiles of the pixels ``shown`` (PS3.3 C.11.2).

    ``step`` is the step between neighboring values; ``None`` means that the values are not in the units of LUT and
    window. The notes say what was done.
    """
    if header.get("VOILUTSequence") and step is not None:
        found, top = _looked_up(np.rint(values), header.VOILUTSequence[0], header)
        return found / np.float32(top), [VOI_LUT]
    window = None if step is None else _window(header)
    if window:
        name = str(header.get("VOILUTFunction") or "LINEAR").strip().upper()
        if name not in _FUNCTIONS:
            raise RefusedError(
                "header", f"the DICOM VOI LUT Function is unknown; expected one of {', '.join(_FUNCTIONS)}: correct it."
            )
        return np.clip(_FUNCTIONS[name](values, *window), 0, 1), [WINDOW]
    notes = [WINDOW_IGNORED] if _has_window(header) else []
    low, high = np.percentile(values[shown], _PERCENTILES)
    if high - low <= _FEW_STEPS * (step or 1):
        return np.zeros_like(values), [*notes, "blank image"]
    return _ramp(values, low, high), [*notes, "window from percentiles 0.5 and 99.5"]


def _window(header: Dataset) -> tuple[float, float] | None:
    """Return center and width of the first window, or ``None`` if it is missing or cannot be applied."""
    try:
        center, width = _number(header.get("WindowCenter"), math.nan), _number(header.get("WindowWidth"), math.nan)
    except (ValueError, TypeError):  # not a number
        return None
    usable = abs(center) <= _LARGEST and 0 < width <= _LARGEST
    return (center, width) if usable else None


def _has_window(header: Dataset) -> bool:
    return any(header.get(name) not in (None, "") for name in ("WindowCenter", "WindowWidth"))


def _linear(values: Pixels, center: float, width: float) -> Pixels:
    """Apply the linear window of PS3.3 C.11.2.1.2.1; a width of 1 is a threshold."""
    return _ramp(values, center - 0.5 - (width - 1) / 2, center - 0.5 + (width - 1) / 2)


def _linear_exact(values: Pixels, center: float, width: float) -> Pixels:
    """Apply the window LINEAR_EXACT of PS3.3 C.11.2.1.3.2."""
    return _ramp(values, center - width / 2, center + width / 2)


def _sigmoid(values: Pixels, center: float, width: float) -> Pixels:
    """Apply the sigmoid window of PS3.3 C.11.2.1.3.1."""
    with np.errstate(over="ignore"):
        return 1 / (1 + np.exp(np.float32(-4 / width) * (values - np.float32(center))))


_FUNCTIONS: dict[str, Callable[[Pixels, float, float], Pixels]] = {
    "LINEAR": _linear,
    "LINEAR_EXACT": _linear_exact,
    "SIGMOID": _sigmoid,
}


def _ramp(values: Pixels, low: float, high: float) -> Pixels:
    if high <= low:
        return (values > low).astype(np.float32)
    return np.clip((values - np.float32(low)) / np.float32(high - low), 0, 1)


def _looked_up(values: NDArray[np.generic], item: Dataset, header: Dataset) -> tuple[Pixels, int]:
    """Return the values mapped by a lookup table (PS3.3 C.11.1.1), and the largest value that the table can hold."""
    entries, first, bits = (int(number) for number in item.LUTDescriptor)
    table = _table(item.LUTData, entries or 1 << 16)
    if int(header.get("PixelRepresentation", 0)) and first >= 1 << 15:
        first -= 1 << 16  # written as unsigned although the pixels are signed
    index = np.clip(values.astype(np.int64) - first, 0, len(table) - 1)
    return table[index].astype(np.float32), max((1 << bits) - 1, int(table.max()))


def _table(data: bytes | list[int] | int, entries: int) -> NDArray[np.uint16]:
    """Return the entries of a LUT; its data are words, or bytes packed in words for entries of 8 bits."""
    if isinstance(data, bytes):
        table = np.frombuffer(data, np.uint8 if len(data) < 2 * entries else "<u2")[:entries].astype(np.uint16)
    else:
        table = np.atleast_1d(np.asarray(data)).astype(np.uint16)
    if len(table) != entries:
        raise RefusedError("header", "a DICOM lookup table has another length than it declares: export it again.")
    return table


def _is_inverted(header: Dataset) -> tuple[bool, bool]:
    """Tell whether high values are dark, and whether the header contradicts itself (PS3.3 C.8.11.3.1.2, C.11.6)."""
    shape = str(header.get("PresentationLUTShape") or "").strip().upper()
    by_photometry = header.PhotometricInterpretation == "MONOCHROME1"
    if shape not in ("INVERSE", "IDENTITY"):
        return by_photometry, False
    return shape == "INVERSE", (shape == "INVERSE") != by_photometry


def _aspect(header: Dataset) -> float:
    """Return the height of a pixel divided by its width."""
    ratio = header.get("PixelAspectRatio")
    pairs = [ratio] if ratio else [header.get(name) for name in _SPACINGS]
    for pair in pairs:
        if pair is not None and len(pair) == 2:
            vertical, horizontal = (_number(value, math.nan) for value in pair)
            return vertical / horizontal if vertical > 0 and horizontal > 0 else 1.0
    return 1.0


def _number(value: object, default: float) -> float:
    """Return the first number of a DICOM value, or the default where it is missing or empty."""
    first = value[0] if isinstance(value, MultiValue | list | tuple) and value else value
    return default if first in (None, "") or isinstance(first, MultiValue | list) else float(first)  # type: ignore[arg-type]
