from __future__ import annotations

import numpy as np
import pytest

from radtl_tf.data.phantoms.paint import Growth, Layer, Pose, ellipse, grain, line, mirrored, rim, rounded, soften

SQUARE = np.array([(2, 2), (6, 2), (6, 5), (2, 5)], float)


def painted(*contours: np.ndarray, weight: float = 1.0) -> np.ndarray:
    layer = Layer()
    layer.add(weight, *contours)
    return layer.paint(Pose().place, 12, 14)


def test_a_contour_is_filled_whatever_its_direction() -> None:
    expected = np.zeros((12, 14))
    expected[2:5, 2:6] = 1
    np.testing.assert_allclose(painted(SQUARE), expected, atol=1e-6)
    np.testing.assert_allclose(painted(SQUARE[::-1]), expected, atol=1e-6)


def test_weights_add_up_and_an_empty_layer_is_black() -> None:
    layer = Layer()
    layer.add(0.5, SQUARE)
    layer.add(-0.2, SQUARE + 1)
    picture = layer.paint(Pose().place, 12, 14)
    assert picture[2, 2] == pytest.approx(0.5) and picture[4, 4] == pytest.approx(0.3)
    assert picture[5, 6] == pytest.approx(-0.2)
    assert not Layer().paint(Pose().place, 3, 4).any()


def test_half_a_column_counts_half() -> None:
    np.testing.assert_allclose(painted(SQUARE + (0.25, 0))[3, 1:8], [0, 0.75, 1, 1, 1, 0.25, 0], atol=1e-6)


def test_what_lies_outside_is_cut_off() -> None:
    whole = np.array([(-9, -9), (30, -9), (30, 30), (-9, 30)], float)
    np.testing.assert_allclose(painted(whole), 1, atol=1e-6)
    for far in ((50, 0), (-50, 0), (0, 50), (0, -50)):
        np.testing.assert_allclose(painted(SQUARE + far), 0, atol=1e-6)


def test_an_ellipse_has_its_area() -> None:
    assert painted(ellipse(7, 6, 5, 4, 0.3)).sum() == pytest.approx(np.pi * 20, rel=0.02)


def test_a_pose_scales_then_turns_then_moves() -> None:
    np.testing.assert_allclose(Pose(10, 20, np.pi / 2, 2, -1).place([(1, 0), (0, 1)]), [(10, 22), (11, 20)], atol=1e-9)


def test_rounding_keeps_the_middle_and_cuts_the_corners() -> None:
    smooth = rounded(SQUARE)
    assert smooth.shape == (16, 2)
    np.testing.assert_allclose(smooth.mean(0), SQUARE.mean(0))
    assert np.linalg.norm(smooth - SQUARE[2], axis=1).min() > 0.4 > 0


def test_a_line_has_its_width() -> None:
    assert painted(line([(2, 6), (7, 6), (12, 6)], 2.0, rounds=0))[:, 7].sum() == pytest.approx(2, abs=0.05)


def test_mirrored_is_symmetric() -> None:
    np.testing.assert_array_equal(mirrored([(1, 0), (2, 3)]), [(1, 0), (2, 3), (-2, 3), (-1, 0)])


def test_growth_bends_by_about_its_amount() -> None:
    points = np.random.default_rng(0).uniform(0, 1, (50, 2))
    moves = [Growth.draw(np.random.default_rng(seed), 0.01).place(points) - points for seed in range(200)]
    assert np.std(moves) == pytest.approx(0.01, rel=0.15)


def test_soften_keeps_the_sum_and_rim_lights_the_border() -> None:
    disk = Layer()
    disk.add(1, ellipse(30, 30, 15, 15))
    picture = disk.paint(Pose().place, 60, 60)
    assert soften(picture, 2).sum() == pytest.approx(picture.sum(), rel=1e-4)
    assert rim(picture, 3)[30, 44] > 0.3 > 0.01 > rim(picture, 3)[30, 30]


@pytest.mark.parametrize("radius", [0.2, 1.5, 4])
def test_grain_is_standardized_at_every_size(radius: float) -> None:
    texture = grain(np.random.default_rng(0), 64, 80, radius)
    assert texture.std() == pytest.approx(1, abs=0.01) and abs(texture.mean()) < 0.05
