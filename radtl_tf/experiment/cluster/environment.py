"""The environment variables that a work unit needs on another machine."""

from __future__ import annotations

from collections.abc import Mapping

from radtl_tf.places import cache_folder, weights_folder

# What changes numbers: threads, kernels, precision. Named one by one, since others of the same prefix may be secrets.
_COMPUTING = (
    "KERAS_BACKEND",
    "MKL_NUM_THREADS",
    "NVIDIA_TF32_OVERRIDE",
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "TF_ENABLE_ONEDNN_OPTS",
    "TF_NUM_INTEROP_THREADS",
    "TF_NUM_INTRAOP_THREADS",
    "TF_XLA_FLAGS",
    "XLA_FLAGS",
)


def environment_of_units(known: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that a unit gets, so that it computes as it would here; ``known`` are those of this process.

    The folders of the cache and of the weights have absolute paths: another machine has another working folder.
    """
    folders = {"RADTL_CACHE": cache_folder(), "RADTL_WEIGHTS": weights_folder()}
    computing = {name: known[name] for name in _COMPUTING if name in known}
    return {**{name: str(folder.resolve()) for name, folder in folders.items()}, **computing}
