"""One Adam optimizer for all training."""

from __future__ import annotations

from collections.abc import Iterator

import keras
import pytest

from radtl_tf.training.adam import BETA_1, BETA_2, EPSILON, adam


@pytest.fixture
def half() -> Iterator[None]:
    before = keras.config.dtype_policy().name
    keras.config.set_dtype_policy("mixed_float16")
    yield
    keras.config.set_dtype_policy(before)


def test_its_constants_are_those_of_keras() -> None:
    config = keras.optimizers.Adam(name="any").get_config()
    assert {**adam().get_config(), "name": "any"} == config
    assert (config["beta_1"], config["beta_2"], config["epsilon"]) == (BETA_1, BETA_2, EPSILON)


def test_half_precision_has_a_loss_scale(half: None) -> None:
    assert isinstance(adam(), keras.optimizers.LossScaleOptimizer)
