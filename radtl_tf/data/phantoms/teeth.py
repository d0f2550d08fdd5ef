"""Draw the teeth of the synthetic radiographs: crown, enamel, pulp, roots, fillings, crowns and implants."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from radtl_tf.data.phantoms.paint import Layer, Points, Pose, ellipse, mirrored, rounded

# Half outlines from the cutting edge to the apex: share of the half width; share of the crown or, above 1, of the root.
_OUTLINES: Mapping[str, ArrayLike] = {
    "incisor": [(0.8, 0), (1, 0.1), (1, 0.35), (0.86, 0.7), (0.74, 1), (0.68, 1.3), (0.5, 1.7), (0.26, 2), (0.05, 2)],
    "canine": [
        *[(0.12, 0), (0.5, 0.12), (1, 0.35), (0.95, 0.6), (0.78, 1), (0.7, 1.35), (0.5, 1.7), (0.25, 2), (0.05, 2)],
    ],
    "premolar": [
        *[(0.3, 0.06), (0.66, 0), (1, 0.25), (0.98, 0.6), (0.76, 1), (0.66, 1.3), (0.5, 1.7), (0.28, 2), (0.05, 2)],
    ],
    "molar": [
        *[(0.25, 0.12), (0.45, 0), (0.85, 0), (1, 0.3), (0.97, 0.65), (0.86, 1), (0.9, 1.3), (0.84, 1.65), (0.66, 2)],
        *[(0.44, 1.98), (0.4, 1.7), (0.3, 1.45), (0.14, 1.3), (0, 1.28)],
    ],
    "cone": [(0.1, 0), (0.5, 0.12), (0.92, 0.5), (1, 0.8), (0.84, 1.05), (0.66, 1.4), (0.4, 1.8), (0.15, 2)],
}
_ENAMEL = [(0.84, 0.98), (0.7, 0.6), (0.5, 0.32), (0, 0.3)]
_CHAMBER = [(0.05, 0.5), (0.3, 0.5), (0.3, 0.62), (0.16, 0.85), (0.13, 1.3), (0.07, 1.9), (0.01, 1.9)]
_WIDE_CHAMBER = [(0.1, 0.66), (0.5, 0.58), (0.44, 0.8), (0.4, 0.98), (0.2, 1.05), (0, 1.05)]
_CANAL = [(0.32, 0.9), (0.45, 0.95), (0.62, 1.4), (0.62, 1.9), (0.56, 1.9), (0.5, 1.4)]
_SCREW = [(0.5, 1.0), *[(0.5 if turn % 2 else 0.38, 1.1 + 0.07 * turn) for turn in range(11)], (0.3, 1.9), (0, 1.9)]

DENTIN, ENAMEL, PULP, METAL, SOCKET, LAMINA = 0.36, 0.34, -0.2, 2.2, -0.15, 0.16


@dataclass(frozen=True)
class Tooth:
    """A tooth of ``shape`` in image heights; its pose has the cutting edge at the origin, the root towards larger y."""

    shape: str
    width: float
    crown: float
    root: float
    pose: Pose = Pose()
    density: float = 1.0

    def contour(self, half: ArrayLike, widen: float = 0.0) -> Points:
        """Return the mirrored half outline in image heights, ``widen`` image heights larger all around."""
        return self._placed(mirrored(half), widen)

    def sides(self, outline: ArrayLike) -> list[Points]:
        """Return the closed outline of something on the right of the tooth, and its mirror image."""
        right = np.asarray(outline, np.float64)
        return [self._placed(right * (sign, 1)) for sign in (1, -1)]

    def _placed(self, shares: Points, widen: float = 0.0) -> Points:
        x, y = shares.T
        y = np.where(y < 1, y * self.crown, self.crown + (y - 1) * self.root)
        points = rounded(np.stack([x * self.width / 2, y], 1))
        return self.pose.place(points + np.clip(points - (0, self.crown), -widen, widen))


def draw_tooth(layer: Layer, tooth: Tooth, hair: float = 0.006) -> None:
    """Add a tooth in its socket: lamina dura, periodontal gap (each about ``hair`` wide), dentin, enamel, pulp."""
    outline, root = _OUTLINES[tooth.shape], _part(tooth.shape, 1, 2)
    molar = tooth.shape == "molar"
    layer.add(LAMINA, tooth.contour(root, 1.6 * hair))
    layer.add(SOCKET - LAMINA, tooth.contour(root, 0.8 * hair))
    layer.add(-SOCKET, tooth.contour(root))
    layer.add(DENTIN * tooth.density, tooth.contour(outline))
    layer.add(ENAMEL * tooth.density, tooth.contour([*_part(tooth.shape, 0, 1), *_ENAMEL]))
    layer.add(PULP * tooth.density, tooth.contour(_WIDE_CHAMBER if molar else _CHAMBER))
    if molar:
        layer.add(PULP * tooth.density, *tooth.sides(_CANAL))


def _part(shape: str, low: float, high: float) -> list[tuple[float, float]]:
    """Return the part of the half outline between two heights: 0 cutting edge, 1 neck, 2 apex."""
    return [(x, y) for x, y in np.asarray(_OUTLINES[shape]) if low <= y <= high]


def draw_filling(layer: Layer, tooth: Tooth, rng: np.random.Generator) -> None:
    """Add a metal filling in the upper half of the crown."""
    side, size = rng.uniform(-0.25, 0.25), rng.uniform(0.3, 0.7)
    blob = ellipse(side * tooth.width, 0.28 * tooth.crown, 0.5 * size * tooth.width, 0.3 * size * tooth.crown + 0.003)
    layer.add(METAL * rng.uniform(0.6, 1), tooth.pose.place(blob * rng.uniform(0.92, 1.08, blob.shape)))


def draw_cap(layer: Layer, tooth: Tooth) -> None:
    """Add a metal crown over the tooth."""
    layer.add(METAL, tooth.contour([*_part(tooth.shape, 0, 0.95), (0, 0.8)], 0.002))


def draw_root_filling(layer: Layer, tooth: Tooth) -> None:
    """Add a filled root canal."""
    if tooth.shape == "molar":
        layer.add(0.6 * METAL, *tooth.sides(_CANAL))
    else:
        layer.add(0.6 * METAL, tooth.contour(_CHAMBER))


def draw_implant(layer: Layer, tooth: Tooth) -> None:
    """Add a screw with a ceramic crown in place of the tooth."""
    layer.add(METAL, tooth.contour(_SCREW))
    layer.add(0.7 * METAL, tooth.contour(_part(tooth.shape, 0, 1)))
