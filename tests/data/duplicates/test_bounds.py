"""Bounds: never below the resemblance of two pictures, and close to it where few coefficients hold the energy."""

from __future__ import annotations

import numpy as np
import pytest

from radtl_tf.data.duplicates import bounds
from radtl_tf.data.duplicates.bounds import Bounds
from radtl_tf.data.duplicates.coordinates import greatest, grey_cosines, of_length_one, parities, rank_cosines

RANDOM = np.random.default_rng(6)
COARSE = RANDOM.uniform(0, 255, (70, 8, 8)).repeat(4, axis=1).repeat(4, axis=2).astype(np.uint8)
NOISE = RANDOM.integers(0, 256, (70, 32, 32)).astype(np.uint8)
PARITY = parities(32)


def resemblance(pictures: np.ndarray) -> np.ndarray:
    """Return the plain resemblance of all pairs (N, N), also to the negative."""
    found = []
    for view in (grey_cosines, rank_cosines):
        one = of_length_one(view(pictures))
        products = [one[:, PARITY == part] @ one[:, PARITY == part].T for part in range(4)]
        found += [greatest(products), greatest([-product for product in products])]
    return np.max(found, axis=0)


@pytest.mark.parametrize("number", [16, 64, 1024])
@pytest.mark.parametrize("pictures", [COARSE, NOISE], ids=["coarse", "noise"])
def test_no_resemblance_is_above_its_bound(number: int, pictures: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "_NUMBERS", (number,))
    whole = slice(None)
    found, exact = Bounds.of(pictures, 0.9).greatest(whole, whole), resemblance(pictures)
    assert (found >= exact).all()
    if number == 1024:
        np.testing.assert_allclose(found, exact, atol=2e-3)


def test_pictures_of_few_coefficients_need_few() -> None:
    few, many = (Bounds.of(pictures, 0.92).grey for pictures in (COARSE, NOISE))
    assert few.even.shape[1] + few.odd.shape[1] < many.even.shape[1] + many.odd.shape[1]
    assert few.even.shape[0] == len(COARSE)
