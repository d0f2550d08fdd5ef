"""Trial steps, and the error when memory is full."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from radtl_tf.errors import ExperimentError
from radtl_tf.training.trainer import Trainer
from radtl_tf.training.trial_step import largest_batch, one_line_when_full, smaller_batch, trial_step


def exhausted() -> tf.errors.ResourceExhaustedError:
    return tf.errors.ResourceExhaustedError(None, None, "OOM when allocating tensor with shape[32,64,112,112]")


def test_a_trial_step_takes_any_number_of_images_and_teaches_nothing(tiny_backbone: str) -> None:
    trainer = Trainer(tiny_backbone, "topK2", 32, num_outputs=3)
    kernels = [v for v in trainer.suffix.trainable_variables if v.name == "kernel"]
    before = [kernel.numpy().copy() for kernel in kernels]
    for size in (1, 5):
        trial_step(trainer, size)
    assert kernels
    assert all(np.array_equal(a, b.numpy()) for a, b in zip(before, kernels, strict=True))


@pytest.mark.parametrize(("room", "size"), [(100, 32), (31, 16), (5, 4), (1, 1)])
def test_the_largest_batch_that_fits(room: int, size: int) -> None:
    tried: list[int] = []

    def fits(number: int) -> None:
        tried.append(number)
        if number > room:
            raise exhausted()

    assert largest_batch(fits) == size
    assert tried == sorted(tried, reverse=True)


def test_a_device_without_room_for_one_image_is_one_line() -> None:
    def fits(number: int) -> None:
        raise exhausted()

    with pytest.raises(ExperimentError, match="one image"):
        largest_batch(fits)


@pytest.mark.parametrize(
    ("size", "advice"),
    [(64, r"training\.batch_size = 32\b"), (5, r"training\.batch_size = 4\b"), (1, r"training\.image_size")],
)
def test_exhausted_memory_is_one_line_with_the_batch_size_to_try(size: int, advice: str) -> None:
    with pytest.raises(ExperimentError, match=rf"memory .*\b{size} images .*{advice}") as caught:
        with one_line_when_full(smaller_batch(size)):
            raise exhausted()
    assert "\n" not in str(caught.value)


def test_other_errors_stay_what_they_are() -> None:
    with pytest.raises(ZeroDivisionError), one_line_when_full("there"):
        _: Any = 1 / 0
