"""Near-duplicates are found after changes of the image, and different images are not reported."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image, ImageEnhance

from radtl_tf.data.decoding.measuring import signature
from radtl_tf.data.duplicates import near as near_module
from radtl_tf.data.duplicates.coordinates import greatest, grey_cosines, of_length_one, parities, rank_cosines
from radtl_tf.data.duplicates.near import near
from radtl_tf.data.duplicates.whitening import Whitening

RANDOM = np.random.default_rng(3)


def smooth(number: int) -> np.ndarray:
    """Return signatures of random smooth pictures (number, 32, 32)."""
    coarse = RANDOM.uniform(0, 255, (number, 6, 6)).astype(np.uint8)
    return np.stack([np.asarray(Image.fromarray(one).resize((32, 32), Image.Resampling.BICUBIC)) for one in coarse])


@pytest.mark.parametrize(
    "change",
    [
        lambda s: s,
        np.fliplr,
        np.flipud,
        lambda s: s // 2 + 40,
        lambda s: np.rot90(s, 2),
        lambda s: 255 - s,
        lambda s: 220 - s[::-1] // 2,
    ],
)
@pytest.mark.parametrize("number", [5, 60])
def test_a_changed_copy_is_found_and_nothing_else(change: Callable[[np.ndarray], np.ndarray], number: int) -> None:
    pictures = smooth(number)
    pictures[-1] = change(pictures[1])
    assert near(pictures).tolist() == [[1, number - 1]]


def test_blank_pictures_are_near_nothing() -> None:
    assert near(np.zeros((4, 32, 32), np.uint8)).shape == (0, 2)
    assert near(smooth(1)).shape == (0, 2)


def noise(number: int) -> np.ndarray:
    """Return signatures of pictures without any structure (number, 32, 32)."""
    return RANDOM.integers(90, 166, (number, 32, 32)).astype(np.uint8)


def alike(number: int) -> np.ndarray:
    """Return signatures (number, 32, 32) that nearly all resemble each other without whitening."""
    return (smooth(1) // 2 + smooth(number) // 5).astype(np.uint8)


def with_copies(pictures: np.ndarray) -> np.ndarray:
    """Replace every fourth picture by a changed copy, from nearly equal to hardly similar; two are blank."""
    changes = (np.asarray, np.flipud, np.fliplr, lambda one: 255 - one, lambda one: 220 - one[::-1, ::-1] / 2)
    made = pictures.copy()
    for at in range(0, len(made), 4):
        copy = changes[at // 4 % len(changes)](made[RANDOM.integers(len(made))].astype(float))
        made[at] = np.clip(copy + RANDOM.normal(0, 6 * (at // 4 % 8), copy.shape), 0, 255)
    made[[2, 9]] = 7
    return made


def all_pairs(signatures: np.ndarray) -> list[list[int]]:
    """Compare every picture with every other one, as the definition of ``near`` says."""
    parts, negatives = Whitening.of(signatures).both(signatures)
    plain = [of_length_one(view(signatures)) for view in (grey_cosines, rank_cosines)]
    parity = parities(signatures.shape[1])
    found = np.zeros((len(signatures),) * 2, bool)
    for others, sign in ((parts, 1), (negatives, -1)):
        whitened = greatest([ours @ other.T for ours, other in zip(parts, others, strict=True)])
        views = [
            greatest([sign * one[:, parity == part] @ one[:, parity == part].T for part in range(4)]) for one in plain
        ]
        found |= (whitened >= near_module.NEAR) & (np.maximum(*views) >= near_module.NEAR_PLAIN)
    return np.argwhere(np.triu(found, 1)).tolist()


@pytest.mark.parametrize("kind", [smooth, noise, alike])
@pytest.mark.parametrize("block", [64, 512])
def test_the_search_finds_what_comparing_all_pairs_finds(
    kind: Callable[[int], np.ndarray], block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(near_module, "_BLOCK", block)
    pictures = with_copies(kind(240))
    expected = all_pairs(pictures)
    assert near(pictures).tolist() == expected
    assert len(expected) > 5


def test_few_pairs_are_compared_in_full(monkeypatch: pytest.MonkeyPatch) -> None:
    compared = list[int]()
    confirmed = near_module._confirmed
    monkeypatch.setattr(near_module, "_confirmed", lambda *args: compared.append(len(args[2])) or confirmed(*args))
    pictures = with_copies(smooth(300))
    found = near(pictures)
    assert len(found) <= sum(compared) < 2 * len(found) + 10


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
