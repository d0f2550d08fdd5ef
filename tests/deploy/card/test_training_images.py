"""Training images are recognized after usual changes; other images, and blank ones, are not."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageEnhance, ImageOps

from radtl_tf.data.decoding.measuring import signature
from radtl_tf.data.decoding.reading import Reading
from radtl_tf.deploy.card.facts import CARD, EXTRA, TRAINING_IMAGES
from radtl_tf.deploy.card.training_images import copy_training_images, hashes_of, read_training_images
from radtl_tf.errors import OutputError
from radtl_tf.records.disk import write_bytes, write_json
from radtl_tf.records.folder import OutputFolder

RANDOM = np.random.default_rng(5)
BODY = np.add.outer(np.hanning(240), np.hanning(200))  # what all images share
Change = Callable[[Image.Image], Image.Image]


def picture() -> Image.Image:
    coarse = Image.fromarray(RANDOM.uniform(0, 255, (12, 10)).astype(np.uint8))
    own = np.asarray(coarse.resize((200, 240), Image.Resampling.BICUBIC)) / 255
    return Image.fromarray(np.clip(50 + 60 * BODY + 60 * own, 0, 255).astype(np.uint8))


def saved_as_jpeg(image: Image.Image) -> Image.Image:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=50)
    return Image.open(buffer)


@pytest.fixture(scope="module")
def measured(reading: Any) -> Callable[[Image.Image], Reading]:
    def measure(image: Image.Image) -> Reading:
        pixels = np.asarray(image.convert("L")).astype(np.uint16) * 257
        name = np.uint32(hash(pixels.tobytes()) & 0xFFFFFFFF).tobytes().hex() * 4
        return reading(signature=signature(pixels), pixels_hash=name)

    return measure


PICTURES = [picture() for _ in range(80)]
CHANGES: dict[str, Change] = {
    "jpeg": saved_as_jpeg,
    "smaller": lambda image: image.resize((120, 144), Image.Resampling.BILINEAR),
    "brighter": lambda image: ImageEnhance.Brightness(image).enhance(1.2),
    "contrast": lambda image: ImageEnhance.Contrast(image).enhance(0.6),
    "gamma": lambda image: image.point([round(255 * (value / 255) ** 1.5) for value in range(256)]),
    "mirrored": ImageOps.mirror,
    "upside down": ImageOps.flip,
    "turned": lambda image: image.rotate(180),
    "inverted": ImageOps.invert,
}


@pytest.mark.parametrize("change", CHANGES)
def test_changed_training_images_are_found(change: str, measured: Callable[[Image.Image], Reading]) -> None:
    trained = hashes_of([measured(image) for image in PICTURES[:40]])
    exact, near = trained.find([measured(CHANGES[change](image)) for image in PICTURES])
    assert not exact.any()
    assert near[:40].all() and not near[40:].any()


def test_simple_pictures_are_not_near_by_chance(measured: Callable[[Image.Image], Reading]) -> None:
    def blocks() -> Image.Image:
        return Image.fromarray(RANDOM.uniform(20, 200, (5, 4)).repeat(8, axis=0).repeat(8, axis=1).astype(np.uint8))

    trained = hashes_of([measured(blocks()) for _ in range(60)])
    assert not trained.find([measured(blocks()) for _ in range(200)])[1].any()


def test_the_same_pixels_are_found_exactly(measured: Callable[[Image.Image], Reading]) -> None:
    trained = hashes_of([measured(image) for image in PICTURES[:40]])
    exact, near = trained.find([measured(image) for image in PICTURES[30:50]])
    assert exact.tolist() == [True] * 10 + [False] * 10
    assert not near.any()


def test_a_blank_image_is_near_to_none(measured: Callable[[Image.Image], Reading]) -> None:
    blank = [measured(Image.new("L", (20, 20), grey)) for grey in (0, 128)]
    trained = hashes_of([measured(PICTURES[0]), blank[0]])
    assert len(trained.near) == 1
    assert [mask.tolist() for mask in trained.find(blank)] == [[True, False], [False, False]]
    assert [mask.tolist() for mask in hashes_of(blank[:1]).find(blank)] == [[True, False], [False, False]]


def test_the_file_is_small_and_keeps_no_order(measured: Callable[[Image.Image], Reading], tmp_path: Path) -> None:
    readings = [measured(image) for image in PICTURES]
    folder = OutputFolder(tmp_path)
    write_bytes(folder.image_hashes, hashes_of(readings).to_bytes())
    assert hashes_of(readings[::-1]).to_bytes() == folder.image_hashes.read_bytes()
    assert len(folder.image_hashes.read_bytes()) < 4096 + 64 * len(PICTURES)
    for place in ("saved/1/" + EXTRA, "onnx/1"):
        write_json(tmp_path / place / CARD, {})
        copy_training_images(folder, tmp_path / place)
    trained = read_training_images(tmp_path / "saved")
    assert trained is not None and trained.find(readings)[0].all()
    (tmp_path / "saved" / "1" / EXTRA / TRAINING_IMAGES).write_bytes(b"damaged")
    with pytest.raises(OutputError):
        read_training_images(tmp_path / "saved")


def test_a_model_of_an_earlier_version_has_none(tmp_path: Path) -> None:
    write_json(tmp_path / EXTRA / CARD, {})
    copy_training_images(OutputFolder(tmp_path), tmp_path / EXTRA)
    assert read_training_images(tmp_path) is None
