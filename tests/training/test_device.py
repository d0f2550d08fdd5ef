"""Precision and determinism of the machine."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import keras
import numpy as np
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


def test_every_gpu_takes_memory_as_it_needs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    gpus = [tf.config.PhysicalDevice(name, "GPU") for name in ("first", "second")]
    grows: dict[Any, bool] = {}
    fakes: dict[str, Any] = {
        "list_physical_devices": lambda kind: gpus if kind == "GPU" else [],
        "experimental.set_memory_growth": grows.__setitem__,
        "experimental.get_device_details": lambda gpu: {"device_name": f"the {gpu.name}"},
    }
    for name, fake in fakes.items():
        monkeypatch.setattr(f"tensorflow.config.{name}", fake)
    assert device.prepare(Training(precision="float32"), seed=1).gpus == ("the first", "the second")
    assert grows == dict.fromkeys(gpus, True)


def test_a_gpu_that_is_in_use_keeps_its_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(gpu: Any, grows: bool) -> None:
        raise RuntimeError("Physical devices cannot be modified after being initialized")

    gpu = tf.config.PhysicalDevice("first", "GPU")
    monkeypatch.setattr("tensorflow.config.list_physical_devices", lambda kind: [gpu])
    monkeypatch.setattr("tensorflow.config.experimental.set_memory_growth", refuse)
    monkeypatch.setattr("tensorflow.config.experimental.get_device_details", lambda gpu: {"device_name": gpu.name})
    assert device.prepare(Training(precision="float32"), seed=1).gpus == ("first",)


def test_a_borrowed_device_leaves_the_session_as_it_was() -> None:
    np.random.seed(5)
    with device.borrowed(Training(precision="mixed_bfloat16")) as prepared:
        assert prepared.precision == keras.config.dtype_policy().name == "mixed_bfloat16"
    assert keras.config.dtype_policy().name == "float32"
    drawn = np.random.random()
    np.random.seed(5)
    assert drawn == np.random.random()


def test_the_cpu_has_a_name(tmp_path: Path) -> None:
    info = tmp_path / "cpuinfo"
    info.write_text("processor\t: 0\nmodel name\t: A: CPU @ 2 GHz\nprocessor\t: 1\nmodel name\t: A: CPU @ 2 GHz\n")
    assert device._cpu(info) == "A: CPU @ 2 GHz"
    assert device._cpu(tmp_path / "none") and device._cpu()


FLAGS = "processor\t: 0\nflags\t\t: fpu avx512f {0}\nprocessor\t: 1\nflags\t\t: fpu avx512f {0}\n"


@pytest.mark.parametrize(
    ("flags", "has_it"),
    [("avx512_bf16 sse", True), ("amx_bf16", True), ("avx512_fp16 avx512_bf160", False), ("", False)],
)
def test_bfloat16_is_for_processors_that_have_it(
    flags: str, has_it: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    info = tmp_path / "cpuinfo"
    info.write_text(FLAGS.format(flags))
    assert device.has_bfloat16(info) == has_it
    monkeypatch.setattr(device, "CPU_INFO", info)
    for precision, warned in (("mixed_bfloat16", not has_it), ("auto", False), ("mixed_float16", False)):
        caplog.clear()
        with device.borrowed(Training(precision=precision)) as prepared:  # type: ignore[arg-type]
            assert bool(caplog.records) == warned
        assert precision != "auto" or prepared.precision == "float32"


def test_a_system_without_cpuinfo_has_no_bfloat16(tmp_path: Path) -> None:
    assert not device.has_bfloat16(tmp_path / "none")


STRICT = """
import tensorflow as tf
from radtl_tf.records.experiment import Training
from radtl_tf.training.device import prepare
device = prepare(Training(determinism="strict"), seed=1)
from tensorflow.python.framework import config
print(device.threads, config.is_op_determinism_enabled())
"""


@pytest.mark.slow
def test_strict_fixes_the_threads_and_the_kernels() -> None:
    # A separate process, because TensorFlow fixes its threads at the first computation and determinism is permanent.
    result = subprocess.run([sys.executable, "-c", STRICT], capture_output=True, text=True, check=True)
    assert result.stdout.split() == ["2", "True"]
