"""A contact sheet: radiographs as a network sees them, made by the functions that training uses."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
from numpy.typing import NDArray

from radtl_tf.data.preprocessing.augmentation import augment
from radtl_tf.data.preprocessing.resizing import preprocess
from radtl_tf.models.pixels import PixelConvention, to_network
from radtl_tf.records.disk import write_text
from radtl_tf.records.experiment import Augmentation, Resize
from radtl_tf.report.drawing.templates import render_template


@dataclass(frozen=True)
class Sheet:
    """What a sheet shows: the network's side in pixels, and how images get there."""

    image_size: int
    resize: Resize
    augmentation: Augmentation
    views: int
    seed: int


def write_preview(
    path: Path,
    images: Mapping[str, Sequence[tuple[int, NDArray[np.uint16]]]],
    conventions: Sequence[PixelConvention],
    sheet: Sheet,
    name: str,
) -> None:
    """Write the sheet of ``images``, (line, uint16 grey (H, W)) by class, as one self-contained HTML page.

    Each image is shown plain, then in ``sheet.views`` augmented views, once per convention: its three channels in the
    network's order as red, green and blue, the convention's range as black to white.

    Raises:
        OutputError: the page cannot be written.
    """
    shown = {label: [picture for one in rows for picture in _views(*one, sheet)] for label, rows in images.items()}
    page = render_template(
        "preview.html",
        name=name,
        sentence=f"{sheet.image_size} x {sheet.image_size} px, resized by the policy {sheet.resize}, augmentation "
        f"{sheet.augmentation}. A network sees no more than this page shows.",
        conventions=[_section(convention, shown) for convention in conventions],
    )
    write_text(path, page)


def _views(line: int, pixels: NDArray[np.uint16], sheet: Sheet) -> Iterator[tuple[str, Any]]:
    """Yield a caption and grey 0..1 (S, S, 1) of the image as it is and in its first augmented views."""
    plain = preprocess(pixels, sheet.image_size, sheet.resize)
    yield f"line {line}", plain
    if sheet.augmentation != "none":
        for view in range(sheet.views):
            yield f"line {line}, view {view + 1}", augment(plain, sheet.augmentation, sheet.seed, view, line)


def _section(convention: PixelConvention, shown: Mapping[str, Sequence[tuple[str, Any]]]) -> dict[str, Any]:
    return {
        "name": convention.name,
        "caption": f"{convention.channels}, {convention.low:.3g} to {convention.high:.3g}; {convention.source}.",
        "groups": [
            {
                "label": label,
                "pictures": [{"caption": caption, "source": _source(grey, convention)} for caption, grey in pictures],
            }
            for label, pictures in shown.items()
        ],
    }


def _source(grey: Any, convention: PixelConvention) -> str:
    """Return a picture of the network's input as a data URL."""
    values = np.asarray(to_network(grey[None], convention))[0]  # (S, S, 3)
    share = (values - convention.low) / (convention.high - convention.low)
    png = imagecodecs.png_encode(np.rint(np.clip(share, 0, 1) * 255).astype(np.uint8))
    return f"data:image/png;base64,{base64.b64encode(bytes(png)).decode()}"
