"""Naming processes and telling whether they run."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time

from radtl_tf.records.safety.processes import is_alive, this_place


def test_the_place_fits_into_a_file_name() -> None:
    assert re.fullmatch(r"[A-Za-z0-9-]+", this_place())


def test_a_process_lives_until_it_ends() -> None:
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=-1)
    assert is_alive(process.pid, time.time())
    process.kill()
    process.communicate()
    assert not is_alive(process.pid, time.time())


def test_a_dead_process_that_nobody_has_waited_for_does_not_live() -> None:
    process = subprocess.Popen([sys.executable, "-c", "pass"], stdout=-1)
    assert process.stdout and process.stdout.read() == b""
    time.sleep(0.1)
    assert not is_alive(process.pid, time.time())
    process.communicate()


def test_a_later_process_with_the_same_number_is_another_one() -> None:
    assert is_alive(os.getpid(), time.time())
    assert not is_alive(os.getpid(), 1000.0)
