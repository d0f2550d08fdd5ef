"""The worker process that decodes files: it reads requests and answers each with one frame.

A request is a line of JSON (path, what is wanted, depth, key for the hashes of patients). An answer is two lengths, a
record in JSON and the bytes that the record announces; no part of it is unpickled. The first frame says that the
process has started, before it opens any file.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import signal
import struct
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, BinaryIO

from radtl_tf.data.decoding.grey import NO_MEMORY, NoRadiographError, read_file
from radtl_tf.data.decoding.measuring import measure, png_of
from radtl_tf.errors import DataError
from radtl_tf.records.safety.resource_limits import limit_process

LENGTHS = struct.Struct("<QQ")
READY = "ready"


def main() -> None:
    """Answer requests from stdin on stdout until there are no more.

    ``argv[1]`` is the additional memory for decoding in bytes, ``argv[2]`` the CPU time for one file in seconds.
    """
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # keep the output of libraries out of the answers
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent handles it and closes our stdin
    limit_process(int(sys.argv[1]))
    _send(answers, {"status": READY}, [])
    for line in sys.stdin.buffer:
        _limit_time(float(sys.argv[2]))
        _send(answers, *answer(json.loads(line)))


def answer(request: Mapping[str, Any]) -> tuple[dict[str, Any], list[bytes]]:
    """Return the record of one request and the parts that follow it: signature, and PNG or pixels if wanted.

    With ``want`` identity, the only part is the identity of a DICOM image.
    """
    try:
        return _identified(request) if request["want"] == "identity" else _decoded(request)
    except NoRadiographError as error:
        return {"status": "skipped", "code": "no-radiograph", "reason": str(error)}, []
    except DataError as error:
        return {"status": "refused", "code": getattr(error, "code", "damaged"), "reason": str(error)}, []
    except MemoryError:
        return {"status": "refused", "code": "memory", "reason": NO_MEMORY}, []


def _decoded(request: Mapping[str, Any]) -> tuple[dict[str, Any], list[bytes]]:
    path = Path(request["path"])
    reading, decoded = measure(read_file(path), path.suffix, request.get("depth"))
    record = asdict(reading) | {"header_patient": _keyed(decoded.patient, request["key"])}
    parts = [record.pop("signature").tobytes()]
    parts += [png_of(decoded.pixels)] if request["want"] == "png" else []
    parts += [decoded.pixels.astype("<u2").tobytes()] if request["want"] == "pixels" else []
    return {"status": "decoded", "reading": record}, parts


def _identified(request: Mapping[str, Any]) -> tuple[dict[str, Any], list[bytes]]:
    from radtl_tf.data.decoding.dicom import identity_of  # pydicom takes half a second to load

    return {"status": "identified"}, [identity_of(read_file(Path(request["path"]))).encode()]


def _keyed(patient: bytes, key: str) -> str:
    """Return the hash of a patient with the caller's key, in hexadecimal, or "" if there is no patient."""
    return hashlib.blake2b(patient, key=bytes.fromhex(key), digest_size=16).hexdigest() if patient else ""


def _send(stream: BinaryIO, record: dict[str, Any], parts: list[bytes]) -> None:
    text = json.dumps({**record, "parts": [len(part) for part in parts]}).encode()
    stream.write(LENGTHS.pack(len(text), sum(map(len, parts))))
    for part in (text, *parts):
        stream.write(part)
    stream.flush()


def _limit_time(seconds: float) -> None:
    """Limit this process to ``seconds`` more of CPU time, so that an endless loop ends even if the parent is gone."""
    if sys.platform == "win32":
        return
    import resource

    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    limit = math.ceil(time.process_time() + seconds) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (limit if hard == resource.RLIM_INFINITY else min(limit, hard), hard))


if __name__ == "__main__":
    main()
