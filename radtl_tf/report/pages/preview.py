"""A contact sheet: radiographs in grey as a network sees them, made by the functions that training uses."""

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
from radtl_tf.records.image_size import written_out
from radtl_tf.report.drawing.table import Table
from radtl_tf.report.drawing.templates import render_template


@dataclass(frozen=True)
class Sheet:
    """What a sheet shows: the size of the network's images, and how images get there."""

    image_size: int | str
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

    Each image is shown in grey, as a reader sees it, plain and then in ``sheet.views`` augmented views. The three
    channels of a network hold this picture, scaled and shifted; a table gives the values under each convention.

    Raises:
        OutputError: the page cannot be written.
    """
    shown = {label: [picture for one in rows for picture in _views(*one, sheet)] for label, rows in images.items()}
    page = render_template(
        "preview.html",
        name=name,
        sentence=f"{written_out(sheet.image_size)}, resized by the policy {sheet.resize}, augmentation "
        f"{sheet.augmentation}. A network sees no more than this page shows.",
        table=_values([grey for pictures in shown.values() for _, grey in pictures], conventions),
        groups=[
            {"label": label, "pictures": [{"caption": caption, "source": _source(grey)} for caption, grey in pictures]}
            for label, pictures in shown.items()
        ],
    )
    write_text(path, page)


def _views(line: int, pixels: NDArray[np.uint16], sheet: Sheet) -> Iterator[tuple[str, Any]]:
    """Yield a caption and grey 0..1 (H, W, 1) of the image as it is and in its first augmented views."""
    plain = preprocess(pixels, sheet.image_size, sheet.resize)
    yield f"line {line}", plain
    if sheet.augmentation != "none":
        for view in range(sheet.views):
            yield f"line {line}, view {view + 1}", augment(plain, sheet.augmentation, sheet.seed, view, line)


def _values(shown: Sequence[Any], conventions: Sequence[PixelConvention]) -> Table:
    """Return the values that a network gets under each convention: of black, of white, and in these pictures."""
    ends = [float(np.min(shown)), float(np.max(shown))] if shown else [0.0, 1.0]  # a convention keeps the order
    return Table(
        key="values",
        title="What the network receives",
        caption="Each of the three channels holds the grey picture, scaled and shifted, so the pictures above are the "
        "same under every convention. Black and white are the values of the darkest and the brightest possible pixel "
        "in each channel. Weights need the convention that they were trained with: radtl weights list names it.",
        columns=("Pixel convention", "Channels", "Black", "White", "In these pictures", "Source"),
        rows=tuple(
            (
                *(
                    one.name,
                    one.channels,
                    _listed(to_network(_pixels([0]), one)),
                    _listed(to_network(_pixels([1]), one)),
                ),
                *(_range(to_network(_pixels(ends), one)), one.source),
            )
            for one in conventions
        ),
    )


def _pixels(grey: Sequence[float]) -> NDArray[np.float32]:
    """Return grey values 0..1 as an image (1, 1, n, 1)."""
    return np.asarray(grey, np.float32)[None, None, :, None]


def _listed(values: Any) -> str:
    return " / ".join(f"{value:.3g}" for value in np.asarray(values).ravel())


def _range(values: Any) -> str:
    return f"{float(np.min(values)):.3g} to {float(np.max(values)):.3g}"


def _source(grey: Any) -> str:
    """Return a picture of grey 0..1 (H, W, 1) as a data URL."""
    png = imagecodecs.png_encode(np.rint(np.clip(np.asarray(grey)[..., 0], 0, 1) * 255).astype(np.uint8))
    return f"data:image/png;base64,{base64.b64encode(bytes(png)).decode()}"
