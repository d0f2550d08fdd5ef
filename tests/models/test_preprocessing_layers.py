"""Stock layers agree with the pipeline, exactly or within the bounds in the docstring of ``preprocess``."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from radtl_tf.data.phantoms.write import draw_phantoms
from radtl_tf.data.preprocessing import resizing
from radtl_tf.errors import ExperimentError
from radtl_tf.models.pixels import CONVENTIONS, convention, to_network
from radtl_tf.models.preprocessing_layers import preprocessing_layers

ELSEWHERE = """
import sys
sys.modules["radtl_tf"] = None
import keras, numpy
images = numpy.load(sys.argv[2])
numpy.save(sys.argv[3], keras.models.load_model(sys.argv[1])(images).numpy())
"""


def films(*shape: int, seed: int = 0) -> NDArray[np.float32]:
    return np.random.default_rng(seed).random((2, *shape), dtype=np.float32)


def difference(film: NDArray[np.uint16], resize: str) -> NDArray[np.float32]:
    """Return the difference between the layers and the pipeline, (64, 64)."""
    unit = resizing.to_unit(film[None, :, :, None])
    ours = np.asarray(preprocessing_layers("zero_one", 64, resize)(unit))[0, ..., :1]
    return np.abs(ours - np.asarray(resizing.preprocess(film[..., None], 64, resize)))


@pytest.mark.parametrize("name", CONVENTIONS)
def test_images_of_the_size_keep_their_values(name: str) -> None:
    images = films(32, 32, 1)
    for resize in resizing.RESIZES:
        given = np.asarray(preprocessing_layers(name, 32, resize)(images))
        np.testing.assert_allclose(given, np.asarray(to_network(images, convention(name))), rtol=0, atol=1e-5)
    assert np.array_equal(np.asarray(preprocessing_layers("zero_one", 32, "pad")(images))[..., :1], images)


def test_the_size_may_be_height_and_width() -> None:
    image = films(20, 40, 1)
    shown = np.asarray(preprocessing_layers("zero_one", "32x64", "stretch")(image))
    assert shown.shape == (2, 32, 64, 3)
    np.testing.assert_allclose(shown[..., :1], np.asarray(resizing.resize(image, "32x64", "stretch")), atol=2e-6)


def test_three_equal_channels_are_one() -> None:
    images = films(40, 30, 1)
    layers = preprocessing_layers("torch", 32, "pad")
    one, three = (np.asarray(layers(given)) for given in (images, np.repeat(images, 3, axis=-1)))
    assert np.array_equal(one, three) and one.shape == (2, 32, 32, 3)


@pytest.mark.parametrize("resize", ["stretch", "published"])
@pytest.mark.parametrize("shape", [(100, 70), (40, 50), (65, 64)])
def test_without_padding_the_layers_are_the_pipeline(resize: str, shape: tuple[int, int]) -> None:
    film = np.random.default_rng(1).integers(0, 65536, shape).astype(np.uint16)
    assert difference(film, resize).max() < 1e-5


@pytest.mark.parametrize("kind", ["supernumerary", "skull"])
def test_padded_phantoms_are_near(kind: str) -> None:
    for phantom in list(draw_phantoms(kind, num_patients=4, seed=0))[:4]:
        film = (np.clip(phantom.picture, 0, 1) * 65535).astype(np.uint16)
        assert difference(film, "pad").mean() < 0.005


@pytest.mark.real
@pytest.mark.parametrize(("height", "width"), [(320, 320), (320, 250), (301, 200), (260, 320), (320, 160)])
def test_padded_radiographs_are_near(real_folder: Path, height: int, width: int) -> None:
    files = sorted((real_folder / "data" / "chest400" / "images").iterdir())[:20]
    for file in files:
        film = np.asarray(Image.open(file).convert("L"), np.uint16)[:height, :width] * 257
        bound = 1e-5 if height == width else 0.03
        assert difference(film, "pad").mean() < bound


@pytest.mark.slow
def test_a_saved_model_needs_nothing_of_ours(tmp_path: Path) -> None:
    images = keras.Input((None, None, 1))
    model = keras.Model(images, keras.layers.GlobalAveragePooling2D()(preprocessing_layers("caffe", 16, "pad")(images)))
    model.save(tmp_path / "model.keras")
    np.save(tmp_path / "images.npy", films(40, 30, 1))
    files = [str(tmp_path / name) for name in ("model.keras", "images.npy", "given.npy")]
    subprocess.run([sys.executable, "-c", ELSEWHERE, *files], check=True, capture_output=True)
    np.testing.assert_allclose(np.load(files[2]), np.asarray(model(films(40, 30, 1))), rtol=0, atol=1e-5)


def test_half_precision_does_not_round_grey_values() -> None:
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        given = np.asarray(preprocessing_layers("zero_one", 32, "pad")(films(32, 32, 1)))
    finally:
        keras.config.set_dtype_policy(before)
    assert np.array_equal(given[..., :1], films(32, 32, 1))


def test_a_call_does_not_put_later_layers_into_training_mode() -> None:
    norm, images = keras.layers.BatchNormalization(), films(32, 32, 1)
    model = keras.Sequential([preprocessing_layers("tf", 32, "pad"), norm])
    assert np.asarray(model(images)) == pytest.approx(model.predict(images, verbose=0), abs=1e-6)
    assert not np.asarray(norm.moving_mean).any()
    model.compile("sgd", "mse")
    model.fit(images, np.zeros((2, 32, 32, 3)), verbose=0)
    assert np.asarray(norm.moving_mean).all()


@pytest.mark.parametrize(
    "arguments", [("gray", 32, "pad"), ("tf", 32, "crop"), ("tf", 0, "pad"), ("tf", "32", "pad"), ("tf", "0x32", "pad")]
)
def test_wrong_arguments_are_refused(arguments: Any) -> None:
    with pytest.raises(ExperimentError):
        preprocessing_layers(*arguments)
