"""Step time of the four backbones under JAX in float32 and bfloat16, of the first one in float16, on a GPU.

    KERAS_BACKEND=jax python benchmarks/gpu.py [--quick]

A step is forward, backward and a plain update of all weights, compiled together, on 32 images of 224 px; medians. Each
row is printed when it is measured; most of the time is compilation, a minute or less for each row. On a CPU, or with
--quick, it is one backbone on 2 images of 96 px and is only printed, which takes a minute. The share is relative to the
device's matrix product in the same precision, measured here. Only ``radtl_tf.models`` is used, which does not import
TensorFlow.
"""

from __future__ import annotations

import os
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

os.environ.setdefault("KERAS_BACKEND", "jax")

BACKBONES = ("ResNet50", "DenseNet121", "InceptionV3", "InceptionResNetV2")
PRECISIONS = {"float32": "float32", "mixed_bfloat16": "bfloat16", "mixed_float16": "float16"}


def main() -> None:
    """Time every backbone in every precision and publish the table."""
    try:
        import jax
    except ImportError:
        raise SystemExit("This benchmark needs JAX: pip install jax, or jax[cuda12] for a GPU.") from None
    import keras

    if keras.backend.backend() != "jax":
        raise SystemExit("This benchmark runs under JAX: set KERAS_BACKEND=jax.")
    device = jax.devices()[0]
    quick = "--quick" in sys.argv or device.platform == "cpu"
    backbones, size, batch = (BACKBONES[:1], 96, 2) if quick else (BACKBONES, 224, 32)
    lines = [f"{device.device_kind}, JAX {jax.__version__}, {batch} images of {size} px", _HEAD]
    print(*lines, sep="\n", flush=True)
    ceilings = {precision: _ceiling(dtype) for precision, dtype in PRECISIONS.items()}
    for backbone, precision in _pairs(backbones):
        seconds, operations = _step(backbone, size, batch, precision)
        share = operations / seconds / ceilings[precision]
        lines.append(f"{backbone:<18}{precision:<16}{1000 * seconds:>10.1f}{batch / seconds:>10.0f}{share:>16.0%}")
        print(lines[-1], flush=True)
        keras.backend.clear_session()
    if not quick:
        from _shared import publish

        publish("gpu", "\n".join(lines))


def _pairs(backbones: Sequence[str]) -> list[tuple[str, str]]:
    """Return backbones and precisions, the most useful first: float16 is as fast as bfloat16 wherever both exist."""
    pairs = [(backbone, precision) for backbone in backbones for precision in ("float32", "mixed_bfloat16")]
    return [*pairs, (backbones[0], "mixed_float16")]


_HEAD = f"{'a training step':<34}{'ms':>10}{'images/s':>10}{'of the ceiling':>16}"


def _step(backbone: str, size: int, batch: int, precision: str) -> tuple[float, float]:
    """Return the seconds of a training step, and its floating-point operations (three forward passes)."""
    import jax
    import keras
    import numpy as np

    from radtl_tf.models.backbones import build_base
    from radtl_tf.models.pixels import convention, to_network

    keras.config.set_dtype_policy(precision)
    base = build_base(backbone, size, seed=0)
    images = to_network(
        np.random.default_rng(0).uniform(size=(batch, size, size, 1)).astype("float32"), convention("tf")
    )
    learning = [variable.value for variable in base.trainable_variables]
    fixed = [variable.value for variable in base.non_trainable_variables]

    def loss(learning: Any, fixed: Any) -> Any:
        features, changed = base.stateless_call(learning, fixed, images, training=True)
        return (features.astype("float32") ** 2).mean(), changed

    @jax.jit
    def step(learning: Any, fixed: Any) -> Any:
        gradients, changed = jax.grad(loss, has_aux=True)(learning, fixed)
        return [value - 1e-6 * change for value, change in zip(learning, gradients, strict=True)], changed

    state = step(learning, fixed)
    seconds = _median(lambda: jax.block_until_ready(step(*state)))
    return seconds, 3 * batch * _operations(base)


def _operations(base: Any) -> float:
    """Return the floating-point operations of the convolutions for one image: two per product."""
    import keras

    convolutions = [layer for layer in base.layers if isinstance(layer, keras.layers.Conv2D)]
    places = (layer.output.shape[1] * layer.output.shape[2] for layer in convolutions)
    kernels = (layer.kernel.shape for layer in convolutions)
    return float(sum(2 * place * a * b * c * d for place, (a, b, c, d) in zip(places, kernels, strict=True)))


def _ceiling(dtype: str) -> float:
    """Return the operations per second of a product of two matrices."""
    import jax
    import jax.numpy as jnp

    side = 8192 if jax.devices()[0].platform != "cpu" else 1024
    matrix = jnp.ones((side, side), dtype)
    product = jax.jit(lambda a: a @ a)
    product(matrix).block_until_ready()
    return 2 * side**3 / _median(lambda: product(matrix).block_until_ready())


def _median(work: Callable[[], object], number: int = 10) -> float:
    seconds = []
    for _ in range(number):
        start = time.monotonic()
        work()
        seconds.append(time.monotonic() - start)
    return statistics.median(seconds)


if __name__ == "__main__":
    main()
