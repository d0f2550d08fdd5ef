"""Stored saliency maps with drawn pictures, which are not radiographs of patients."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from radtl_tf.report.saliency.case_choice import KINDS, RULE
from radtl_tf.report.saliency.store import RADIOGRAPH, Drawn, DrawnCase, DrawnMap, Randomized, map_name, write_drawn

WEIGHTS = ("imagenet", "random")
SIDE = 32  # of the pictures


def case(example: int, kind: str, weights: tuple[str, ...] = WEIGHTS) -> DrawnCase:
    """Return a case of this kind, with a map for each weights."""
    maps = tuple(DrawnMap(name, f"s-{name}", 0.75, kind, 0.5, "upper left", (7, 7)) for name in weights)
    return DrawnCase(example, int(kind in (KINDS[0], KINDS[2])), kind, maps)


def rows(left: float, weights: str = "imagenet", backbone: str = "ResNet50") -> tuple[Randomized, ...]:
    """Return the two steps of a check that leaves this share of the maps."""
    return tuple(Randomized(weights, backbone, step, left, 0.5, 4, 1) for step in ("head", "all layers"))


def store(folder: Path, weights: tuple[str, ...] = WEIGHTS, **changes: Any) -> Path:
    """Write the folder ``saliency`` of an experiment, five cases; keywords change its record."""
    cases = tuple(case(number, kind, weights) for number, kind in enumerate((*KINDS, KINDS[1])))
    drawn = Drawn(weights, ("absent", "present"), RULE, dict.fromkeys(KINDS, 9), 1e-6, cases, rows(0.1))
    ramp = np.tile(np.arange(0, 256, 256 // SIDE, dtype=np.uint8), (SIDE, 1))
    pictures = {(one.example, RADIOGRAPH): ramp for one in cases}
    for place in range(len(weights)):
        covered = np.full((SIDE, SIDE, 4), 90 * place, np.uint8)
        pictures |= {(one.example, map_name(place)): covered for one in cases}
    write_drawn(folder, replace(drawn, **changes), pictures)
    return folder
