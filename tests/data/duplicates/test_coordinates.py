"""Cosine coefficients: flips change signs only, ranks are those of SciPy."""

from __future__ import annotations

import numpy as np
from scipy.stats import rankdata

from radtl_tf.data.duplicates.coordinates import greatest, grey_cosines, of_length_one, parities, rank_cosines

PICTURES = np.random.default_rng(5).integers(0, 40, (3, 32, 32)).astype(np.uint8)


def test_ranks_are_those_of_scipy() -> None:
    ranks = rankdata(PICTURES.reshape(3, -1), axis=1).reshape(PICTURES.shape) / 1024
    np.testing.assert_array_equal(rank_cosines(PICTURES), grey_cosines(ranks))


def test_a_flip_changes_only_the_signs_of_its_parity() -> None:
    parity = parities(32)
    for flipped, changed in ((PICTURES[:, ::-1], (2, 3)), (PICTURES[:, :, ::-1], (1, 3))):
        signs = np.where(np.isin(parity, changed), -1, 1)
        np.testing.assert_allclose(rank_cosines(flipped), signs * rank_cosines(PICTURES), atol=1e-9)


def test_the_greatest_orientation_is_taken() -> None:
    rows = of_length_one(rank_cosines(PICTURES))
    turned = of_length_one(rank_cosines(PICTURES[:, ::-1, ::-1]))
    products = [np.sum((rows * turned)[:, parities(32) == part], axis=1) for part in range(4)]
    np.testing.assert_allclose(greatest(products), 1, atol=1e-5)


def test_blank_pictures_have_no_direction() -> None:
    assert not of_length_one(rank_cosines(np.full((1, 32, 32), 9, np.uint8))).any()
