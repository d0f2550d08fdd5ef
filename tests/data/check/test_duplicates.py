"""Duplicates are found after changes of the image, and different images are not reported."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image, ImageEnhance

from radtl_tf.data.check import duplicates
from radtl_tf.data.check.duplicates import groups, near, same
from radtl_tf.data.decoding.measuring import signature

RANDOM = np.random.default_rng(3)


def test_equal_values_are_paired_with_the_first() -> None:
    assert same(["a", "b", "a", "c", "a", "b"]).tolist() == [[0, 2], [0, 4], [1, 5]]
    assert same(["a", "b"]).shape == (0, 2)
    assert same([]).shape == (0, 2)


def test_groups_join_patients_whom_an_image_links() -> None:
    patients = np.array([0, 0, 1, 2, 3, 3, 4])
    assert groups(patients, []).tolist() == [0, 0, 1, 2, 3, 3, 4]
    linked = groups(patients, [np.array([[1, 3]]), np.array([[2, 6]])])
    assert linked.tolist() == [0, 0, 1, 0, 2, 2, 1]
    chain = groups(patients, [np.array([[0, 2], [2, 3]])])
    assert chain.tolist() == [0, 0, 0, 0, 1, 1, 2]


def smooth(number: int) -> np.ndarray:
    """Return signatures of random smooth pictures (number, 32, 32)."""
    coarse = RANDOM.uniform(0, 255, (number, 6, 6)).astype(np.uint8)
    return np.stack([np.asarray(Image.fromarray(one).resize((32, 32), Image.Resampling.BICUBIC)) for one in coarse])


@pytest.mark.parametrize("change", [lambda s: s, np.fliplr, np.flipud, lambda s: s // 2 + 40, lambda s: np.rot90(s, 2)])
@pytest.mark.parametrize("number", [5, 60])
def test_a_changed_copy_is_found_and_nothing_else(change: Callable[[np.ndarray], np.ndarray], number: int) -> None:
    pictures = smooth(number)
    pictures[-1] = change(pictures[1])
    assert near(pictures).tolist() == [[1, number - 1]]


def test_blank_pictures_are_near_nothing() -> None:
    assert near(np.zeros((4, 32, 32), np.uint8)).shape == (0, 2)
    assert near(smooth(1)).shape == (0, 2)


def test_blocks_do_not_change_what_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    pictures = smooth(20)
    pictures[[4, 19]] = pictures[[11, 2]]
    whole = near(pictures)
    monkeypatch.setattr(duplicates, "_BLOCK", 3)
    assert near(pictures).tolist() == whole.tolist() == [[2, 19], [4, 11]]


def test_above_the_limit_nothing_is_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(duplicates, "MAX_IMAGES", 3)
    assert near(np.repeat(smooth(1), 4, axis=0)).shape == (0, 2)


def _recompressed(image: Image.Image, quality: int) -> Image.Image:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality)
    return Image.open(buffer).convert("L")


def _gamma(image: Image.Image, power: float) -> Image.Image:
    return image.point([round(255 * (value / 255) ** power) for value in range(256)])


def _cropped(image: Image.Image, share: float) -> Image.Image:
    margin = round(image.width * share)
    return image.crop((margin, margin, image.width - margin, image.height - margin))


CHANGES: dict[str, Callable[[Image.Image], Image.Image]] = {
    "half the size": lambda image: image.resize((160, 160), Image.Resampling.BILINEAR),
    "twice the size": lambda image: image.resize((640, 640), Image.Resampling.BICUBIC),
    "JPEG 30": lambda image: _recompressed(image, 30),
    "JPEG 95": lambda image: _recompressed(image, 95),
    "20 % brighter": lambda image: ImageEnhance.Brightness(image).enhance(1.2),
    "20 % darker": lambda image: ImageEnhance.Brightness(image).enhance(0.8),
    "more contrast": lambda image: ImageEnhance.Contrast(image).enhance(1.3),
    "gamma 0.7": lambda image: _gamma(image, 0.7),
    "gamma 1.4": lambda image: _gamma(image, 1.4),
    "mirrored": lambda image: image.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
    "turned over": lambda image: image.transpose(Image.Transpose.FLIP_TOP_BOTTOM),
    "1 % cropped": lambda image: _cropped(image, 0.01),
    "darker by 51 of 255": lambda image: image.point([max(value - 51, 0) for value in range(256)]),
    "brighter by 51 of 255": lambda image: image.point([min(value + 51, 255) for value in range(256)]),
    "all at once": lambda image: _recompressed(
        _gamma(image.resize((190, 190), Image.Resampling.BILINEAR).transpose(Image.Transpose.FLIP_LEFT_RIGHT), 1.4), 50
    ),
}


@pytest.mark.real
def test_on_real_radiographs_changed_copies_are_found_and_no_two_patients_are_taken_for_one(real_folder: Path) -> None:
    folder = real_folder / "data" / "chest400"
    table = pd.read_csv(folder / "labels.csv", dtype=str)
    images = [Image.open(folder / path).convert("L") for path in table["path"]]

    def signatures(pictures: list[Image.Image]) -> np.ndarray:
        return np.stack([signature(np.asarray(picture).astype(np.uint16) * 257) for picture in pictures])

    clean = signatures(images)
    patients = table["patient_id"].to_numpy()
    wrong = [pair for pair in near(clean) if patients[pair[0]] != patients[pair[1]]]
    assert len(np.unique(wrong)) <= 0.01 * len(images)
    chosen = range(0, len(images), 10)
    for name, change in CHANGES.items():
        found = near(np.concatenate([clean, signatures([change(images[at]) for at in chosen])]))
        planted = {(at, len(images) + turn) for turn, at in enumerate(chosen)}
        missed = planted - {(int(a), int(b)) for a, b in found}
        assert not missed, name
