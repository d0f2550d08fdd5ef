"""Convert the pixel graph in a separate process: converters print, keep memory, and can crash.

This module has both sides; the child process is ``main``.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

from radtl_tf.deploy.formats import litert, onnx, openvino
from radtl_tf.errors import OutputError
from radtl_tf.places import PACKAGE

CONVERTERS: dict[str, Callable[[Path, Path], None]] = {
    "onnx": onnx.convert,
    "openvino": openvino.convert,
    "litert": litert.convert,
    "litert-float16": partial(litert.convert, float16=True),
}


def convert_apart(name: str, graph: Path, file: Path) -> None:
    """Convert the SavedModel ``graph`` to ``file`` with the converter ``name`` of ``CONVERTERS``.

    Raises:
        OutputError: the converter failed; the message has its last line.
    """
    search = [str(PACKAGE.parent), *filter(None, [os.environ.get("PYTHONPATH")])]
    done = subprocess.run(
        [sys.executable, "-P", "-m", __name__, name, str(graph.absolute()), str(file.absolute())],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(search), "CUDA_VISIBLE_DEVICES": "-1"},
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode or not file.is_file():
        raise OutputError(f"The model cannot be converted to {name}: {_reason(done.returncode, done.stderr)}")


def _reason(code: int, text: str) -> str:
    if code < 0:
        return f"the converter crashed ({signal.strsignal(-code) or code})."
    return "".join(text.strip().splitlines()[-1:]) or f"the converter ended with exit code {code}."


def main() -> None:
    """Convert: ``argv`` is the name of the converter, the SavedModel, and the file to write."""
    name, graph, file = sys.argv[1:]
    CONVERTERS[name](Path(graph), Path(file))


if __name__ == "__main__":
    main()
