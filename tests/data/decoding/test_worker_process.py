"""The answers of the decoding process to one request."""

from __future__ import annotations

import io
import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from radtl_tf.data.decoding import worker_process as worker
from radtl_tf.data.decoding.images import decode_bytes
from radtl_tf.data.decoding.worker_process import LENGTHS, READY, answer

PIXELS = np.random.default_rng(2).integers(0, 65536, (9, 11), dtype=np.uint16)


@pytest.fixture
def image(tmp_path: Path, encoded: Any) -> Path:
    path = tmp_path / "a.png"
    path.write_bytes(encoded(PIXELS))
    return path


def test_an_image_gives_its_reading_and_what_is_wanted(image: Path) -> None:
    record, (signature,) = answer({"path": str(image), "want": "reading", "key": "00"})
    assert (record["status"], record["reading"]["height"], len(signature)) == ("decoded", 9, 32 * 32)
    _, (_, png) = answer({"path": str(image), "want": "png", "key": "00"})
    np.testing.assert_array_equal(decode_bytes(png).pixels, PIXELS)
    _, (_, pixels) = answer({"path": str(image), "want": "pixels", "key": "00"})
    np.testing.assert_array_equal(np.frombuffer(pixels, "<u2").reshape(9, 11), PIXELS)


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (b"", "refused", "damaged"),
        (b"GIF89a", "refused", "format"),
        (b"\x89PNG\r\n\x1a\n", "refused", "damaged"),
        (None, "refused", "unreadable"),
    ],
)
def test_a_bad_file_gives_its_reason(
    content: bytes | None, status: str, code: str, image: Path, tmp_path: Path
) -> None:
    path = tmp_path / "bad.png"
    if content is not None:
        path.write_bytes(content)
    record, parts = answer({"path": str(path), "want": "png", "key": "00"})
    assert (record["status"], record["code"], parts) == (status, code, [])
    assert record["reason"] and "bad.png" not in record["reason"]


def test_a_file_that_is_no_radiograph_is_skipped(image: Path, dicom: Any) -> None:
    report = dicom(PIXELS, SOPClassUID="1.2.840.10008.5.1.4.1.1.88.11", Modality="SR")
    image.write_bytes(report)
    record, _ = answer({"path": str(image), "want": "png", "key": "00"})
    assert (record["status"], record["code"]) == ("skipped", "no-radiograph")


def test_too_little_memory_is_a_reason(image: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "measure", lambda *_: (_ for _ in ()).throw(MemoryError))
    assert answer({"path": str(image), "want": "png", "key": "00"})[0]["code"] == "memory"


def test_the_process_answers_in_frames_and_ends_with_its_input(image: Path) -> None:
    request = json.dumps({"path": str(image), "want": "reading", "key": "00"}).encode() + b"\n"
    command = [sys.executable, "-m", "radtl_tf.data.decoding.worker_process", str(1 << 30), "9"]
    done = subprocess.run(command, input=request * 2, capture_output=True, check=True, timeout=60)
    stream, frames = io.BytesIO(done.stdout), []
    while lengths := stream.read(LENGTHS.size):
        text, rest = LENGTHS.unpack(lengths)
        frames.append((json.loads(stream.read(text)), stream.read(rest)))
    assert [record["status"] for record, _ in frames] == [READY, "decoded", "decoded"]
    assert frames[1] == frames[2]
    assert frames[1][0]["parts"] == [1024] == [len(frames[1][1])]


@pytest.mark.parametrize(
    ("harm", "ends_by"),
    [
        ("while True: pass", signal.SIGXCPU),
        ("import os; os.abort()", signal.SIGABRT),
        ("bytearray(1 << 30)", None),
    ],
)
def test_the_process_has_limits_of_its_own(harm: str, ends_by: int | None, image: Path, tmp_path: Path) -> None:
    """An endless loop is stopped, no core file is written, and memory is limited."""
    code = "from radtl_tf.data.decoding import worker_process as worker\n"
    code += f"def harm(*_):\n    {harm}\nworker.measure = harm\nworker.main()"
    request = json.dumps({"path": str(image), "want": "reading", "key": "00"}).encode() + b"\n"
    command = [sys.executable, "-c", code, str(1 << 29), "0.1"]
    done = subprocess.run(command, input=request, capture_output=True, timeout=60, cwd=tmp_path)
    assert done.returncode == (-ends_by if ends_by else 0)
    assert (b'"code": "memory"' in done.stdout) == (ends_by is None)
    assert not list(tmp_path.glob("core*"))


def test_the_process_loads_no_tensorflow() -> None:
    heavy = "[name for name in sys.modules if name in ('tensorflow', 'keras')]"
    loaded = f"import radtl_tf.data.decoding.worker_process, sys; print({heavy})"
    done = subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "[]"


def test_the_identity_of_an_image_is_sent_only_if_it_is_wanted(tmp_path: Path, dicom: Any) -> None:
    file = tmp_path / "a.dcm"
    file.write_bytes(dicom(PIXELS, PatientID="ZZCANARY", PatientComments="never"))
    record, parts = answer({"path": str(file), "want": "pixels", "key": "00"})
    assert b"ZZCANARY" not in json.dumps(record).encode() + b"".join(parts)
    record, (identity,) = answer({"path": str(file), "want": "identity"})
    assert record == {"status": "identified"}
    assert b"ZZCANARY" in identity
    assert b"never" not in identity
