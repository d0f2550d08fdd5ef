"""The size of a network's images."""

from __future__ import annotations

from typing import Any

import pytest

from radtl_tf.records.image_size import at_most, image_size, sides


@pytest.mark.parametrize(
    ("given", "kept"), [(224, 224), ("224x224", 224), ("96x192", "96x192"), ("0096x192", "96x192")]
)
def test_a_size_has_one_spelling(given: Any, kept: Any) -> None:
    assert image_size(given) == kept
    assert image_size(image_size(given)) == kept


@pytest.mark.parametrize("given", [31, 2049, True, 96.0, "96", "96*192", "31x64", "64x4096", "64x", None, [96, 192]])
def test_what_is_not_a_size_is_refused(given: Any) -> None:
    with pytest.raises(ValueError, match="2048"):
        image_size(given)


@pytest.mark.parametrize(
    ("shape", "size"), [((256, 512, 1), (112, 224)), ((512, 256), (224, 112)), ((9, 3000), (1, 224))]
)
def test_a_picture_keeps_its_shape_within_the_longest_side(shape: tuple[int, ...], size: tuple[int, int]) -> None:
    assert sides(at_most(224, shape)) == size
