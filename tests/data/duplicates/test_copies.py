"""Copies: exact and near pairs, each searched once, blank images left out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from radtl_tf.data.decoding.reading import Reading
from radtl_tf.data.duplicates import copies as module
from radtl_tf.data.duplicates.copies import Copies

SIGNATURES = np.random.default_rng(8).integers(0, 256, (5, 32, 32)).astype(np.uint8)


def _readings() -> list[Reading]:
    one = Reading("f", "p", 32, 32, 8, 0.5, 0.2, 0.4, SIGNATURES[0])
    return [replace(one, pixels_hash=str(at), signature=SIGNATURES[at]) for at in range(5)]


def test_exact_and_near_copies_are_told_apart() -> None:
    readings = _readings()
    readings[3] = replace(readings[3], pixels_hash="1", signature=readings[1].signature)
    readings[4] = replace(readings[4], signature=readings[2].signature)
    found = Copies(readings)
    assert found.exact.tolist() == [[1, 3]] and found.near.tolist() == [[2, 4]]


def test_blank_images_are_no_copies_of_each_other() -> None:
    blank = [replace(one, pixels_hash="0", sd=0.0) for one in _readings()]
    assert Copies(blank).exact.shape == (0, 2) and Copies(blank).blank.all()


def test_near_copies_are_searched_once(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = list[int]()
    near = module.near
    monkeypatch.setattr(module, "near", lambda signatures: calls.append(len(signatures)) or near(signatures))
    found = Copies(_readings())
    assert (len(found.near), len(found.near), calls) == (0, 0, [5])
    assert Copies([]).near.shape == (0, 2)
