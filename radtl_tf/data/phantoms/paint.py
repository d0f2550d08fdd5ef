"""Draw the shapes of the synthetic radiographs: closed contours, their filling, blur and texture."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import ndimage

Points = NDArray[np.float64]  # (N, 2): x to the right, y down
Picture = NDArray[np.float32]  # (rows, columns)

SUB_ROWS = 3  # the coverage is exact along a row and sampled at three heights within the row


@dataclass(frozen=True)
class Pose:
    """The position of a drawing: points are scaled, turned by ``angle`` radians, then moved to ``x``, ``y``."""

    x: float = 0.0
    y: float = 0.0
    angle: float = 0.0
    scale_x: float = 1.0
    scale_y: float = 1.0

    def place(self, points: ArrayLike) -> Points:
        """Return the points (N, 2) in this pose."""
        scaled = np.asarray(points, np.float64) * (self.scale_x, self.scale_y)
        cosine, sine = np.cos(self.angle), np.sin(self.angle)
        return scaled @ np.array([[cosine, sine], [-sine, cosine]]) + (self.x, self.y)


@dataclass(frozen=True)
class Growth:
    """A smooth random displacement, so that skulls with the same traits differ: the sum of a few random waves."""

    waves: Points  # (K, 2) radians per image height
    phases: Points  # (K, 2)
    heights: Points  # (K, 2) image heights

    @classmethod
    def draw(cls, rng: np.random.Generator, amount: float, count: int = 4) -> Growth:
        """Draw a displacement whose standard deviation is about ``amount`` image heights."""
        turn, length = rng.uniform(0, 2 * np.pi, count), rng.uniform(0.6, 1.8, count)
        waves = 2 * np.pi / length * np.stack([np.cos(turn), np.sin(turn)])
        heights = rng.normal(0, amount * np.sqrt(2 / count), (count, 2))
        return cls(waves.T, rng.uniform(0, 2 * np.pi, (count, 2)), heights)

    def place(self, points: Points) -> Points:
        """Return the displaced points (N, 2)."""
        waves = np.sin((points @ self.waves.T)[..., None] + self.phases)  # (N, K, 2)
        return points + (waves * self.heights).sum(1)


@dataclass
class Layer:
    """Contours that are painted together, each with the attenuation that it adds (negative: air, pulp)."""

    contours: list[Points] = field(default_factory=list)
    weights: list[float] = field(default_factory=list)

    def add(self, weight: float, *contours: Points) -> None:
        """Add closed contours of one attenuation."""
        self.contours.extend(contours)
        self.weights.extend([weight] * len(contours))

    def paint(self, to_pixels: Callable[[Points], Points], rows: int, columns: int) -> Picture:
        """Return the summed attenuation (rows, columns); ``to_pixels`` converts points of the contours to pixels."""
        if not self.contours:
            return np.zeros((rows, columns), np.float32)
        lengths = np.array([len(contour) for contour in self.contours])
        first = np.cumsum(lengths) - lengths
        starts = to_pixels(np.concatenate(self.contours))
        following = np.arange(1, len(starts) + 1)
        following[first + lengths - 1] = first
        ends = starts[following]
        area = np.add.reduceat(starts[:, 0] * ends[:, 1] - ends[:, 0] * starts[:, 1], first)
        weights = np.repeat(np.asarray(self.weights) * -np.sign(area), lengths)
        return _coverage(starts, ends, weights, rows, columns)


def _coverage(starts: Points, ends: Points, weights: NDArray[np.float64], rows: int, columns: int) -> Picture:
    """Fill by accumulation: each edge adds a signed weight at its crossings with a sub-row, summed along the row."""
    top, bottom = starts[:, 1] * SUB_ROWS - 0.5, ends[:, 1] * SUB_ROWS - 0.5
    first, last = (np.clip(np.ceil(f(top, bottom)), 0, rows * SUB_ROWS).astype(int) for f in (np.minimum, np.maximum))
    counts = last - first
    edge = np.repeat(np.arange(len(starts)), counts)
    sub_row = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts) + first[edge]
    slope = (ends[edge, 0] - starts[edge, 0]) / (bottom - top)[edge]
    x = np.clip(starts[edge, 0] + (sub_row - top[edge]) * slope, 0, columns)
    column = x.astype(int)
    signed = weights[edge] * np.sign(bottom - top)[edge] / SUB_ROWS
    cell = sub_row // SUB_ROWS * (columns + 2) + column
    share = signed * (x - column)
    size = rows * (columns + 2)
    steps = np.bincount(cell, signed - share, size) + np.bincount(cell + 1, share, size)
    return np.cumsum(steps.reshape(rows, -1), axis=1)[:, :columns].astype(np.float32)


@lru_cache
def _corner_cutter(count: int, rounds: int) -> NDArray[np.float64]:
    """Return the matrix (count * 2 ** rounds, count) that cuts the corners of a closed contour of ``count`` points."""
    matrix = np.eye(count)
    for _ in range(rounds):
        following = np.roll(matrix, -1, axis=0)
        matrix = np.stack([0.75 * matrix + 0.25 * following, 0.25 * matrix + 0.75 * following], 1).reshape(-1, count)
    return matrix


def rounded(points: ArrayLike, rounds: int = 2) -> Points:
    """Return the closed contour with its corners cut ``rounds`` times (Chaikin 1974)."""
    corners = np.asarray(points, np.float64)
    return _corner_cutter(len(corners), rounds) @ corners


def line(points: ArrayLike, width: float | ArrayLike, rounds: int = 2) -> Points:
    """Return the contour of a rounded line; ``width`` may vary from point to point."""
    nodes = np.asarray(points, np.float64)
    widths = np.broadcast_to(np.asarray(width, np.float64), len(nodes))
    along = np.gradient(nodes, axis=0)
    across = np.stack([-along[:, 1], along[:, 0]], 1) / (np.linalg.norm(along, axis=1, keepdims=True) + 1e-9)
    half = 0.5 * across * widths[:, None]
    return rounded(np.concatenate([nodes + half, (nodes - half)[::-1]]), rounds)


def ellipse(x: float, y: float, radius_x: float, radius_y: float, angle: float = 0.0) -> Points:
    """Return an ellipse as a contour of 32 points."""
    turn = np.linspace(0, 2 * np.pi, 32, endpoint=False)
    return Pose(x, y, angle, radius_x, radius_y).place(np.stack([np.cos(turn), np.sin(turn)], 1))


def mirrored(points: ArrayLike) -> Points:
    """Return the half contour followed by its mirror image at x = 0, as one closed contour."""
    half = np.asarray(points, np.float64)
    return np.concatenate([half, (half * (-1, 1))[::-1]])


def soften(picture: Picture, radius: float) -> Picture:
    """Blur by two box filters of ``radius`` pixels, at least one; a wide blur takes no longer than a narrow one."""
    size = 2 * max(1, round(radius)) + 1
    once = ndimage.uniform_filter(picture, size, mode="nearest")
    return ndimage.uniform_filter(once, size, mode="nearest")


def rim(bone: Picture, radius: float) -> Picture:
    """Return the bright border of a shell: the cortex is longest where the beam runs along it."""
    return np.maximum(bone - soften(bone, radius), 0)


def grain(rng: np.random.Generator, rows: int, columns: int, radius: float) -> Picture:
    """Return trabecular texture of mean 0 and standard deviation 1 with structures of about ``radius`` pixels."""
    noise = rng.standard_normal((rows, columns), np.float32)
    fine = ndimage.gaussian_filter(noise, radius / 2, mode="wrap", truncate=2.5)
    band = fine - soften(fine, 2 * radius)
    return band / band.std()
