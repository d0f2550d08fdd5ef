"""The end of a vision transformer in three parts, from a whole backbone and from its prefix or suffix."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from radtl_tf.models.backbones import build_base
from radtl_tf.models.token_parts import has_tokens, patch_grid, token_parts
from radtl_tf.models.tuning import split

IMAGES = np.random.default_rng(0).normal(size=(2, 42, 56, 3)).astype(np.float32)


def numbers(tensor: object) -> np.ndarray:
    return keras.ops.convert_to_numpy(tensor)


def composed(model: keras.Model, inputs: object) -> np.ndarray:
    parts = token_parts(model)
    found = parts.pool(parts.above(parts.below(inputs)))
    return numbers(found[0] if isinstance(found, list) else found)


@pytest.mark.parametrize("tuning", ["frozen", "top10", "topK1", "topK2", "full"])
def test_the_parts_compose_wherever_the_last_block_is_whole(tuning: str, tiny_transformer: str) -> None:
    base = build_base(f"{tiny_transformer}Both", "42x56", seed=1)
    expected = numbers(base(IMAGES))
    np.testing.assert_allclose(composed(base, IMAGES), expected, atol=1e-6)
    parts = split(base, tuning)
    assert [has_tokens(part) for part in (parts.prefix, parts.suffix)] == [
        tuning == "frozen",
        tuning not in ("frozen", "top10"),
    ]
    if has_tokens(parts.prefix):
        np.testing.assert_allclose(composed(parts.prefix, IMAGES), expected, atol=1e-6)
    if has_tokens(parts.suffix):
        np.testing.assert_allclose(composed(parts.suffix, parts.prefix(IMAGES)), expected, atol=1e-6)


def test_the_grid_has_rows_and_columns(tiny_transformer: str) -> None:
    assert patch_grid(build_base(tiny_transformer, "42x56", seed=1).layers) == (3, 4)
