"""Precision, determinism and memory of the machine that trains."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import keras
import tensorflow as tf
from threadpoolctl import threadpool_limits

from radtl_tf.logs import get_logger
from radtl_tf.models.precision import BFLOAT16, FLOAT32, borrowed_precision
from radtl_tf.records.experiment import Training

_log = get_logger(__name__)

CPU_INFO = Path("/proc/cpuinfo")
_BFLOAT16_FLAGS = {"avx512_bf16", "amx_bf16"}
BFLOAT16_CAPABILITY = (8, 0)  # NVIDIA compute capability from which bfloat16 needs no loss scaling


@dataclass(frozen=True)
class Device:
    """The device and precision of the computation, for ``experiment.json``."""

    precision: str
    gpus: tuple[str, ...]
    threads: int
    onednn: bool
    cpu: str = ""


def prepare(training: Training, seed: int, threads: int | None = None) -> Device:
    """Set precision, determinism and GPU memory growth for this process; return the choices.

    ``seeded`` seeds every library. ``strict`` also requests deterministic kernels from TensorFlow and fixes the number
    of threads; predictions are then byte-equal for the same CPU type, number of threads and versions.
    ``threads`` is the number of threads of an operation, if it was fixed before; TensorFlow keeps its own if it has
    already started.
    """
    gpus = tf.config.list_physical_devices("GPU")
    for gpu in gpus:
        _let_memory_grow(gpu)
    if training.determinism != "off":
        keras.utils.set_random_seed(seed)
    if training.determinism == "strict":
        _fix_threads(2, 1)
        threadpool_limits(2, user_api="blas")  # the last bit of a linear fit depends on it
        tf.config.experimental.enable_op_determinism()
    elif threads:
        _fix_threads(threads)
    precision = _automatic(gpus) if training.precision == "auto" else training.precision
    keras.config.set_dtype_policy(precision)
    if precision == BFLOAT16 and not gpus and not has_bfloat16():
        _log.warning(
            f"This CPU has no bfloat16 instructions ({' or '.join(sorted(_BFLOAT16_FLAGS))}), so {BFLOAT16} is slower "
            f'than float32 here. Set training.precision = "{FLOAT32}", or use another machine.'
        )
    return Device(
        precision=precision,
        gpus=tuple(tf.config.experimental.get_device_details(gpu).get("device_name", gpu.name) for gpu in gpus),
        threads=tf.config.threading.get_intra_op_parallelism_threads() or _default_threads(),
        onednn=os.environ.get("TF_ENABLE_ONEDNN_OPTS") == "1",
        cpu=_cpu(),
    )


@contextmanager
def borrowed(training: Training) -> Iterator[Device]:
    """Compute in the precision of ``training`` in this block; then restore the process's precision. Sets no seed.

    It is for calls in a user's session, which may have other models.
    """
    with borrowed_precision():
        yield prepare(replace(training, determinism="off"), seed=0)


def _let_memory_grow(gpu: tf.config.PhysicalDevice) -> None:
    """Let a GPU's memory grow on demand; if the GPU has already been used, TensorFlow keeps its setting."""
    try:
        tf.config.experimental.set_memory_growth(gpu, True)
    except RuntimeError:
        return


def _fix_threads(inside: int, between: int | None = None) -> None:
    """Use so many threads inside and between operations; if TensorFlow has already started, it keeps its numbers."""
    try:
        tf.config.threading.set_intra_op_parallelism_threads(inside)
        if between:
            tf.config.threading.set_inter_op_parallelism_threads(between)
    except RuntimeError:
        return


def _default_threads() -> int:
    """Return the number of threads that TensorFlow chooses: the one of the environment, or else one per core."""
    chosen = os.environ.get("TF_NUM_INTRAOP_THREADS", "")
    return int(chosen) if chosen.isdecimal() and int(chosen) else os.cpu_count() or 1


def _cpu(info: Path | None = None) -> str:
    """Return the model of the CPU; on Linux, where Python knows only the architecture, it is read from ``info``."""
    return next(_cpu_facts(info, "model name"), platform.processor() or platform.machine())


def has_bfloat16(info: Path | None = None) -> bool:
    """Tell whether ``info`` says that the CPU multiplies in bfloat16: with AVX-512 or AMX, which TensorFlow uses."""
    return bool(_BFLOAT16_FLAGS & set(next(_cpu_facts(info, "flags"), "").split()))


def _cpu_facts(info: Path | None, name: str) -> Iterator[str]:
    """Yield what ``info`` (by default ``CPU_INFO``) says of each core under ``name``; nothing if there is no file."""
    try:
        lines = (info or CPU_INFO).read_text(encoding="utf-8").splitlines()
    except OSError:
        return
    yield from (line.partition(":")[2].strip() for line in lines if line.partition(":")[0].strip() == name)


def _automatic(gpus: list[tf.config.PhysicalDevice]) -> str:
    """Return float32 on a CPU, or else the half precision that every GPU of the machine supports.

    A CPU with bfloat16 instructions also gets float32: which machine computes must not decide about the numbers of an
    experiment, unless its file says so.
    """
    if not gpus:
        return FLOAT32
    details = [tf.config.experimental.get_device_details(gpu) for gpu in gpus]
    weakest = min(detail.get("compute_capability", (0, 0)) for detail in details)
    return BFLOAT16 if weakest >= BFLOAT16_CAPABILITY else "mixed_float16"


def peak_memory() -> float:
    """Return the largest resident memory of this process so far, in bytes."""
    try:
        import resource
    except ImportError:  # Windows
        import psutil

        return float(psutil.Process().memory_info().peak_wset)
    import sys

    unit = 1 if sys.platform == "darwin" else 1024  # getrusage(2): bytes on macOS, kilobytes on Linux
    return float(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit)
