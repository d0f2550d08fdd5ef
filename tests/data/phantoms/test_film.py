from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from radtl_tf.data.phantoms.film import Drawing, draw_film, expose
from radtl_tf.data.phantoms.paint import Growth, Pose, ellipse

ROWS = 80


@pytest.fixture
def disk() -> Drawing:
    """Return a disk of bone, in the right half of the image."""
    drawing = Drawing((0.5, 0.5), Growth.draw(np.random.default_rng(0), 0.0), 5)
    drawing.bone.add(1.0, ellipse(0.75, 0.5, 0.15, 0.15))
    return drawing


FILM = replace(
    draw_film(np.random.default_rng(0), spread=0.0), noise=0.0, tilt=(0, 0), border=(0, 0), marked=False, gamma=1.0
)


def seen(drawing: Drawing, seed: int = 0, **changes: object) -> np.ndarray:
    return expose(drawing, replace(FILM, **changes), np.random.default_rng(seed), ROWS, ROWS)  # type: ignore[arg-type]


def test_bone_is_bright_and_air_is_black(disk: Drawing) -> None:
    picture = seen(disk)
    assert picture.dtype == np.float32 and picture.min() == 0 and picture.max() <= 1
    assert picture[40, 60] > 0.5 and picture[40, 20] == 0


def test_the_middle_of_the_drawing_is_the_middle_of_the_image(disk: Drawing) -> None:
    rows, columns = np.nonzero(seen(disk) > 0.2)
    assert rows.mean() == pytest.approx(39.5, abs=0.5) and columns.mean() == pytest.approx(59.5, abs=0.5)
    rows, columns = np.nonzero(seen(disk, pose=Pose(0.1, -0.05)) > 0.2)
    assert rows.mean() == pytest.approx(35.5, abs=0.5) and columns.mean() == pytest.approx(67.5, abs=0.5)


def test_a_mirrored_film_shows_the_other_side(disk: Drawing) -> None:
    film = draw_film(np.random.default_rng(0), spread=0.0, mirrored=True)
    assert film.mirrored and not FILM.mirrored
    columns = np.nonzero(seen(disk, pose=film.pose) > 0.2)[1]
    assert columns.mean() == pytest.approx(19.5, abs=0.5)


def test_more_exposure_is_brighter_and_noise_is_drawn_anew(disk: Drawing) -> None:
    assert seen(disk, exposure=1.2)[40, 60] > seen(disk, exposure=0.8)[40, 60]
    noisy = [seen(disk, seed, noise=0.05) for seed in (1, 1, 2)]
    np.testing.assert_array_equal(noisy[0], noisy[1])
    assert (noisy[0] != noisy[2]).any()


def test_dense_bone_is_noisier_than_thin(disk: Drawing) -> None:
    disk.bone.add(1.0, ellipse(0.25, 0.5, 0.2, 0.2))
    disk.bone.add(1.5, ellipse(0.25, 0.5, 0.2, 0.2))
    noise = [np.log1p(-seen(disk, seed, noise=0.03, exposure=0.4) / 1.04) for seed in range(12)]
    spread = np.std(noise, axis=0)
    assert spread[35:45, 15:25].mean() > 1.5 * spread[37:43, 57:63].mean()


def test_the_border_is_black_and_the_letter_bright(disk: Drawing) -> None:
    framed = seen(disk, border=(0.05, 0.1), tilt=(0, 3.0))
    assert not framed[:4].any() and not framed[:, -8:].any() and framed[70, 40] > 0
    assert seen(disk, marked=True)[60:, 66:].max() > 0.5 > seen(disk)[60:, 66:].max()


def test_growth_bends_the_patient_and_not_the_device(disk: Drawing) -> None:
    disk.device.add(1.0, ellipse(0.25, 0.5, 0.05, 0.05))
    bent = replace(disk, growth=Growth.draw(np.random.default_rng(1), 0.05))
    np.testing.assert_array_equal(seen(disk)[:, :30], seen(bent)[:, :30])
    assert (seen(disk) != seen(bent)).any()
