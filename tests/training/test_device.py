"""Precision and determinism of the machine."""

from __future__ import annotations

import subprocess
import sys

import keras
import pytest
import tensorflow as tf

from radtl_tf.records.experiment import Training
from radtl_tf.training import device


@pytest.mark.parametrize(
    ("capabilities", "expected"),
    [([], "float32"), ([(9, 0)], "mixed_bfloat16"), ([(7, 5)], "mixed_float16"), ([(9, 0), (7, 0)], "mixed_float16")],
)
def test_precision_follows_the_weakest_gpu(
    capabilities: list[tuple[int, int]], expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    details = {str(number): {"compute_capability": value} for number, value in enumerate(capabilities)}
    monkeypatch.setattr(tf.config.experimental, "get_device_details", lambda gpu: details[gpu])
    assert device._automatic(list(details)) == expected  # type: ignore[arg-type]


def test_prepare_sets_the_policy_and_says_so() -> None:
    try:
        prepared = device.prepare(Training(precision="mixed_bfloat16"), seed=1)
        assert prepared.precision == keras.config.dtype_policy().name == "mixed_bfloat16"
        assert prepared.threads >= 1
    finally:
        keras.config.set_dtype_policy("float32")


STRICT = """
import tensorflow as tf
from radtl_tf.records.experiment import Training
from radtl_tf.training.device import prepare
device = prepare(Training(determinism="strict"), seed=1)
from tensorflow.python.framework import config
print(device.threads, config.is_op_determinism_enabled())
"""


def test_strict_fixes_the_threads_and_the_kernels() -> None:
    # A process of its own: TensorFlow fixes its threads when it first computes, and determinism cannot be undone.
    result = subprocess.run([sys.executable, "-c", STRICT], capture_output=True, text=True, check=True)
    assert result.stdout.split() == ["2", "True"]
