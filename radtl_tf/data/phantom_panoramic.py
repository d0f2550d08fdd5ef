"""Synthetic panoramic radiographs: jaws, two dental arches and, where the label is "present", one supernumerary tooth.

Lengths are in image heights (one is about 150 mm); x = 0 is the midline, y = 0 the upper border. Seen from the front: x < 0 is the
patient's right.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from radtl_tf.data.phantom_paint import Layer, Points, Pose, ellipse, line, mirrored, rounded
from radtl_tf.data.phantom_teeth import Tooth, draw_cap, draw_filling, draw_implant, draw_root_filling, draw_tooth

# Shape, then width, crown and root in millimetres of the eight teeth from the midline outwards (Wheeler's dental anatomy, rounded).
_UPPER = [
    *[("incisor", 8.5, 10.5, 13), ("incisor", 6.6, 9, 13), ("canine", 7.6, 10, 17), ("premolar", 7.1, 8.5, 14)],
    *[("premolar", 6.7, 8.5, 14), ("molar", 10.2, 7.5, 12.5), ("molar", 9.6, 7, 12), ("molar", 8.6, 6.5, 10.5)],
]
_LOWER = [
    *[("incisor", 5.4, 9, 12.5), ("incisor", 5.9, 9.5, 14), ("canine", 6.9, 11, 16), ("premolar", 7, 8.5, 14)],
    *[("premolar", 7.1, 8, 14.5), ("molar", 11.2, 7.5, 14), ("molar", 10.6, 7, 13), ("molar", 10, 7, 11)],
]
_MILLIMETRE = 1.22 / 150  # a panoramic film magnifies by about a fifth

# The right half of each outline, from the midline outwards and back; the left half mirrors it.
_MANDIBLE = [
    *[(0, 0.585), (0.2, 0.575), (0.4, 0.55), (0.53, 0.51), (0.575, 0.44), (0.59, 0.34), (0.605, 0.265), (0.625, 0.265)],
    *[(0.65, 0.335), (0.69, 0.355), (0.73, 0.31), (0.745, 0.235), (0.765, 0.195), (0.8, 0.185), (0.83, 0.205)],
    *[(0.825, 0.26), (0.805, 0.33), (0.8, 0.45), (0.79, 0.56), (0.76, 0.66), (0.69, 0.735), (0.58, 0.785)],
    *[(0.42, 0.835), (0.25, 0.88), (0.12, 0.905), (0, 0.905)],
]
_LOWER_BORDER = [(0.76, 0.655), (0.69, 0.725), (0.58, 0.775), (0.42, 0.825), (0.25, 0.87), (0.12, 0.895), (0, 0.895)]
_MAXILLA = [(0, 0.425), (0.2, 0.42), (0.4, 0.405), (0.52, 0.37), (0.53, 0.28), (0.46, 0.2), (0.4, 0.12), (0.2, 0.1), (0, 0.12)]
_SINUS = [(0.14, 0.13), (0.13, 0.22), (0.17, 0.285), (0.28, 0.31), (0.39, 0.3), (0.46, 0.25), (0.44, 0.17), (0.36, 0.11), (0.24, 0.09)]
_NOSE = [(0, 0.31), (0.06, 0.3), (0.11, 0.25), (0.105, 0.12), (0.07, 0.05), (0, 0.03)]
_ORBIT = [(0.13, -0.02), (0.15, 0.04), (0.22, 0.075), (0.33, 0.08), (0.42, 0.05), (0.44, -0.02)]
_ZYGOMA = [(0.44, 0.19), (0.53, 0.225), (0.62, 0.2), (0.72, 0.175), (0.86, 0.15)]
_CANAL = [(0.64, 0.47), (0.655, 0.56), (0.62, 0.64), (0.54, 0.7), (0.42, 0.745), (0.3, 0.755), (0.255, 0.735)]
_AIRWAY = [(0.55, 0.36), (0.61, 0.42), (0.66, 0.52), (0.69, 0.66), (0.7, 0.8), (0.7, 0.95)]
_PALATE = [(-0.6, 0.235), (-0.4, 0.285), (-0.2, 0.315), (0, 0.325), (0.2, 0.315), (0.4, 0.285), (0.6, 0.235)]
_TONGUE_GAP = [(-0.55, 0.35), (-0.3, 0.365), (0, 0.385), (0.3, 0.365), (0.55, 0.35)]


def _sides(points: list[tuple[float, float]]) -> list[Points]:
    """Return the open right-hand line and its mirror image."""
    return [np.asarray(points) * (sign, 1) for sign in (1, -1)]


class _Jaws:
    """The arches of one patient: where the bite runs, and which tooth stands where."""

    def __init__(self, rng: np.random.Generator, age: int) -> None:
        self.rng = rng
        self.smile = rng.uniform(0.1, 0.24)
        self.gap = rng.uniform(0.004, 0.014)
        size = rng.normal(1, 0.04) * _MILLIMETRE
        eighths = age >= 17 and rng.random() < 0.8
        self.teeth = {
            (upper, side, number): self._tooth(upper, side, number, size)
            for upper in (True, False)
            for side in (-1, 1)
            for number in range(8 if eighths else 7)
        }

    def bite(self, x: float) -> float:
        """Return the height of the occlusal plane, which smiles."""
        return 0.5 - self.smile * x * x

    def _tooth(self, upper: bool, side: int, number: int, size: float) -> Tooth:
        row = _UPPER if upper else _LOWER
        shape, width, crown, root = row[number]
        middle = sum(entry[1] for entry in row[:number]) + width / 2 + (0 if upper else 1)
        x = side * middle * size + self.rng.normal(0, 0.002)
        y = self.bite(x) + self.rng.normal(0, 0.002) + (-self.gap if upper else self.gap)
        tilt = (0.22 if upper else -0.42 if number > 4 else -0.3) * x + self.rng.normal(0, 0.05)
        pose = Pose(x, y, tilt, 1, -1 if upper else 1)
        width, crown, root = np.array([width * 1.01, crown, root]) * size * self.rng.normal(1, 0.025, 3)
        return Tooth(shape, width, crown, root, pose, self.rng.uniform(0.9, 1.1))
