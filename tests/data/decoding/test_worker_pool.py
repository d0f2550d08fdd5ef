"""Images are read in order; a file that crashes, hangs or needs too much memory affects only itself."""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest

from radtl_tf.data.decoding import worker_pool as workers
from radtl_tf.data.decoding.images import decode_bytes
from radtl_tf.data.decoding.worker_pool import identities, pixels_of_all, read_all
from radtl_tf.errors import RadtlError

# A harmful decoder that replaces the real one; the file says what it does.
HARMFUL = r"""
import os, signal, sys, time
import numpy as np
from radtl_tf.data.decoding import worker_process as worker
real = worker.measure
def measure(data, suffix, depth=None):
    harm = data[-5:]
    if harm == b"crash": os.kill(os.getpid(), signal.SIGSEGV)
    if harm == b"abort": os.abort()
    if harm == b"exits": os._exit(7)
    if harm == b"kills": os.kill(os.getpid(), signal.SIGKILL)
    if harm == b"panic": raise type("PanicException", (BaseException,), {})
    if harm == b"lies.": os.write(3, b"\xff" * 4096)
    if harm == b"lies!": os.write(3, worker.LENGTHS.pack(2, 0) + b"{}")
    if harm == b"hangs": time.sleep(600)
    if harm == b"eats!": return np.ones(1 << 40)
    if harm == b"noise": os.write(2, b"NOISE"); print("NOISE", flush=True)
    return real(data, suffix, depth)
worker.measure = measure
sys.argv[1] = "800000000"
worker.main()
"""


@pytest.fixture
def images(tmp_path: Path, encoded: Any) -> list[Path]:
    paths = [tmp_path / f"{number}.png" for number in range(7)]
    for number, path in enumerate(paths):
        path.write_bytes(encoded(np.full((5 + number, 9), 11 * number, np.uint8)))
    return paths


@pytest.fixture
def harmful(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "modules"
    folder.mkdir()
    (folder / "harmful_worker.py").write_text(HARMFUL)
    monkeypatch.setenv("PYTHONPATH", str(folder))
    monkeypatch.setattr(workers, "_NAME", "harmful_worker")


@pytest.mark.parametrize("num_workers", [1, 2, 3])
def test_outcomes_come_in_order(images: list[Path], num_workers: int) -> None:
    outcomes = list(read_all(images, png=True, num_workers=num_workers))
    heights = [outcome.reading.height for outcome in outcomes if outcome.reading]
    assert heights == [5, 6, 7, 8, 9, 10, 11]
    for path, outcome in zip(images, outcomes, strict=True):
        assert outcome.png
        np.testing.assert_array_equal(decode_bytes(outcome.png).pixels, decode_bytes(path.read_bytes()).pixels)


def test_pixels_come_back_as_they_are(images: list[Path]) -> None:
    for path, (outcome, pixels) in zip(images, pixels_of_all(images), strict=True):
        assert outcome.status == "decoded"
        np.testing.assert_array_equal(pixels, decode_bytes(path.read_bytes()).pixels)


@pytest.mark.parametrize(
    ("harm", "code"),
    [
        *((harm, "crashed") for harm in ("crash", "abort", "exits", "panic", "lies.", "lies!")),
        *(("hangs", "timeout"), ("eats!", "memory"), ("kills", "memory")),
    ],
)
def test_a_file_that_does_harm_costs_that_file(
    harm: str, code: str, images: list[Path], harmful: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    if harm.startswith("lies"):  # and continues
        monkeypatch.setattr(workers, "_END_SECONDS", 0.1)
    images[2].write_bytes(images[2].read_bytes() + harm.encode())
    images[5].write_bytes(images[5].read_bytes() + harm.encode())
    outcomes = list(read_all(images, num_workers=2, seconds=1.5))
    assert [outcome.code for outcome in outcomes] == ["", "", code, "", "", code, ""]
    assert [outcome.status for outcome in outcomes].count("decoded") == 5


def test_what_a_decoder_prints_harms_nothing(
    images: list[Path], harmful: None, capfd: pytest.CaptureFixture[str]
) -> None:
    images[1].write_bytes(images[1].read_bytes() + b"noise")
    assert [outcome.status for outcome in read_all(images, num_workers=1)] == ["decoded"] * 7
    assert "NOISE" not in "".join(capfd.readouterr())


def test_a_missing_file_is_one_outcome(images: list[Path], tmp_path: Path) -> None:
    outcomes = list(read_all([images[0], tmp_path / "none.png", images[1]], num_workers=1))
    assert [(outcome.status, outcome.code) for outcome in outcomes] == [
        ("decoded", ""),
        ("refused", "unreadable"),
        ("decoded", ""),
    ]


def test_paths_are_taken_only_as_needed_and_workers_end_with_the_iterator(images: list[Path]) -> None:
    taken = []

    def endless() -> Iterator[Path]:
        for number in itertools.count():
            taken.append(number)
            yield images[number % 7]

    outcomes = read_all(endless(), num_workers=2)
    next(outcomes)
    assert len(taken) <= 8
    children = psutil.Process().children()
    outcomes.close()
    module = "radtl_tf.data.decoding.worker_process"
    assert not [child for child in children if child.is_running() and module in child.cmdline()]


def test_workers_that_do_not_start_are_no_fault_of_a_file(images: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "_NAME", "no_such_module")
    with pytest.raises(RadtlError, match=r"exit code 1.* -m no_such_module") as caught:
        next(read_all(images))
    assert type(caught.value) is RadtlError


def test_an_interrupt_ends_the_workers(images: list[Path]) -> None:
    """Like Ctrl-C: the signal goes to the whole group, in the middle of a file."""
    code = "import signal, sys, pathlib; from radtl_tf.data.decoding.worker_pool import read_all\n"
    code += "signal.signal(signal.SIGINT, signal.default_int_handler)\n"  # a job in the background ignores it
    code += "for _ in read_all(pathlib.Path(p) for _ in range(10**6) for p in sys.argv[1:]): print('x', flush=True)"
    command = [sys.executable, "-c", code, *map(str, images)]
    parent = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True)
    assert parent.stdout and parent.stdout.readline()
    children = psutil.Process(parent.pid).children()
    os.killpg(parent.pid, signal.SIGINT)
    _, errors = parent.communicate(timeout=30)
    assert errors.count(b"Traceback") == 1 and errors.rstrip().endswith(b"KeyboardInterrupt")
    assert children and not psutil.wait_procs(children, timeout=10)[1]


def test_a_worker_ends_with_a_parent_that_was_killed(images: list[Path]) -> None:
    code = "import sys, pathlib; from radtl_tf.data.decoding.worker_pool import read_all\n"
    code += "for _ in read_all(map(pathlib.Path, sys.argv[1:]), num_workers=1): print('x', flush=True); input()"
    command = [sys.executable, "-c", code, *map(str, images)]
    parent = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert parent.stdout and parent.stdout.readline()
    children = psutil.Process(parent.pid).children()
    parent.kill()
    parent.communicate()
    assert children and not psutil.wait_procs(children, timeout=10)[1]


def test_no_file_no_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers.subprocess, "Popen", lambda *_, **__: pytest.fail("a worker was started"))
    assert list(read_all([])) == []


def test_a_hanging_file_is_given_its_time_and_no_more(images: list[Path], harmful: None) -> None:
    images[0].write_bytes(images[0].read_bytes() + b"hangs")
    start = time.monotonic()
    (outcome,) = read_all(images[:1], seconds=1.5)
    assert "1.5 s" in outcome.reason
    assert 1.4 < time.monotonic() - start < 6


def test_identities_come_one_by_one_and_a_bad_file_has_a_reason(images: list[Path], dicom: Any) -> None:
    file = images[0].with_suffix(".dcm")
    file.write_bytes(dicom(np.zeros((4, 4), np.uint8), PatientID="007"))
    with identities() as identify:
        assert "007" in (identify(file)[1] or "")
        outcome, identity = identify(images[0])
        assert (outcome.code, identity) == ("format", None)
        assert identify(file)[1] is not None
