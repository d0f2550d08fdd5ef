from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from radtl_tf.data.phantoms.paint import Layer, Pose
from radtl_tf.data.phantoms.teeth import (
    Tooth,
    draw_cap,
    draw_filling,
    draw_implant,
    draw_root_filling,
    draw_tooth,
)

TOOTH = Tooth("molar", 0.3, 0.25, 0.4, Pose(0.5, 0.1))
SHAPES = ("incisor", "canine", "premolar", "molar", "cone")


def seen(draw: Callable[..., None], tooth: Tooth = TOOTH, *more: Any) -> np.ndarray:
    layer = Layer()
    draw(layer, tooth, *more)
    return layer.paint(Pose(scale_x=100, scale_y=100).place, 100, 100)


@pytest.mark.parametrize("shape", SHAPES)
def test_enamel_is_brighter_than_dentin_and_dentin_than_pulp(shape: str) -> None:
    picture = seen(draw_tooth, Tooth(shape, 0.3, 0.25, 0.4, Pose(0.5, 0.1)))
    row = picture[25, 35:66]
    assert row.max() > 0.6  # enamel at the sides of the crown
    assert picture[30, 50] < row.max() - 0.3  # the pulp in its middle
    assert picture[60, 35:66].max() > 0.2  # a root
    assert not picture[:8].any() and not picture[80:].any()


def test_only_a_molar_has_two_roots() -> None:
    for shape in SHAPES:
        row = seen(draw_tooth, Tooth(shape, 0.3, 0.25, 0.4, Pose(0.5, 0.1)))[63] > 0.25
        runs = np.count_nonzero(np.diff(row.astype(int)) == 1)
        solid = seen(draw_tooth, Tooth(shape, 0.3, 0.25, 0.4, Pose(0.5, 0.1)))[63, 50] > 0
        assert solid == (shape != "molar") or runs >= 2


def test_the_gap_around_a_root_is_dark() -> None:
    tooth = Tooth("incisor", 0.3, 0.25, 0.4, Pose(0.5, 0.1))
    row = seen(draw_tooth, tooth, 0.03)[50]
    assert row.min() < -0.05 and row[row.argmin() :].max() > 0.1  # the gap, then the lamina dura


@pytest.mark.parametrize("draw", [draw_cap, draw_root_filling, draw_implant])
def test_metal_outshines_every_tissue(draw: Callable[..., None]) -> None:
    assert seen(draw).max() > 1.2 > seen(draw_tooth).max()


def test_a_filling_lies_in_the_crown() -> None:
    picture = seen(draw_filling, TOOTH, np.random.default_rng(0))
    rows = np.flatnonzero(picture.max(axis=1) > 0.5)
    assert 10 <= rows.min() and rows.max() < 35
