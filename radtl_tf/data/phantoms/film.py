"""Turn a drawing into a radiograph: position, projection, texture, exposure, noise, collimation."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from scipy import ndimage

from radtl_tf.data.phantoms.paint import Growth, Layer, Picture, Points, Pose, grain, line, rim, soften

_TEXTURE, _CORTEX = 0.06, 0.5  # trabeculae and bright borders, relative to the bone
_MARKERS = {
    "L": [[(-0.3, -0.5), (-0.3, 0.5), (0.3, 0.5)]],
    "R": [[(-0.3, 0.5), (-0.3, -0.5), (0.2, -0.5), (0.3, -0.25), (0.2, 0), (-0.3, 0)], [(0, 0), (0.3, 0.5)]],
}


@dataclass
class Drawing:
    """One patient's anatomy in image heights, ``middle`` in the middle of the image.

    Soft tissue is blurred, bone has cortex and trabeculae (texture from ``seed``), hard tissue is sharp. ``growth``
    does not change the device, which is part of the machine.
    """

    middle: tuple[float, float]
    growth: Growth
    seed: int
    soft: Layer = field(default_factory=Layer)
    bone: Layer = field(default_factory=Layer)
    hard: Layer = field(default_factory=Layer)
    device: Layer = field(default_factory=Layer)


@dataclass(frozen=True)
class Film:
    """How one image of a patient was taken; drawn independently of the anatomy, and so of the label."""

    pose: Pose  # image heights, around the middle of the image
    exposure: float
    gamma: float
    noise: float
    blur: float
    tilt: tuple[float, float]  # uneven exposure, attenuation per image height
    border: tuple[float, float]
    marked: bool  # a lead letter shows the side

    @property
    def mirrored(self) -> bool:
        """Tell whether left and right are exchanged."""
        return bool(self.pose.scale_x < 0)


def draw_film(rng: np.random.Generator, *, spread: float, mirrored: bool = False) -> Film:
    """Draw a film; position, size and angle have the standard deviation ``spread``, ``mirrored`` swaps the sides."""
    (x, y, turn), (size, stretch) = rng.normal(0, spread, 3), rng.normal(1, spread, 2)
    border = rng.uniform(0, 0.03, 2) * rng.integers(0, 2, 2)
    return Film(
        Pose(x, y, turn, size * stretch * (-1 if mirrored else 1), size),
        exposure=rng.uniform(0.85, 1.2),
        gamma=rng.uniform(0.75, 1.3),
        noise=rng.uniform(0.008, 0.03),
        blur=rng.uniform(0.0012, 0.0032),
        tilt=(rng.normal(0, 0.06), rng.normal(0, 0.12)),
        border=(border[0], border[1]),
        marked=bool(rng.random() < 0.6),
    )


def _letter(columns_per_row: float, mirrored: bool) -> list[Points]:
    """Return the strokes of the side letter in a lower corner (0, 0 is the middle of the image)."""
    x = 0.5 * columns_per_row - 0.07
    pose = Pose(-x if mirrored else x, 0.4, 0, 0.05, 0.06)
    return [pose.place(line(stroke, 0.2, 0)) for stroke in _MARKERS["R" if mirrored else "L"]]


def expose(drawing: Drawing, film: Film, rng: np.random.Generator, rows: int, columns: int) -> Picture:
    """Return the radiograph (rows, columns) as a viewer should show it: 0 black (air) to 1 white (metal)."""
    pose = _in_pixels(film.pose, drawing.middle, rows, columns)

    def to_pixels(points: Points) -> Points:
        return pose.place(drawing.growth.place(points))

    soft, bone, hard = (layer.paint(to_pixels, rows, columns) for layer in (drawing.soft, drawing.bone, drawing.hard))
    texture = _TEXTURE * grain(np.random.default_rng(drawing.seed), rows, columns, rows / 170)
    attenuation = soften(soft, 0.012 * rows) + bone * (1 + texture) + _CORTEX * rim(bone, 0.012 * rows) + hard
    attenuation += drawing.device.paint(pose.place, rows, columns)
    if film.marked:
        letter = Layer()
        letter.add(1.6, *_letter(columns / rows, film.mirrored))
        attenuation += letter.paint(_in_pixels(Pose(), (0, 0), rows, columns).place, rows, columns)
    return _collimated(_developed(attenuation, film, rng), film.border)


def _in_pixels(pose: Pose, middle: tuple[float, float], rows: int, columns: int) -> Pose:
    """Return the pose that converts image heights to pixels, with ``middle`` in the middle of the image."""
    turn = replace(pose, x=0, y=0, scale_x=pose.scale_x * rows, scale_y=pose.scale_y * rows)
    x, y = turn.place([middle])[0]
    return replace(turn, x=columns / 2 + pose.x * rows - x, y=rows / 2 + pose.y * rows - y)


def _developed(attenuation: Picture, film: Film, rng: np.random.Generator) -> Picture:
    """Add noise by Beer-Lambert (fewer photons, noisier logarithm), then apply the display's curve."""
    rows, columns = attenuation.shape
    across, down = (np.linspace(-0.5, 0.5, size, dtype=np.float32) for size in (columns, rows))
    uneven = film.tilt[0] * columns / rows * across + film.tilt[1] * down[:, None]
    sharp = ndimage.gaussian_filter(attenuation, film.blur * rows, truncate=3) + uneven
    quanta = rng.standard_normal(sharp.shape, np.float32) * film.noise * np.exp(0.5 * sharp)
    seen = 1.04 - 1.08 * np.exp(-1.1 * film.exposure * np.maximum(sharp + quanta - 0.12, 0))
    return np.clip(seen, 0, 1) ** film.gamma


def _collimated(picture: Picture, border: tuple[float, float]) -> Picture:
    """Blacken a border, given as shares of the height and of the width."""
    rows, columns = (round(share * size) for share, size in zip(border, picture.shape, strict=True))
    framed = np.zeros_like(picture)
    inside = np.s_[rows : len(picture) - rows, columns : picture.shape[1] - columns]
    framed[inside] = picture[inside]
    return framed
