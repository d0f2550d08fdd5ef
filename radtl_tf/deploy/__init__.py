"""Exported models: write them, open them, and read images for them.

A program that runs an ONNX, OpenVINO or LiteRT model needs only ``open_model`` and ``read_grey``, which import no
TensorFlow.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from radtl_tf.deploy.engines.engine import open_model
    from radtl_tf.deploy.engines.images import read_grey

__all__ = ["open_model", "read_grey"]

_MODULES = {"open_model": "radtl_tf.deploy.engines.engine", "read_grey": "radtl_tf.deploy.engines.images"}


def __getattr__(name: str) -> Any:
    """Load a public name when it is first used (PEP 562)."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_MODULES[name]), name)
