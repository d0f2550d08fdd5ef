"""What a supervised process tells its parent."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from radtl_tf.records.safety.parent import VARIABLE, for_child, has_told, in_hand, is_supervised

_SAYS = """
import os
from pathlib import Path
from radtl_tf.records.safety import parent
parent.end_with_parent()
told = parent.is_held_by_parent(Path({folder!r})), "{variable}" in os.environ, parent.this_call()
print(parent.is_supervised(), *told, flush=True)
parent.at_unit("a-0")
parent.in_hand(["a/0-0"])
error = MemoryError()
try:
    raise error
except MemoryError:
    parent.crashed(error)
assert parent.has_told(error)
"""


def test_a_process_of_its_own_has_no_parent_to_tell() -> None:
    in_hand(["a/0-0"])
    assert not is_supervised() and not has_told(ValueError())


def test_a_child_tells_its_runs_and_its_end(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    code = _SAYS.format(folder=str(tmp_path), variable=VARIABLE)
    environment = {**os.environ, **for_child(writing, tmp_path, "call")}
    child = subprocess.run(
        [sys.executable, "-c", code], env=environment, pass_fds=[writing], text=True, capture_output=True, check=True
    )
    os.close(writing)
    with os.fdopen(reading) as said:
        unit, runs, crash = map(json.loads, said)
    assert child.stdout.split() == ["True", "True", "False", "call"]
    assert unit == {"unit": "a-0"} and runs == {"runs": ["a/0-0"]}
    assert crash["crash"] == "the memory was full" and "<module>" in crash["place"]


def test_a_variable_of_another_process_is_ignored(tmp_path: Path) -> None:
    code = "from radtl_tf.records.safety.parent import is_supervised; print(is_supervised())"
    environment = {**os.environ, VARIABLE: json.dumps([1 << 30, 5, str(tmp_path), ""])}
    child = subprocess.run([sys.executable, "-c", code], env=environment, text=True, capture_output=True, check=True)
    assert child.stdout == "False\n"


@pytest.mark.parametrize("variable", ["for_child(1, None, '')", "for_command()"])
def test_a_child_dies_with_its_parent(variable: str) -> None:
    inner = "from radtl_tf.records.safety.parent import end_with_parent as end; end(); print(1, flush=True); input()"
    outer = (
        "import os, subprocess, sys; from pathlib import Path; from radtl_tf.records.safety.parent import *\n"
        f"child = subprocess.Popen([sys.executable, '-c', {inner!r}], stdin=-1, stdout=-1, pass_fds=[1],"
        f" env={{**os.environ, **{variable}}})\n"
        "child.stdout.readline(); print(child.pid, flush=True); input()"
    )
    parent = subprocess.Popen([sys.executable, "-c", outer], stdin=-1, stdout=-1, text=True)
    assert parent.stdout
    child = int(parent.stdout.readline())
    os.kill(child, 0)
    parent.send_signal(signal.SIGKILL)
    parent.communicate()
    for _ in range(100):
        state = Path(f"/proc/{child}/stat")
        if not state.exists() or state.read_text().rsplit(")", 1)[1].split()[0] == "Z":
            return
        time.sleep(0.05)
    raise AssertionError("the child still runs")
