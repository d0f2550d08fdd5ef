from __future__ import annotations

import numpy as np
import pytest

from radtl_tf.data.phantoms.film import draw_film, expose
from radtl_tf.data.phantoms.paint import Pose
from radtl_tf.data.phantoms.panoramic import draw_panoramic


def test_the_label_adds_one_small_tooth_and_nothing_else() -> None:
    to_pixels = Pose(128, 0, 0, 128, 128).place
    for seed in range(12):
        pair = [draw_panoramic(np.random.default_rng(seed), present=present, age=40) for present in (False, True)]
        absent, present = (drawing.hard.paint(to_pixels, 128, 256) for drawing in pair)
        changed = np.argwhere(np.abs(present - absent) > 1e-5)
        height, width = changed.max(0) - changed.min(0)
        assert 5 < height < 32 and 3 < width < 32
        for layer in ("soft", "bone", "device"):
            first, second = (getattr(drawing, layer).weights for drawing in pair)
            assert first == second


def test_wisdom_teeth_come_with_age() -> None:
    def contours(age: int) -> float:
        drawings = [draw_panoramic(np.random.default_rng(seed), present=False, age=age) for seed in range(20)]
        return float(np.mean([len(drawing.hard.contours) for drawing in drawings]))

    assert contours(18) > contours(16) + 10


@pytest.mark.parametrize("rows", [48, 128])
def test_it_looks_like_a_panoramic_radiograph(rows: int) -> None:
    rng = np.random.default_rng(1)
    picture = expose(draw_panoramic(rng, present=False, age=20), draw_film(rng, spread=0.0), rng, rows, 2 * rows)
    assert picture.shape == (rows, 2 * rows)
    teeth = picture[int(0.4 * rows) : int(0.6 * rows), int(0.7 * rows) : int(1.3 * rows)].mean()
    corners = picture[int(0.85 * rows) : int(0.95 * rows), int(0.12 * rows) : int(0.2 * rows)].mean()
    assert teeth > 2 * corners
