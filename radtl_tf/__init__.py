"""Transfer-learning experiments on radiographs: RadImageNet, ImageNet, your own weights or none.

``__all__`` lists the public names; each is loaded when it is first used, so ``import radtl_tf`` is quick.
"""

import os
from typing import TYPE_CHECKING, Any

from radtl_tf import errors

if TYPE_CHECKING:
    from radtl_tf.api import *  # noqa: F403

__version__ = "0.1.0"

# TensorFlow reads these variables when it is first imported, so they are set before any module of the package can
# import it (docs/decisions/0002-environment.md). A value set by the user is kept.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

__all__ = [  # each is a name of radtl_tf.api
    "Dataset",
    "PatientFolds",
    "Result",
    "backbone",
    "compare",
    "embeddings",
    "errors",
    "open_results",
    "predict",
    "preprocess",
    "read_embeddings",
    "run",
    "screen",
    "test",
]


def __getattr__(name: str) -> Any:
    """Load a public name when it is first used (PEP 562)."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from radtl_tf import api

    return getattr(api, name)


def __dir__() -> list[str]:
    """Return the public names."""
    return sorted([*__all__, "__version__"])
