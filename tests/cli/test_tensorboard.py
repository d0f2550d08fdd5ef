"""The verb that opens TensorBoard."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from radtl_tf.training.tensorboard.event_file import EventFile, scalar

_CALL = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler);"  # ignored in the background
_CALL += "import sys; from radtl_tf.cli.main import main; main(sys.argv[1:])"


@pytest.fixture
def events(tmp_path: Path) -> Path:
    with EventFile(tmp_path / "out" / "tensorboard" / "one", "run") as file:
        file.write([scalar("loss", 0.25)], 1)
    return tmp_path / "out"


@pytest.fixture
def server(events: Path) -> Iterator[subprocess.Popen[str]]:
    words = ["tensorboard", str(events), "--port", "0", "--host", "127.0.0.1"]
    process = subprocess.Popen([sys.executable, "-c", _CALL, *words], stdout=-1, stderr=-1, text=True)
    with process:
        yield process
        process.kill()


@pytest.mark.slow
def test_it_serves_the_runs_until_it_is_interrupted(server: subprocess.Popen[str], events: Path) -> None:
    assert server.stdout
    address = server.stdout.readline().strip()
    assert address.startswith("http://127.0.0.1:")
    assert json.load(urllib.request.urlopen(f"{address}data/runs", timeout=60)) == ["one"]
    words = ["tensorboard", str(events), "--host", "127.0.0.1", "--port", address.rstrip("/").rpartition(":")[2]]
    taken = subprocess.run([sys.executable, "-c", _CALL, *words], capture_output=True, text=True, timeout=60)
    assert (taken.returncode, taken.stdout, taken.stderr.count("\n")) == (1, "", 1)
    server.send_signal(signal.SIGINT)
    _, err = server.communicate(timeout=30)
    assert server.returncode == 130
    assert "Traceback" not in err


def test_a_folder_without_events_is_one_line(tmp_path: Path, radtl: Any) -> None:
    result = radtl("tensorboard", tmp_path)
    assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (1, "", 1)
