"""Inverted films are found among films that are alike, and only there."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from radtl_tf.data.check.polarity import contrary_pairs, inverted

RNG = np.random.default_rng(2)
ROWS, COLUMNS = np.mgrid[-1:1:32j, -1:1:32j]


def films(number: int) -> np.ndarray:
    """Return signatures with bright bone on black, each with details of its own."""
    common = 200 * np.exp(-3 * ROWS**2 - 6 * COLUMNS**2)
    own = np.stack(
        [
            np.asarray(Image.fromarray(one).resize((32, 32)))
            for one in RNG.uniform(0, 60, (number, 6, 6)).astype(np.float32)
        ]
    )
    return np.clip(common + own, 0, 255).astype(np.uint8)


def unlike(number: int) -> np.ndarray:
    coarse = RNG.uniform(0, 255, (number, 5, 8)).astype(np.float32)
    return np.stack([np.asarray(Image.fromarray(one).resize((32, 32))) for one in coarse]).astype(np.uint8)


def borders(signatures: np.ndarray) -> np.ndarray:
    return signatures[:, 0].mean(axis=1)


@pytest.mark.parametrize("planted", [(), (3,), tuple(range(9)), tuple(range(0, 40, 2))])
def test_what_was_inverted_is_found(planted: tuple[int, ...]) -> None:
    pictures = films(40)
    pictures[list(planted)] = 255 - pictures[list(planted)]
    assert np.flatnonzero(inverted(pictures, borders(pictures))).tolist() == list(planted)


@pytest.mark.parametrize("number", [12, 60])
def test_pictures_without_anything_in_common_are_left_alone(number: int) -> None:
    for _ in range(10):
        pictures = unlike(number)
        assert not inverted(pictures, borders(pictures)).any()


def test_two_kinds_of_films_are_not_each_others_negatives() -> None:
    pictures = np.concatenate([films(30), np.clip(films(10)[:, :, ::-1] // 2 + unlike(10) // 2, 0, 255)])
    assert not inverted(pictures, borders(pictures)).any()
    assert not inverted(films(3), np.zeros(3)).any()


def test_a_patients_negative_is_found_without_the_others() -> None:
    pictures, patients = unlike(6), np.array([0, 1, 0, 2, 2, 1])
    pictures[2] = 255 - pictures[0]
    assert contrary_pairs(pictures, patients) == [(0, 2)]
