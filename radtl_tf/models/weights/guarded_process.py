"""Read an untrusted weights file in a separate process, so that a harmful file causes only a one-line error.

This module has both sides; the child process (``main``) does not import Keras and starts in a fraction of a second.
"""

from __future__ import annotations

import json
import math
import os
import signal
import subprocess
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal

import numpy as np

from radtl_tf.errors import OutputError, WeightsError
from radtl_tf.models.weights.pytorch_reader import read_safetensors
from radtl_tf.models.weights.reader import Contents, read
from radtl_tf.models.weights.schema import LayerSchema, Schema, refusal
from radtl_tf.models.weights.stored_tensors import StoredTensors
from radtl_tf.places import PACKAGE
from radtl_tf.records.safety.resource_limits import limit_process

_CPU_SECONDS = 60
_SPARE_MEMORY = 64 * 2**20  # bytes in addition to the tensors
Format = Literal["HDF5", "safetensors"]
_READERS = {"HDF5": read, "safetensors": read_safetensors}


def read_apart(path: Path, schema: Schema, format: Format = "HDF5") -> Contents:
    """Return the contents of a file of this format; the child returns the tensors as a plain float32 file.

    They are read from this file when they are used.

    Raises:
        OutputError: the disk of the temporary files is full.
        WeightsError: the file is refused, or it crashed the child process.
    """
    with tempfile.TemporaryDirectory(prefix="radtl-") as folder:
        tensors = Path(folder, "tensors")
        answer = _ask(path, tensors, schema, format)
        if "full" in answer:
            place = Path(folder).parent
            place = place.parent if place.name.startswith("radtl-") else place  # the own folder of a supervised process
            raise OutputError(
                f"The folder of temporary files {place} cannot be written ({answer['full']}). Make room "
                "on its disk, or set TMPDIR to another folder."
            )
        if "error" in answer:
            raise WeightsError(answer["error"])
        found, expected = tensors.stat().st_size, _num_bytes(schema)
        if found != expected:
            raise WeightsError(
                f"could not be read: the reading process returned {found // 4} of {expected // 4} numbers."
            )
        values = StoredTensors(tensors, schema.shapes)
    lists = {key: tuple(answer[key]) for key in ("matched", "left_over", "warnings")}
    return Contents(layout=answer["layout"], keras_version=answer["keras_version"], values=values, **lists)


def _ask(path: Path, tensors: Path, schema: Schema, format: Format) -> dict[str, Any]:
    """Run the child process and return its answer."""
    search = [str(PACKAGE.parent), *filter(None, [os.environ.get("PYTHONPATH")])]
    alone = {
        "PYTHONPATH": os.pathsep.join(search),
        "OPENBLAS_NUM_THREADS": "1",
        "HDF5_PLUGIN_PRELOAD": "::",
    }  # no plugins
    done = subprocess.run(
        [sys.executable, "-P", "-m", __name__, str(path.absolute()), str(tensors), format],
        input=json.dumps(asdict(schema)),
        env={**os.environ, **alone},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode < 0:
        fault = signal.strsignal(-done.returncode) or f"signal {-done.returncode}"
        raise refusal(f"not {format}", f"it crashed the reading process ({fault}), so it is damaged or malicious.")
    if done.returncode:  # the child reports every fault of the file itself, so this is another failure
        last = done.stderr.strip().splitlines()[-1:]
        raise WeightsError(f"could not be read: the reading process failed ({' '.join(last)}).")
    return json.loads(done.stdout)


def main() -> None:
    """Read ``argv[1]``, a file of the format ``argv[3]``, within limits.

    The schema comes as JSON from stdin; the tensors go to the file ``argv[2]``, the rest to stdout.
    """
    schema, path = _schema(json.load(sys.stdin)), Path(sys.argv[1])
    mapped = path.stat().st_size if sys.argv[3] == "safetensors" else 0
    _limit(_num_bytes(schema), mapped)
    try:
        answer = dict(vars(_READERS[sys.argv[3]](path, schema)))
    except WeightsError as error:
        answer = {"error": str(error), "values": []}
    try:
        with open(sys.argv[2], "wb") as file:
            for value in answer.pop("values"):
                file.write(np.ascontiguousarray(value).data)  # not tofile, which hides that the disk is full
    except OSError as error:
        answer = {"full": error.strerror}
    json.dump(answer, sys.stdout)


def _num_bytes(schema: Schema) -> int:
    return 4 * sum(math.prod(shape) for shape in schema.shapes)


def _schema(record: dict[str, Any]) -> Schema:
    layers = tuple(
        LayerSchema(layer["name"], layer["kind"], tuple((name, tuple(shape)) for name, shape in layer["tensors"]))
        for layer in record["layers"]
    )
    return Schema(record["backbone"], record["numbered"], layers, record["known"], record["normalizes"])


def _limit(num_bytes: int, mapped: int) -> None:
    """Limit this process to its present memory plus twice the tensors, and to one minute of CPU time.

    ``mapped`` bytes of a file may be mapped into memory in addition; they take addresses, not memory.
    """
    limit_process(2 * num_bytes + mapped + _SPARE_MEMORY, CPU=_CPU_SECONDS, FSIZE=num_bytes)


if __name__ == "__main__":
    main()
