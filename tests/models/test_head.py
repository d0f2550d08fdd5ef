from __future__ import annotations

import keras
import numpy as np
import pytest

from radtl_tf.models.head import Head

GENERATOR = np.random.default_rng(0)
FEATURES = GENERATOR.normal(3, 2, (5, 4)).astype(np.float32)
KERNEL = GENERATOR.normal(size=(4, 2)).astype(np.float32)
BIAS = np.array([0.5, -0.5], np.float32)
MEAN, SD = FEATURES.mean(0), FEATURES.std(0)


@pytest.fixture
def head() -> Head:
    made = Head(4, 2)
    made.reset(KERNEL, BIAS, MEAN, SD)
    return made


def logits(head: Head, features: np.ndarray, kept: np.ndarray | None = None) -> np.ndarray:
    return keras.ops.convert_to_numpy(head(features, kept))


def test_logits_are_the_formula(head: Head) -> None:
    np.testing.assert_allclose(logits(head, FEATURES), (FEATURES - MEAN) / SD @ KERNEL + BIAS, rtol=1e-5, atol=1e-5)


def test_dropped_features_do_not_count(head: Head) -> None:
    kept = np.array([0, 2, 2, 0], np.float32) * np.ones((5, 1), np.float32)
    expected = ((FEATURES - MEAN) / SD * kept) @ KERNEL + BIAS
    np.testing.assert_allclose(logits(head, FEATURES, kept), expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("constant", [0.0, 1000.1])
def test_constant_feature_counts_as_zero_even_where_it_moves_later(head: Head, constant: float) -> None:
    train = FEATURES.copy()
    train[:, 1] = constant
    head.reset(KERNEL, BIAS, train.mean(0), train.std(0))
    test = train.copy()
    test[0, 1] += 1
    np.testing.assert_array_equal(logits(head, test), logits(head, train))
    assert np.isfinite(logits(head, test)).all()


def test_raw_features_pass_unchanged(head: Head) -> None:
    head.reset(KERNEL, BIAS, np.zeros(4, np.float32), np.ones(4, np.float32))
    np.testing.assert_allclose(logits(head, FEATURES), FEATURES @ KERNEL + BIAS, rtol=1e-5, atol=1e-5)


def test_only_kernel_and_bias_learn(head: Head) -> None:
    assert [weight.name for weight in head.trainable_weights] == ["kernel", "bias"]
    assert [weight.name for weight in head.non_trainable_weights] == ["mean", "sd"]


def test_head_is_float32_in_mixed_precision() -> None:
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        head = Head(4, 2)
    finally:
        keras.config.set_dtype_policy(before)
    answer = head(keras.ops.cast(FEATURES, "bfloat16"))
    assert keras.backend.standardize_dtype(answer.dtype) == "float32"
