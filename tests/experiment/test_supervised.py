"""A child process that works, and a parent that survives its death."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from radtl_tf.experiment.supervised import DeathError, Ended, supervise
from radtl_tf.logs import shown
from radtl_tf.records.folder import OutputFolder
from radtl_tf.records.prepared import Prepared, WorkUnit, write_prepared
from radtl_tf.records.safety.failures import read_failures
from radtl_tf.records.safety.lock import LockedError, workers_of

# A child that "trains" three runs in order; the words say which one kills it, and how often.
_CHILD = """
import contextlib, os, signal, sys, tempfile
from pathlib import Path
from radtl_tf.records.safety.failures import failures_in
from radtl_tf.records.safety.lock import unit_lock_of, working_if_free
from radtl_tf.records.safety.lock_file import Attempt
from radtl_tf.records.safety.parent import crashed, end_with_parent, in_hand, is_held_by_parent, this_call
end_with_parent()
out, deadly, times = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
Path(tempfile.gettempdir(), "left").write_text("")
out.mkdir(exist_ok=True)
(out / "starts").open("a").write("x")
if deadly == "start":
    os.kill(os.getpid(), signal.SIGKILL)
lock = unit_lock_of(out, "unit")
with contextlib.nullcontext() if is_held_by_parent(lock) else working_if_free(Attempt(lock), "unit"):
    failures = failures_in(out, "unit", this_call())
    names = ["a/0-0", "b/0-0", "c/0-0"]
    left = [name for name in names if not (out / "runs" / name / "DONE.json").exists()]
    for name in sorted(left, key=lambda name: name in failures):
        if name in failures and failures[name].is_final:
            continue
        in_hand([name])
        tries = failures[name].times if name in failures else 0
        if name == deadly and tries < times:
            {death}
        (out / "runs" / name).mkdir(parents=True)
        (out / "runs" / name / "DONE.json").write_text("")
    in_hand([])
    if deadly == "finish" and len((out / "starts").read_text()) <= times:
        os.kill(os.getpid(), signal.SIGKILL)
sys.exit(5)
"""
KILLED = "os.kill(os.getpid(), signal.SIGKILL)"
FULL = "crashed(MemoryError()); sys.exit(1)"


def run(out: Path, deadly: str, times: int, death: str = KILLED, unit: str | None = None) -> tuple[int, list[str], int]:
    """Supervise a child; return its exit code, the log, and how often it was killed."""
    lines: list[str] = []
    deaths: list[None] = []
    command = [sys.executable, "-c", _CHILD.replace("{death}", death), str(out), deadly, str(times)]
    with shown(lines.append):
        code = supervise(command, out, lambda: deaths.append(None), unit=unit)
    return code, lines, len(deaths)


def done(out: Path) -> list[str]:
    return sorted(str(path.parent.relative_to(out / "runs")) for path in out.rglob("DONE.json"))


def test_an_undisturbed_child_is_started_once(tmp_path: Path) -> None:
    assert run(tmp_path / "out", "none", 0) == (5, [], 0)
    assert (tmp_path / "out" / "starts").read_text() == "x"
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["runs", "starts"]


@pytest.mark.parametrize(
    ("death", "reason", "unit"), [(KILLED, "signal 9", None), (FULL, "memory was full", None), (FULL, "full", "unit")]
)
def test_a_run_that_dies_once_is_tried_again_after_the_others(
    tmp_path: Path, death: str, reason: str, unit: str | None
) -> None:
    code, lines, deaths = run(tmp_path, "b/0-0", 1, death, unit)
    assert (code, deaths) == (5, 1)
    assert done(tmp_path) == ["a/0-0", "b/0-0", "c/0-0"]
    assert lines[-1].startswith("Warning: b/0-0 failed") and reason in lines[-1]


def test_a_run_that_dies_twice_is_left_out_with_its_reason(tmp_path: Path) -> None:
    code, lines, deaths = run(tmp_path, "b/0-0", 9)
    assert (code, deaths) == (5, 2)
    assert done(tmp_path) == ["a/0-0", "c/0-0"]
    assert read_failures(tmp_path)["b/0-0"].is_final
    assert "Left out" in lines[-1]
    assert run(tmp_path, "b/0-0", 1)[0] == 5  # the next call tries it again
    assert done(tmp_path) == ["a/0-0", "b/0-0", "c/0-0"]


def test_a_death_while_finishing_is_tried_once_more(tmp_path: Path) -> None:
    assert run(tmp_path / "once", "finish", 1)[::2] == (5, 1)
    with pytest.raises(DeathError, match="signal 9"):
        run(tmp_path / "twice", "finish", 9)


def test_a_unit_that_dies_before_its_runs_says_which_are_missing(tmp_path: Path) -> None:
    unit = WorkUnit(name="unit", runs=("a/0-0", "b/0-0"))
    empty = {"facts": {}, "arrays": "", "images": "", "weights": (), "threads": 2, "versions": {}, "hardware": {}}
    write_prepared(OutputFolder(tmp_path), Prepared(units=(unit,), **empty))
    (tmp_path / "runs" / "a" / "0-0").mkdir(parents=True)
    (tmp_path / "runs" / "a" / "0-0" / "DONE.json").write_text("")
    with pytest.raises(DeathError):
        run(tmp_path, "start", 0, unit="unit")
    found = read_failures(tmp_path)
    assert set(found) == {"b/0-0"} and found["b/0-0"].is_final and "memory" in found["b/0-0"].reason


def test_a_unit_in_other_hands_starts_no_child(tmp_path: Path) -> None:
    held = subprocess.Popen(
        [sys.executable, "-c", _HOLD, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert held.stdout and held.stdout.readline()
    with pytest.raises(LockedError):
        run(tmp_path, "none", 0, unit="unit")
    held.communicate("\n")
    assert not (tmp_path / "starts").exists()


_HOLD = """
import sys
from pathlib import Path
from radtl_tf.records.safety.lock import working
with working(Path(sys.argv[1]), "unit"):
    print("held", flush=True)
    input()
"""
_SIGNALLED = """
import sys, time
from pathlib import Path
from radtl_tf.cli.interrupts import stoppable, Interrupted
from radtl_tf.experiment import supervised
try:
    with stoppable():
        supervised.supervise([sys.executable, "-c", sys.argv[2]], Path(sys.argv[1]), print)
except Interrupted as error:
    sys.exit(error.exit_code)
"""
_WORKS = """
import signal, sys, time
from radtl_tf.records.safety.parent import end_with_parent
end_with_parent()
stop = []
signal.signal(signal.SIGTERM, lambda *_: stop.append(1))
print("works", flush=True)
while not stop or {stubborn}:
    time.sleep(0.02)
print("finished the batch", flush=True)
"""


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize("stubborn", [False, True])
def test_a_signal_ends_the_child_in_order_and_a_second_one_at_once(
    tmp_path: Path, number: int, code: int, stubborn: bool
) -> None:
    start = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"  # ignored in the background
    words = [sys.executable, "-c", start + _SIGNALLED, str(tmp_path / "out"), _WORKS.format(stubborn=stubborn)]
    scratch = tmp_path / "tmp"
    scratch.mkdir()
    parent = subprocess.Popen(words, stdout=-1, text=True, env={**os.environ, "TMPDIR": str(scratch)})
    assert parent.stdout and parent.stdout.readline() == "works\n"
    parent.send_signal(number)
    if stubborn:
        with pytest.raises(subprocess.TimeoutExpired):
            parent.wait(0.5)
        parent.send_signal(number)
    said = parent.communicate(timeout=60)[0]
    assert parent.returncode == code
    assert said == ("" if stubborn else "finished the batch\n")
    assert list(scratch.iterdir()) == [] and not (tmp_path / "out").exists()


def test_wrong_input_is_no_death() -> None:
    assert not Ended(1).is_death and not Ended(143).is_death
    assert Ended(-9).is_death and Ended(1, crash="ValueError: x").is_death


def test_a_child_trains_the_unit_that_its_parent_holds(tmp_path: Path) -> None:
    assert run(tmp_path, "none", 0, unit="unit")[0] == 5
    assert workers_of(tmp_path) == {} and done(tmp_path) == ["a/0-0", "b/0-0", "c/0-0"]
