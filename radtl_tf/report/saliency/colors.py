"""The colors of a saliency map over a radiograph: readable on light and dark pages, in grey print, and color-blind."""

from __future__ import annotations

import matplotlib as mpl
import numpy as np
from numpy.typing import NDArray

HALF = 0.5  # of the maximum: where a line marks the place without color
_MAP = "plasma"  # even steps of lightness, dark to light
_OPACITY = 0.7  # at the maximum; at 0 the radiograph is uncovered
_LINE = (255, 255, 255, 255)


def overlay(values: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Return a map (H, W) in 0..1 as RGBA (H, W, 4): higher values are lighter and denser, with a line at half."""
    rgba = mpl.colormaps[_MAP](values)
    rgba[..., 3] = _OPACITY * values
    pixels = np.rint(rgba * 255).astype(np.uint8)
    pixels[_edge(values >= HALF)] = _LINE
    return pixels


def blend(grey: NDArray[np.uint8], rgba: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return RGB (H, W, 3): the overlay (H, W, 4) on the radiograph (H, W)."""
    opacity = rgba[..., 3:] / 255
    return np.rint(rgba[..., :3] * opacity + grey[..., None] * (1 - opacity)).astype(np.uint8)


def legend(num_steps: int, grey: int = 110) -> list[tuple[float, str]]:
    """Return the colors from 0 to the maximum over a middle grey, as (value, ``#rrggbb``)."""
    values = np.linspace(0, 1, num_steps)
    rgba = mpl.colormaps[_MAP](values)
    opacity = _OPACITY * values[:, None]
    shades = np.rint(255 * rgba[:, :3] * opacity + grey * (1 - opacity)).astype(int)
    return [(float(value), "#{:02x}{:02x}{:02x}".format(*shade)) for value, shade in zip(values, shades, strict=True)]


def _edge(inside: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the pixels that are inside with a neighbor outside; the picture's own border does not count."""
    outside = np.pad(~inside, 1, constant_values=False)
    return inside & (outside[:-2, 1:-1] | outside[2:, 1:-1] | outside[1:-1, :-2] | outside[1:-1, 2:])
