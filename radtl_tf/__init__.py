"""Transfer-learning experiments on radiographs: RadImageNet, ImageNet, your own weights or none."""

import os

__version__ = "0.1.0"

# TensorFlow reads these when it is first imported, so they are set before any module of the package can import it
# (docs/decisions/0002-environment.md). A value that the user has set is kept.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
