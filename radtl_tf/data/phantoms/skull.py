"""Synthetic lateral cephalograms: skull, face, jaws, spine and soft-tissue profile, looking to the right.

Lengths are in image heights (one is about 240 mm), (0, 0) is the upper left corner. Five traits differ between the
labels "female" and "male", each by overlapping distributions, so that no drawing can be told with certainty. In the
skulls with findings each trait is marked or weak by itself, and far apart: the label names the marked ones.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import ArrayLike

from radtl_tf.data.phantoms.film import Drawing
from radtl_tf.data.phantoms.paint import Growth, Layer, Points, Pose, ellipse, line, rounded
from radtl_tf.data.phantoms.teeth import Tooth, draw_filling, draw_tooth

GROWTH = 0.016  # of an individual, image heights
GROWING = (6.0, 18.0)  # years in which the head grows
_PER_YEAR, _DIFFERENT = 0.016, 0.015  # growth of the head in a year, and SD of patients of one age, as shares
_EYES, _FEET = 0.4, np.array([0.45, 1.05])  # the level from which the face grows, and the point that does not move
SEPARATION = 0.85  # half the distance of the two means, in standard deviations of a trait
_MARKED, _MARKED_SPREAD = 2.5, 0.6  # mean and standard deviation of a trait that is a finding, in the same unit

# Closed outlines, the face to the right; lines further below are open.
_VAULT = [
    *[(0.745, 0.385), (0.768, 0.34), (0.764, 0.29), (0.748, 0.21)],
    *[(0.69, 0.115), (0.58, 0.055), (0.44, 0.04), (0.29, 0.06)],
    *[(0.15, 0.135), (0.07, 0.26), (0.065, 0.39), (0.11, 0.49)],
    *[(0.19, 0.55), (0.29, 0.575), (0.36, 0.555), (0.42, 0.49)],
    *[(0.445, 0.435), (0.48, 0.42), (0.6, 0.395), (0.68, 0.39)],
]
_PETROUS = [(0.31, 0.5), (0.37, 0.455), (0.44, 0.445), (0.455, 0.49), (0.42, 0.53), (0.35, 0.55), (0.31, 0.55)]
_MAXILLA = [
    *[(0.665, 0.44), (0.72, 0.45), (0.745, 0.52), (0.785, 0.575), (0.765, 0.605), (0.775, 0.645), (0.74, 0.65)],
    *[(0.6, 0.64), (0.575, 0.6), (0.575, 0.5), (0.6, 0.44)],
]
_MANDIBLE = [
    *[(0.4, 0.49), (0.412, 0.468), (0.435, 0.47), (0.45, 0.505)],
    *[(0.475, 0.53), (0.5, 0.505), (0.52, 0.5), (0.535, 0.56)],
    *[(0.56, 0.665), (0.59, 0.7), (0.66, 0.715), (0.73, 0.725)],
    *[(0.768, 0.728), (0.758, 0.775), (0.768, 0.825), (0.757, 0.87)],
    *[(0.72, 0.888), (0.67, 0.878), (0.58, 0.84), (0.5, 0.805)],
    *[(0.447, 0.772), (0.422, 0.72), (0.41, 0.63), (0.4, 0.55)],
]
_SYMPHYSIS = [(0.735, 0.74), (0.76, 0.74), (0.748, 0.78), (0.765, 0.83), (0.74, 0.875), (0.72, 0.86)]
_MASTOID = [(0.29, 0.52), (0.4, 0.52), (0.375, 0.58), (0.345, 0.61), (0.315, 0.58)]
_FRONTAL_SINUS = [(0.742, 0.375), (0.758, 0.345), (0.754, 0.3), (0.742, 0.28), (0.735, 0.31), (0.73, 0.35)]
_BASE_LINE = [
    *[(0.43, 0.5), (0.447, 0.45), (0.45, 0.415), (0.462, 0.41), (0.455, 0.43), (0.475, 0.437), (0.485, 0.41)],
    *[(0.6, 0.385), (0.7, 0.38)],
]
_SUTURES = (
    [(0.53, 0.07), (0.5, 0.16), (0.515, 0.25), (0.49, 0.36)],
    [(0.13, 0.19), (0.19, 0.3), (0.17, 0.4), (0.25, 0.5)],
)
_VESSELS = ([(0.47, 0.4), (0.5, 0.3), (0.46, 0.2), (0.38, 0.12)], [(0.48, 0.33), (0.36, 0.27), (0.25, 0.26)])
_AIRWAY = [(0.53, 0.53), (0.5, 0.6), (0.475, 0.72), (0.48, 0.85), (0.47, 1.1)]
# Shape, width, crown and root in millimeters, place on the bite, lean of the crown to the front in radians.
_ROW = [
    *[("incisor", 7, 10, 12, 0.797, 0.32), ("canine", 7.6, 10, 16, 0.768, 0.22), ("premolar", 7, 8.5, 14, 0.736, 0.1)],
    *[("premolar", 6.8, 8.5, 13.5, 0.704, 0.05), ("molar", 10.4, 7.5, 12.5, 0.662, 0)],
    ("molar", 9.8, 7, 12, 0.614, -0.05),
]
_MILLIMETER = 1.1 / 240
_CHIN = slice(13, 18)
_GONION = slice(20, 22)


@dataclass(frozen=True)
class Traits:
    """Shape of one skull in standard deviations from the mean of both labels; positive is the more masculine."""

    angle: float  # square angle of the mandible
    chin: float
    brow: float  # brow ridge and frontal sinus
    mastoid: float
    vault: float  # size and thickness


FINDINGS = tuple(field.name for field in fields(Traits))


def draw_traits(rng: np.random.Generator, male: bool) -> Traits:
    """Draw the five traits of one skull."""
    return Traits(*rng.normal(SEPARATION if male else -SEPARATION, 1, 5))


def draw_findings(rng: np.random.Generator, marked: Sequence[bool]) -> Traits:
    """Draw the traits of one skull, each either ``marked`` or weak, in the order of ``FINDINGS``."""
    return Traits(*np.where(marked, 1, -1) * rng.normal(_MARKED, _MARKED_SPREAD, len(FINDINGS)))


def draw_skull(rng: np.random.Generator, *, male: bool, age: int) -> Drawing:
    """Draw one patient's head from the side."""
    return _draw(rng, lambda: draw_traits(rng, male), age)


def draw_skull_with_findings(rng: np.random.Generator, *, marked: Sequence[bool], age: int) -> Drawing:
    """Draw one patient's head from the side, with the ``FINDINGS`` that are ``marked``."""
    return _draw(rng, lambda: draw_findings(rng, marked), age)


@dataclass(frozen=True)
class _OfAChild(Growth):
    """The displacement of one head, which is smaller than an adult's by ``size``, and its face by ``face``, too."""

    size: float = 1.0
    face: float = 1.0

    def place(self, points: Points) -> Points:
        """Return the displaced points (N, 2); the lower edge of the image stays where it is."""
        adult = super().place(points)
        below = np.maximum(adult[:, 1] - _EYES, 0) * (self.face - 1)
        grown = adult + np.stack([np.zeros(len(adult)), below], axis=1)
        return (grown - _FEET) * self.size + _FEET


def draw_growing_skull(rng: np.random.Generator, *, age: float) -> Drawing:
    """Draw the head of a patient of ``GROWING`` years from the side: the head grows with age, and the face more.

    Patients of one age differ, so that no network can tell the age with certainty.
    """
    drawing = _draw(rng, lambda: draw_traits(rng, bool(rng.random() < 0.5)), int(age))
    missing = GROWING[1] - age
    size, face = 1 - _PER_YEAR * missing + rng.normal(0, _DIFFERENT), 1 - _PER_YEAR * missing
    drawing.growth = _OfAChild(**vars(drawing.growth), size=size, face=face)
    return drawing


def _draw(rng: np.random.Generator, traits_of: Callable[[], Traits], age: int) -> Drawing:
    drawing = Drawing((0.5, 0.5), Growth.draw(rng, GROWTH), int(rng.integers(2**31)))
    traits = traits_of()
    _draw_soft_tissue(drawing.soft, traits, rng)
    _draw_vault(drawing, traits, rng)
    _draw_base(drawing, traits, rng)
    _draw_face(drawing, rng)
    _draw_mandible(drawing, traits)
    _draw_spine(drawing, rng)
    _draw_teeth(drawing.hard, rng, age)
    if rng.random() < 0.5:
        _draw_ruler(drawing.device)
    return drawing


def _moved(points: ArrayLike, which: slice, by: tuple[float, float]) -> Points:
    """Return the outline with some of its points moved."""
    outline = np.array(points, np.float64)
    outline[which] += by
    return outline


def _about(points: ArrayLike, x: float, y: float, grow_x: float, grow_y: float) -> Points:
    """Return the outline grown about a point."""
    return Pose(x, y, 0, grow_x, grow_y).place(np.asarray(points) - (x, y))


def _draw_soft_tissue(soft: Layer, traits: Traits, rng: np.random.Generator) -> None:
    """Add the profile, the brain and the airway."""
    chin, brow, nose = 0.008 * traits.chin, 0.006 * traits.brow, rng.normal(0, 0.008)
    outline = [
        *[(0.5, 0.02), (0.64, 0.045), (0.75, 0.14), (0.79 + brow, 0.27), (0.79 + brow, 0.32), (0.775, 0.37)],
        *[(0.815, 0.44), (0.885 + nose, 0.525), (0.87 + nose, 0.55), (0.815, 0.57), (0.845, 0.63), (0.82, 0.66)],
        *[(0.84, 0.7), (0.8, 0.75), (0.812 + chin, 0.8), (0.8 + chin, 0.87), (0.73, 0.92), (0.6, 0.93), (0.56, 1.1)],
        *[(0.1, 1.1), (0.08, 0.85), (0.03, 0.6), (0.015, 0.35), (0.08, 0.15), (0.25, 0.04)],
    ]
    soft.add(0.32, rounded(outline))
    soft.add(0.12, ellipse(0.42, 0.31, 0.3, 0.22))  # brain
    soft.add(-0.16, line(_AIRWAY, [0.02, 0.035, 0.045, 0.04, 0.04]))


def _draw_vault(drawing: Drawing, traits: Traits, rng: np.random.Generator) -> None:
    """Add the braincase as a shell of two tables, with brow, frontal sinus, sutures and the grooves of vessels."""
    bone, hard = drawing.bone, drawing.hard
    grow, shell = 1 + 0.006 * traits.vault, 0.025 + 0.0045 * traits.vault
    outer = rounded(_about(_moved(_VAULT, slice(1, 3), (0.008 * traits.brow, 0)), 0.5, 0.45, grow, grow))
    bone.add(0.17, outer)
    for depth, weight in ((0, 0.38), (0.35, -0.16), (0.65, 0.12), (1, -0.34)):  # outer table, marrow, inner table
        hard.add(weight, _about(outer, 0.42, 0.32, 1 - depth * shell / 0.36, 1 - depth * shell / 0.27))
    sinus = max(0.4, 1 + 0.35 * traits.brow + rng.normal(0, 0.1))
    hollow = _about(_FRONTAL_SINUS, 0.745, 0.37, sinus, sinus)
    hard.add(0.2, rounded(_about(hollow, 0.742, 0.34, 1.6, 1.2)))
    hard.add(-0.34, rounded(hollow))
    hard.add(-0.07, *(line(np.array(suture) + rng.normal(0, 0.008, (4, 2)), 0.006, 3) for suture in _SUTURES))
    hard.add(-0.05, *(line(vessel, 0.007) for vessel in _VESSELS))


def _draw_base(drawing: Drawing, traits: Traits, rng: np.random.Generator) -> None:
    """Add petrous bone, mastoid with its air cells, sella, sphenoid sinus and the ear rod of the cephalostat."""
    bone, hard = drawing.bone, drawing.hard
    bone.add(0.42, rounded(_PETROUS))
    size = 1 + 0.18 * traits.mastoid
    bone.add(0.24, rounded(_about(_MASTOID, 0.345, 0.52, size, size)))
    cells = rng.uniform((-0.04, 0), (0.03, 0.06), (24, 2)) * size
    for x, y in cells[: max(0, round(14 * size))]:
        hard.add(-0.13, ellipse(0.345 + x * (1 - 8 * y), 0.53 + y, 0.0055, 0.0045))
    bone.add(-0.2, rounded([(0.48, 0.435), (0.56, 0.425), (0.57, 0.47), (0.5, 0.49), (0.475, 0.465)]))
    hard.add(0.26, line(_BASE_LINE, 0.009))
    hard.add(1.0, ellipse(0.385, 0.485, 0.014, 0.014))
    hard.add(-0.8, ellipse(0.385, 0.485, 0.009, 0.009))


def _draw_face(drawing: Drawing, rng: np.random.Generator) -> None:
    """Add orbit, cheekbone, maxilla with its sinus, nasal bone, palate and the pterygoid plates."""
    bone, hard = drawing.bone, drawing.hard
    bone.add(0.24, rounded(_MAXILLA))
    bone.add(-0.2, rounded([(0.6, 0.48), (0.69, 0.475), (0.72, 0.52), (0.71, 0.57), (0.62, 0.575), (0.595, 0.54)]))
    bone.add(0.12, rounded([(0.58, 0.4), (0.73, 0.385), (0.745, 0.45), (0.73, 0.56), (0.59, 0.58)]))
    bone.add(-0.17, ellipse(0.685, 0.43, 0.05, 0.036 * rng.uniform(0.9, 1.1)))
    hard.add(0.2, line([(0.66, 0.39), (0.715, 0.4), (0.725, 0.44), (0.7, 0.47), (0.655, 0.475)], 0.011))
    hard.add(0.24, line([(0.745, 0.38), (0.765, 0.41), (0.79, 0.455)], [0.018, 0.012, 0.005]))
    hard.add(0.26, line([(0.565, 0.578), (0.65, 0.582), (0.74, 0.578), (0.79, 0.572)], [0.01, 0.014, 0.016, 0.004]))
    hard.add(0.2, line([(0.66, 0.47), (0.645, 0.52), (0.65, 0.555), (0.665, 0.52), (0.675, 0.47)], 0.008))
    hard.add(0.14, line([(0.57, 0.47), (0.56, 0.53), (0.565, 0.6)], 0.01))
    bone.add(0.12, line([(0.4, 0.462), (0.5, 0.475), (0.6, 0.49), (0.66, 0.5)], 0.02))


def _draw_mandible(drawing: Drawing, traits: Traits) -> None:
    """Add both halves of the mandible; the far one is slightly larger and displaced because the beam diverges."""
    shape = _moved(_MANDIBLE, _GONION, (-0.009 * traits.angle, 0.009 * traits.angle))
    shape = _moved(shape, _CHIN, (0.009 * traits.chin, 0.004 * traits.chin))
    for offset in (0.0, 0.007):
        outline = rounded(shape + (-offset, 0.6 * offset))
        drawing.bone.add(0.19, outline)
        drawing.hard.add(0.09, outline)
        drawing.hard.add(-0.09, _about(outline, 0.59, 0.74, 0.955, 0.93))
    drawing.bone.add(0.14, rounded(_moved(_SYMPHYSIS, slice(3, 5), (0.009 * traits.chin, 0.004 * traits.chin))))


def _draw_spine(drawing: Drawing, rng: np.random.Generator) -> None:
    """Add atlas, axis with dens, the next cervical vertebrae with spinous processes, and the hyoid bone."""
    bone, bend = drawing.bone, rng.normal(0, 0.04)
    bone.add(0.26, rounded([(0.338, 0.585), (0.358, 0.59), (0.37, 0.66), (0.385, 0.725), (0.31, 0.725), (0.325, 0.66)]))
    bone.add(0.2, ellipse(0.377, 0.62, 0.013, 0.02))
    bone.add(0.2, line([(0.33, 0.63), (0.25, 0.625), (0.19, 0.635)], [0.024, 0.018, 0.035]))
    for number in range(5):
        body = Pose(0.342 - (0.012 + 0.3 * bend) * number, 0.7 + 0.068 * number, -0.08 + bend)
        if number:
            bone.add(0.26, body.place(rounded([(-0.042, -0.026), (0.038, -0.03), (0.042, 0.026), (-0.04, 0.03)], 1)))
        bone.add(0.16, body.place(rounded([(-0.035, -0.025), (-0.03, 0.035), (-0.075, 0.05), (-0.085, -0.01)], 1)))
        bone.add(0.18, line(body.place([(-0.07, 0.015), (-0.11, 0.03), (-0.16, 0.05)]), [0.03, 0.022, 0.032]))
    bone.add(0.22, line([(0.53, 0.885), (0.56, 0.88), (0.585, 0.895)], [0.01, 0.014, 0.024]))


def _draw_teeth(hard: Layer, rng: np.random.Generator, age: int) -> None:
    """Add both rows of teeth of both sides, which overlap."""
    overjet, overbite, slant = rng.normal(0.012, 0.005), rng.uniform(0, 0.008), rng.normal(0, 0.08)
    for upper, offset in ((True, 0.0), (True, 0.005), (False, 0.0), (False, 0.005)):
        up = 1 if upper else -1
        for shape, width, crown, root, x, lean in _ROW:
            front = shape in ("incisor", "canine")
            y = 0.684 - 0.04 * (0.8 - x) + (overbite * front - 0.002) * up + 0.6 * offset
            pose = Pose(x - offset - (0 if upper else overjet), y, -up * (lean + slant * front), 1, -up)
            width, crown, root = np.array([width, crown, root]) * _MILLIMETER * rng.normal(1, 0.03, 3)
            tooth = Tooth(shape, width, crown, root, pose, 0.62)
            draw_tooth(hard, tooth, 0.004)
            if rng.random() < 0.2 * age / 50:
                draw_filling(hard, tooth, rng)


def _draw_ruler(device: Layer) -> None:
    """Add the cephalostat's scale at the forehead: a rod with a mark every centimeter."""
    device.add(0.7, line([(0.93, 0.05), (0.93, 0.25), (0.93, 0.48)], 0.004, 0))
    marks = np.arange(0.06, 0.48, 10 * _MILLIMETER)
    device.add(0.9, *(line([(0.918, y), (0.924, y), (0.93, y)], 0.005, 0) for y in marks))
