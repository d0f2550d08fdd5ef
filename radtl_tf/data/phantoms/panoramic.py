"""Synthetic panoramic radiographs: jaws, two dental arches and, where the label is "present", one supernumerary tooth.

Lengths are in image heights (one is about 150 mm); x = 0 is the midline, y = 0 the upper border, x < 0 the right
side of the patient.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from radtl_tf.data.phantoms.film import Drawing
from radtl_tf.data.phantoms.paint import Growth, Layer, Points, Pose, ellipse, line, mirrored, rounded
from radtl_tf.data.phantoms.teeth import Tooth, draw_cap, draw_filling, draw_implant, draw_root_filling, draw_tooth

# Shape, width, crown and root in millimeters of the eight teeth from the midline: about Wheeler's averages.
_UPPER = [
    *[("incisor", 8.5, 10.5, 13), ("incisor", 6.6, 9, 13), ("canine", 7.6, 10, 17), ("premolar", 7.1, 8.5, 14)],
    *[("premolar", 6.7, 8.5, 14), ("molar", 10.2, 7.5, 12.5), ("molar", 9.6, 7, 12), ("molar", 8.6, 6.5, 10.5)],
]
_LOWER = [
    *[("incisor", 5.4, 9, 12.5), ("incisor", 5.9, 9.5, 14), ("canine", 6.9, 11, 16), ("premolar", 7, 8.5, 14)],
    *[("premolar", 7.1, 8, 14.5), ("molar", 11.2, 7.5, 14), ("molar", 10.6, 7, 13), ("molar", 10, 7, 11)],
]
Place = tuple[bool, int, int]  # upper jaw?, side (-1 the patient's right), number from the midline, from 0
_MILLIMETER = 1.22 / 150  # a panoramic film magnifies by about a fifth

# The right half of each outline, from the midline outwards and back; the left half mirrors it.
_MANDIBLE = [
    *[(0, 0.585), (0.2, 0.575), (0.4, 0.55), (0.53, 0.51), (0.575, 0.44), (0.59, 0.34), (0.605, 0.265), (0.625, 0.265)],
    *[(0.65, 0.335), (0.69, 0.355), (0.73, 0.31), (0.745, 0.235), (0.765, 0.195), (0.8, 0.185), (0.83, 0.205)],
    *[(0.825, 0.26), (0.805, 0.33), (0.8, 0.45), (0.79, 0.56), (0.76, 0.66), (0.69, 0.735), (0.58, 0.785)],
    *[(0.42, 0.835), (0.25, 0.88), (0.12, 0.905), (0, 0.905)],
]
_LOWER_BORDER = [(0.76, 0.655), (0.69, 0.725), (0.58, 0.775), (0.42, 0.825), (0.25, 0.87), (0.12, 0.895), (0, 0.895)]
_MAXILLA = [
    *[(0, 0.425), (0.2, 0.42), (0.4, 0.405), (0.52, 0.37), (0.53, 0.28), (0.46, 0.2), (0.4, 0.12), (0.2, 0.1)],
    (0, 0.12),
]
_SINUS = [
    *[(0.14, 0.13), (0.13, 0.22), (0.17, 0.285), (0.28, 0.31), (0.39, 0.3), (0.46, 0.25), (0.44, 0.17), (0.36, 0.11)],
    (0.24, 0.09),
]
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


def _arches(rng: np.random.Generator, age: int) -> dict[Place, Tooth]:
    """Return the teeth of one patient, wisdom teeth only from about 17 years."""
    smile, gap, size = rng.uniform(0.1, 0.24), rng.uniform(0.004, 0.014), rng.normal(1, 0.04) * _MILLIMETER
    count = 8 if age >= 17 and rng.random() < 0.8 else 7
    places = [(upper, side, number) for upper in (True, False) for side in (-1, 1) for number in range(count)]
    return {place: _erupted(place, rng, smile=smile, gap=gap, size=size) for place in places}


def _erupted(place: Place, rng: np.random.Generator, *, smile: float, gap: float, size: float) -> Tooth:
    """Return a tooth in its place: on a curved bite line, with diverging roots and a small random displacement."""
    upper, side, number = place
    row = _UPPER if upper else _LOWER
    shape, width, crown, root = row[number]
    x = side * size * (sum(entry[1] for entry in row[:number]) + width / 2 + (0 if upper else 1)) + rng.normal(0, 0.002)
    y = 0.5 - smile * x * x + rng.normal(0, 0.002) + (-gap if upper else gap)
    fan = 0.22 if upper else -0.42 if number > 4 else -0.3
    pose = Pose(x, y, fan * x + rng.normal(0, 0.05), 1, -1 if upper else 1)
    width, crown, root = np.array([width, crown, root]) * size * rng.normal(1, 0.03, 3)
    return Tooth(shape, width, crown, root, pose, rng.uniform(0.9, 1.1))


def draw_panoramic(rng: np.random.Generator, *, present: bool, age: int) -> Drawing:
    """Draw one patient's jaws; ``present`` adds one supernumerary tooth to them."""
    drawing = Drawing((0, 0.5), Growth.draw(rng, 0.008), int(rng.integers(2**31)))
    _draw_soft_tissue(drawing.soft, rng)
    _draw_bones(drawing, rng)
    teeth = _arches(rng, age)
    if rng.random() < 0.5:  # independent of the label
        _displace(teeth, rng)
    for key, tooth in teeth.items():
        _draw_cared_for(drawing.hard, key, tooth, rng, age)
    if present:
        draw_tooth(drawing.hard, _supernumerary(teeth, rng))
    return drawing


def _draw_soft_tissue(soft: Layer, rng: np.random.Generator) -> None:
    """Add cheeks, ghost of the spine, tongue and spine, then the air of throat and mouth."""
    vary = rng.uniform(0.5, 1.5, 5)
    soft.add(0.3, mirrored([(0, -0.2), (0.92, -0.2), (0.98, 0.2), (0.96, 0.6), (0.8, 0.95), (0.5, 1.2), (0, 1.2)]))
    for width in (1.6, 1.25, 0.9, 0.5):
        ghost = np.array([(0, -0.05), (0.07, -0.05), (0.06, 0.4), (0.09, 0.75), (0.13, 1.1), (0, 1.1)]) * (width, 1)
        soft.add(0.07 * vary[0], mirrored(ghost))
    soft.add(0.1 * vary[1], ellipse(0, 0.55, 0.42, 0.17))
    soft.add(0.35, *(line(side, 0.16) for side in _sides([(1, 0), (0.98, 0.3), (1, 0.6), (1.02, 1)])))
    soft.add(-0.16 * vary[2], *(line(side, [0.05, 0.08, 0.09, 0.09, 0.08, 0.06]) for side in _sides(_AIRWAY)))
    soft.add(-0.18 * vary[3], line(_TONGUE_GAP, [0.02, 0.035, 0.03, 0.035, 0.02]))
    soft.add(-0.12 * vary[4], *(ellipse(side * 0.72, 0.28, 0.09, 0.07) for side in (-1, 1)))


def _draw_bones(drawing: Drawing, rng: np.random.Generator) -> None:
    """Add mandible, maxilla with sinuses, nose, cheekbones; lines of palate, septum, orbits and mandibular canal."""
    bone, hard = drawing.bone, drawing.hard
    jaw, face = Pose(scale_x=rng.normal(1, 0.025), scale_y=rng.normal(1, 0.02)), Pose(scale_x=rng.normal(1, 0.03))
    bone.add(0.36, jaw.place(rounded(mirrored(_MANDIBLE))))
    bone.add(0.16, rounded(mirrored(_MAXILLA)))
    bone.add(0.12, rounded(mirrored(np.array(_MAXILLA) * (0.93, 0.93) + (0, 0.005))))
    bone.add(-0.19, *(face.place(rounded(side)) for side in _sides(_SINUS)))
    bone.add(-0.27, face.place(rounded(mirrored(_NOSE))))
    bone.add(0.16, *(line(side, [0.02, 0.06, 0.035, 0.03, 0.03]) for side in _sides(_ZYGOMA)))
    bone.add(0.13, *(ellipse(side * 0.06, 0.235, 0.028, 0.05) for side in (-1, 1)))  # lower turbinates
    bone.add(0.3, *(line(side, 0.03) for side in _sides([(0.38, 1.0), (0.46, 0.955), (0.56, 0.945)])))  # hyoid
    hard.add(0.3, *(jaw.place(line(side, 0.012)) for side in _sides(_LOWER_BORDER)))
    hard.add(
        0.16,
        *(face.place(line(side, 0.006)) for side in _sides(_SINUS)),
        *(line(side, 0.01) for side in _sides(_ORBIT)),
    )
    hard.add(0.22, line(_PALATE, 0.011))
    hard.add(0.16, line([(0, 0.03), (rng.normal(0, 0.01), 0.16), (0, 0.31)], 0.012))
    hard.add(0.06, *(line(side, 0.022) for side in _sides(_CANAL)))
    hard.add(-0.11, *(line(side, 0.015) for side in _sides(_CANAL)))


def _draw_cared_for(hard: Layer, key: Place, tooth: Tooth, rng: np.random.Generator, age: int) -> None:
    """Draw a tooth in a random state: sound, filled, root-filled, crowned, lost, or replaced by an implant."""
    worn = min(1.0, age / 50)
    fate = rng.random() / worn
    if fate < 0.03:
        return
    if fate < 0.05:
        return draw_implant(hard, tooth)
    if key[2] == 7 and rng.random() < 0.35:  # an impacted wisdom tooth
        away = -1 if key[0] else 1
        turned = tooth.pose.angle - away * key[1] * rng.uniform(0.3, 1.3)
        tooth = replace(tooth, pose=replace(tooth.pose, angle=turned, y=tooth.pose.y + away * 0.025))
    draw_tooth(hard, tooth)
    if fate < 0.09:
        draw_root_filling(hard, tooth)
    if fate < 0.12:
        draw_cap(hard, tooth)
    elif fate < (0.45 if key[2] > 3 else 0.17):
        draw_filling(hard, tooth, rng)


def _supernumerary(teeth: dict[Place, Tooth], rng: np.random.Generator) -> Tooth:
    """Return the extra tooth: most often a cone at the upper midline, else a premolar or one behind the last molar."""
    place = rng.choice(["mesiodens", "premolar", "distomolar"], p=[0.7, 0.15, 0.15])
    side, size, density = int(rng.choice([-1, 1])), rng.uniform(0.8, 1.3), rng.uniform(1.0, 1.5)
    crown, root = 0.055 * size, 0.075 * size
    if place == "mesiodens":
        pose = Pose(rng.uniform(-0.035, 0.035), rng.uniform(0.41, 0.46), rng.normal(0, 0.5), 1, -1)
        if rng.random() < 0.3:  # inverted: it grows upwards
            pose = replace(pose, y=pose.y - crown - root, scale_y=1.0)
        return Tooth("cone", 0.042 * size, crown, root, pose, density)
    if place == "premolar":
        neighbor = teeth[False, side, 4].pose
        y = neighbor.y + rng.uniform(0.05, 0.09)
        pose = replace(neighbor, x=neighbor.x - side * 0.025, y=y, angle=rng.normal(0, 0.4))
        return Tooth("premolar", 0.046 * size, crown, root, pose, density)
    upper = bool(rng.random() < 0.6)
    last = teeth.get((upper, side, 7), teeth[upper, side, 6]).pose
    pose = replace(last, x=last.x + side * rng.uniform(0.045, 0.07), angle=last.angle + rng.normal(0, 0.4))
    return Tooth("cone", 0.05 * size, crown, 0.8 * root, pose, density)


def _displace(teeth: dict[Place, Tooth], rng: np.random.Generator) -> None:
    """Move a normal tooth deep into the jaw and tilt it; its place stays empty. It is as bright as an extra tooth."""
    upper, side = bool(rng.random() < 0.75), int(rng.choice([-1, 1]))
    number = int(rng.choice([0, 1, 2, 4], p=[0.15, 0.15, 0.5, 0.2]))
    tooth = teeth[upper, side, number]
    away = -1 if upper else 1
    pose = replace(
        tooth.pose,
        x=tooth.pose.x - side * rng.uniform(0, 0.03),
        y=tooth.pose.y + away * rng.uniform(0.05, 0.09),
        angle=tooth.pose.angle - away * side * rng.uniform(-0.2, 1.0),
    )
    teeth[upper, side, number] = replace(tooth, pose=pose, root=0.8 * tooth.root)
