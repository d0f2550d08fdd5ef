"""The environment variables that a work unit needs on another machine."""

from __future__ import annotations

from collections.abc import Mapping

from radtl_tf.places import cache_folder, weights_folder

_LIBRARIES = ("KERAS_", "MKL_", "OMP_", "OPENBLAS_", "TF_")  # what changes numbers: threads, kernels


def environment_of_units(known: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that a unit gets, so that it computes as it would here; ``known`` are those of this process.

    The folders of the cache and of the weights have absolute paths: another machine has another working folder.
    """
    libraries = {name: value for name, value in sorted(known.items()) if name.startswith(_LIBRARIES)}
    folders = {"RADTL_CACHE": cache_folder(), "RADTL_WEIGHTS": weights_folder()}
    return {**{name: str(folder.resolve()) for name, folder in folders.items()}, **libraries}
