from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from keras.src.legacy.preprocessing.image import ImageDataGenerator
from numpy.typing import NDArray
from PIL import Image

from radtl_tf.data.manifest.reader import cases_of, read_manifest
from radtl_tf.data.tfds import pipeline
from radtl_tf.data.tfds.builders import build_manifest
from radtl_tf.data.tfds.pipeline import (
    AUGMENTATIONS,
    RESIZES,
    augment,
    pixel_cache,
    preprocess,
    read_pixels,
    resize,
    to_unit,
)
from radtl_tf.errors import DataError, ExperimentError
from radtl_tf.records.experiment import Task

BothWays = Callable[..., NDArray[Any]]
RANDOM = np.random.default_rng(3)
SIZES = [(50, 70), (70, 50), (31, 31), (200, 3), (1, 90), (20, 17), (32, 32)]
SIZE = 32


def _image(height: int, width: int) -> NDArray[np.float32]:
    return RANDOM.random((height, width, 1), dtype=np.float32)


def test_the_whole_range_becomes_zero_to_one(both_ways: BothWays) -> None:
    values = np.array([[0, 1], [257, 65535]], np.uint16)
    unit = both_ways(to_unit, values[..., None])
    assert unit.dtype == np.float32
    np.testing.assert_allclose(unit[..., 0], values / 65535, rtol=1e-7)
    np.testing.assert_array_equal(to_unit(values), unit)
    assert to_unit(values[None, ..., None]).shape == (1, 2, 2, 1)


@pytest.mark.parametrize(("height", "width"), SIZES)
def test_stretch_is_tensorflows_antialiased_resize(both_ways: BothWays, height: int, width: int) -> None:
    image = _image(height, width)
    resized = both_ways(lambda x: resize(x, SIZE, "stretch"), image)
    np.testing.assert_allclose(resized, tf.image.resize(image, (SIZE, SIZE), antialias=True), atol=2e-6)


@pytest.mark.parametrize(("height", "width"), SIZES)
def test_pad_keeps_the_aspect_and_centers_on_black(both_ways: BothWays, height: int, width: int) -> None:
    image = _image(height, width) + 0.1
    resized = both_ways(lambda x: resize(x, SIZE, "pad"), image)
    scale = SIZE / max(height, width)
    rows, columns = (max(int(np.floor(length * scale + 0.5)), 1) for length in (height, width))
    top, left = (SIZE - rows) // 2, (SIZE - columns) // 2
    inner = resized[top : top + rows, left : left + columns]
    np.testing.assert_allclose(inner, tf.image.resize(image, (rows, columns), antialias=True), atol=2e-6)
    assert np.count_nonzero(resized) == rows * columns


@pytest.mark.parametrize(("height", "width"), [*SIZES, (1024, 1000), (299, 512)])
def test_published_is_the_nearest_pixel_of_pillow(both_ways: BothWays, height: int, width: int) -> None:
    image = _image(height, width)
    resized = both_ways(lambda x: resize(x, 224, "published"), image)
    nearest = np.asarray(Image.fromarray(image[..., 0]).resize((224, 224), Image.Resampling.NEAREST))
    # Pillow adds up a step in floating point, so where a center falls on the border of two pixels it may take either.
    rows = (np.arange(224) * 2 + 1) * height % 448 != 0
    columns = (np.arange(224) * 2 + 1) * width % 448 != 0
    np.testing.assert_array_equal(resized[rows][:, columns, 0], nearest[rows][:, columns])


@pytest.mark.parametrize("policy", RESIZES)
def test_a_batch_is_resized_as_its_images_are(policy: str) -> None:
    batch = RANDOM.random((3, 40, 25, 1), dtype=np.float32)
    together = resize(batch, SIZE, policy)
    assert together.shape == (3, SIZE, SIZE, 1)
    np.testing.assert_allclose(together, [resize(image, SIZE, policy) for image in batch], atol=1e-6)


@pytest.mark.parametrize("policy", RESIZES)
def test_an_even_image_stays_even(policy: str) -> None:
    np.testing.assert_allclose(resize(np.full((77, 77, 1), 0.3, np.float32), SIZE, policy), 0.3, atol=1e-6)


@pytest.mark.parametrize("policy", RESIZES)
def test_preprocessing_survives_a_saved_model(policy: str, tmp_path: Path) -> None:
    class Model(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec((None, None, 1), tf.uint16)])
        def __call__(self, image: tf.Tensor) -> tf.Tensor:
            return preprocess(image, SIZE, policy)

    tf.saved_model.save(Model(), str(tmp_path / "model"))
    loaded = tf.saved_model.load(str(tmp_path / "model"))
    for height, width in SIZES:
        image = RANDOM.integers(0, 65536, (height, width, 1), dtype=np.uint16)
        result = loaded(image)
        assert result.shape == (SIZE, SIZE, 1)
        np.testing.assert_allclose(result, preprocess(image, SIZE, policy), atol=1e-6)


@pytest.mark.parametrize("call", [lambda x: resize(x, 8, "padd"), lambda x: augment(x, "publishd", 0, 0, 0)])
def test_an_unknown_policy_is_named_with_the_nearest(call: Callable[[Any], Any]) -> None:
    with pytest.raises(ExperimentError, match=r"'(pad|published)'"):
        call(np.zeros((8, 8, 1), np.float32))


def _parameters(seed: int, epoch: int, example: int, size: int) -> dict[str, Any]:
    """Return the drawn numbers as ImageDataGenerator names them."""
    draw = pipeline._draw(seed, epoch, tf.constant([example], tf.int64)).numpy().astype(float)
    turn, shear, right, down, zoom_x, zoom_y, coin = draw[0]
    return {
        "theta": turn * 10,
        "shear": shear * 0.1,
        "tx": right * 0.1 * size,
        "ty": down * 0.1 * size,
        "zx": 1 + zoom_x * 0.1,
        "zy": 1 + zoom_y * 0.1,
        "flip_horizontal": coin < 0,
    }


def test_published_augmentation_is_that_of_keras(both_ways: BothWays) -> None:
    image = tf.image.resize(RANDOM.random((9, 9, 1), dtype=np.float32), (SIZE, SIZE)).numpy()
    generator = ImageDataGenerator(fill_mode="nearest")
    flipped = set()
    for example in range(8):
        parameters = _parameters(5, 2, example, SIZE)
        expected = generator.apply_transform(image, parameters)
        moved = both_ways(lambda x, example=example: augment(x, "published", 5, 2, example), image, 1e-5)
        np.testing.assert_allclose(moved, expected, atol=2e-4)
        flipped.add(bool(parameters["flip_horizontal"]))
    assert flipped == {True, False}


def test_laterality_safe_is_the_same_without_the_flip(both_ways: BothWays) -> None:
    image = tf.image.resize(RANDOM.random((9, 9, 1), dtype=np.float32), (SIZE, SIZE)).numpy()
    generator = ImageDataGenerator(fill_mode="nearest")
    for example in range(8):
        expected = generator.apply_transform(image, _parameters(5, 2, example, SIZE) | {"flip_horizontal": False})
        moved = both_ways(lambda x, example=example: augment(x, "laterality-safe", 5, 2, example), image, 1e-5)
        np.testing.assert_allclose(moved, expected, atol=2e-4)


def test_the_draws_fill_their_range_evenly_and_independently() -> None:
    grid = [pipeline._draw(seed, epoch, tf.range(200)).numpy() for seed in range(5) for epoch in range(5)]
    draws = np.concatenate(grid)
    assert draws.shape == (5000, 7)
    assert np.abs(draws).max() <= 1
    assert np.abs(draws.mean(axis=0)).max() < 0.04  # five standard errors
    assert np.abs(draws.std(axis=0) - 3**-0.5).max() < 0.02
    neighbors = np.concatenate([draws[:-1], draws[1:]], axis=1)
    assert np.abs(np.corrcoef(neighbors, rowvar=False) - np.eye(14)).max() < 0.07
    assert len(np.unique(draws)) > 0.99 * draws.size


def test_the_draws_are_splitmix64() -> None:
    """The first words of the generator seeded with 1234567, as published with its reference implementation."""
    state, words = 1234567, []
    for _ in range(3):
        words.append(int(pipeline._mixed(tf.constant(state, tf.uint64))))
        state = (state + 0x9E3779B97F4A7C15) % 2**64
    assert words == [6457827717110365317, 3203168211198807973, 9817491932198370423]


@pytest.mark.parametrize("policy", AUGMENTATIONS)
def test_a_view_depends_on_seed_epoch_and_example_alone(policy: str) -> None:
    image = _image(SIZE, SIZE)
    views = {key: augment(image, policy, *key).numpy() for key in ((1, 2, 3), (0, 2, 3), (1, 0, 3), (1, 2, 0))}
    np.testing.assert_array_equal(views[1, 2, 3], augment(image, policy, 1, 2, 3))
    differ = [not np.array_equal(views[1, 2, 3], view) for key, view in views.items() if key != (1, 2, 3)]
    assert differ == [policy != "none"] * 3


@pytest.mark.parametrize("policy", AUGMENTATIONS)
def test_a_batch_is_augmented_as_its_images_are(policy: str, both_ways: BothWays) -> None:
    batch = RANDOM.random((4, SIZE, SIZE, 1), dtype=np.float32)
    examples = np.array([7, 0, 2**40, 3])
    together = both_ways(lambda x: augment(x, policy, 1, 2, examples), batch, 1e-5)
    alone = [augment(image, policy, 1, 2, example) for image, example in zip(batch, examples, strict=True)]
    np.testing.assert_allclose(together, alone, atol=1e-5)


def test_augmentation_takes_tensors_of_unknown_size_in_a_graph() -> None:
    batch = RANDOM.random((4, SIZE, SIZE, 1), dtype=np.float32)

    @tf.function(
        input_signature=[
            tf.TensorSpec((None, None, None, 1)),
            tf.TensorSpec((), tf.int64),
            tf.TensorSpec((None,), tf.int64),
        ]
    )
    def view(images: tf.Tensor, epoch: tf.Tensor, examples: tf.Tensor) -> tf.Tensor:
        return augment(images, "published", 1, epoch, examples)

    expected = augment(batch, "published", 1, 2, np.arange(4))
    np.testing.assert_allclose(view(batch, 2, np.arange(4)), expected, atol=1e-5)


@pytest.fixture
def builder(tmp_path: Path, encoded: Callable[..., bytes]) -> Any:
    """Return a built data set of six images of different sizes."""
    rows = ["path,label"]
    for number in range(6):
        pixels = RANDOM.integers(0, 65536, (20 + number, 30), dtype=np.uint16)
        (tmp_path / f"{number}.png").write_bytes(encoded(pixels))
        rows.append(f"{number}.png,{'ab'[number % 2]}")
    (tmp_path / "m.csv").write_text("\n".join(rows))
    manifest = read_manifest(tmp_path / "m.csv")
    cases = cases_of(manifest, Task(positive="a", one_image_per_patient=True), bytes(32))
    return build_manifest(manifest, cases, tmp_path / "tfds")


@pytest.mark.parametrize("policy", RESIZES)
def test_the_cache_holds_each_example_in_its_row(builder: Any, tmp_path: Path, policy: str) -> None:
    pixels = pixel_cache(builder, 6, SIZE, policy, tmp_path / "cache" / "pixels.npy")
    assert isinstance(pixels, np.memmap)
    assert (pixels.shape, pixels.dtype) == ((6, SIZE, SIZE, 1), np.float32)
    for number in range(6):
        image = np.asarray(Image.open(tmp_path / f"{number}.png")).astype(np.uint16)
        np.testing.assert_allclose(pixels[number], preprocess(image, SIZE, policy), atol=1e-6)


def test_a_complete_cache_is_used_again_and_another_key_rebuilds_it(
    builder: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "pixels.npy"
    first = np.array(pixel_cache(builder, 6, SIZE, "pad", path))
    written = path.stat().st_mtime_ns
    pixel_cache(builder, 6, SIZE, "pad", path)
    assert path.stat().st_mtime_ns == written
    assert not np.array_equal(first, pixel_cache(builder, 6, SIZE, "stretch", path))
    assert pixel_cache(builder, 6, 16, "stretch", path).shape == (6, 16, 16, 1)
    monkeypatch.setattr(pipeline, "fingerprint", lambda _: "other data")
    written = path.stat().st_mtime_ns
    pixel_cache(builder, 6, 16, "stretch", path)
    assert path.stat().st_mtime_ns != written


def test_a_cache_is_read_without_its_data_set_if_it_is_of_these_data(builder: Any, tmp_path: Path) -> None:
    path = tmp_path / "pixels.npy"
    written, data = np.array(pixel_cache(builder, 6, SIZE, "pad", path)), pipeline.fingerprint(builder)
    np.testing.assert_array_equal(read_pixels(path, 6, SIZE, "pad", data), written)
    for other in ((7, SIZE, "pad", data), (6, SIZE, "stretch", data), (6, SIZE, "pad", "other data")):
        with pytest.raises(DataError, match="pixels.npy"):
            read_pixels(path, *other)
    path.unlink()
    with pytest.raises(DataError, match="gone"):
        read_pixels(path, 6, SIZE, "pad", data)


@pytest.mark.parametrize(
    ("damage", "said"), [("key", 0), ("pixels", 0), ("cut", 1), ("bit", 1), ("header", 1), ("earlier version", 1)]
)
def test_an_incomplete_or_damaged_cache_is_rebuilt(
    builder: Any, tmp_path: Path, damage: str, said: int, caplog: pytest.LogCaptureFixture
) -> None:
    path, key = tmp_path / "pixels.npy", tmp_path / "pixels.npy.json"
    first = np.array(pixel_cache(builder, 6, SIZE, "pad", path))
    if damage == "key":
        key.write_text("{")
    elif damage == "earlier version":
        known = json.loads(key.read_text())
        del known["blake2b"]
        key.write_text(json.dumps(known))
    elif damage == "cut":
        os.truncate(path, path.stat().st_size - 1000)
    else:
        content = bytearray(path.read_bytes())
        content[-2 if damage == "bit" else 24] ^= 1
        path.unlink()
        if damage != "pixels":
            path.write_bytes(content)
    if damage != "key":
        with pytest.raises(DataError, match="damaged"):
            read_pixels(path, 6, SIZE, "pad", pipeline.fingerprint(builder))
    np.testing.assert_array_equal(pixel_cache(builder, 6, SIZE, "pad", path), first)
    pixel_cache(builder, 6, SIZE, "pad", path)
    assert len([record for record in caplog.records if record.name == pipeline.__name__]) == said


def test_a_kill_while_the_cache_is_written_leaves_nothing_that_counts(
    builder: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "cache" / "pixels.npy"

    def die(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(pipeline, "write_json", die)
        with pytest.raises(KeyboardInterrupt):
            pixel_cache(builder, 6, SIZE, "pad", path)
    assert not path.with_name("pixels.npy.json").exists()
    pixel_cache(builder, 6, SIZE, "pad", path)
    assert sorted(file.name for file in path.parent.iterdir()) == ["pixels.npy", "pixels.npy.json"]
    assert json.loads(path.with_name("pixels.npy.json").read_text())["policy"] == "pad"


@pytest.mark.parametrize("number", [5, 7])
def test_a_data_set_of_another_length_is_refused(builder: Any, tmp_path: Path, number: int) -> None:
    with pytest.raises(DataError, match="data set radiographs"):
        pixel_cache(builder, number, SIZE, "pad", tmp_path / "pixels.npy")
    assert not (tmp_path / "pixels.npy").exists()
