"""Exit codes and output of a command that is stopped by a signal."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading

import pytest

from radtl_tf.cli.interrupts import Interrupted, stoppable

_VERB = """
import signal, time
import radtl_tf.cli.interrupts
from radtl_tf.cli.main import main
radtl_tf.cli.interrupts.GRACE = {grace}
def sleep():
    print("waiting", flush=True)  # inside the block that the signal has to meet
    time.sleep(60)
def verb(**_):
    {body}
main.commands["doctor"].callback = verb
main(["doctor", *{words}])
"""
_SWALLOWED = """
    try:
        sleep()
    except KeyboardInterrupt as error:
        raise ValueError("wrapped by a library") from error
"""


def stopped(number: int, body: str = "sleep()", words: tuple[str, ...] = (), grace: float = 60) -> tuple[int, str, str]:
    """Send a signal to a verb that runs ``body``; return its exit code, stdout after the first line, and stderr."""
    code = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"  # ignored in the background
    code += _VERB.format(body=body, words=words, grace=grace)
    process = subprocess.Popen([sys.executable, "-c", code], stdout=-1, stderr=-1, text=True)
    assert process.stdout and process.stdout.readline() == "waiting\n"
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    return process.returncode, out, err


@pytest.mark.parametrize("body", ["sleep()", _SWALLOWED])
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_is_one_line_and_its_own_exit_code(number: int, code: int, body: str) -> None:
    returned, out, err = stopped(number, body)
    assert (returned, out, err.count("\n")) == (code, "", 1)
    assert err.startswith("Interrupted")


def test_with_json_it_is_an_object_too() -> None:
    returned, out, _ = stopped(signal.SIGTERM, words=("--json",))
    assert (returned, json.loads(out)["error"]["type"]) == (143, "Interrupted")


def test_a_second_signal_ends_the_process_at_once() -> None:
    body = """
    try:
        sleep()
    finally:
        signal.raise_signal(signal.SIGINT)
        time.sleep(60)
"""
    assert stopped(signal.SIGINT, body)[0] == -signal.SIGINT  # which a shell shows as 130


def test_a_signal_that_is_swallowed_ends_the_process_after_a_while() -> None:
    body = """
    try:
        sleep()
    except KeyboardInterrupt:
        time.sleep(60)
"""
    returned, _, err = stopped(signal.SIGTERM, body, grace=0.1)
    assert (returned, err.count("\n")) == (-signal.SIGTERM, 1)


def test_handlers_are_given_back_where_nothing_came() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with stoppable():
        assert signal.getsignal(signal.SIGTERM) is not before
    assert signal.getsignal(signal.SIGTERM) is before


def test_an_ignored_signal_stays_ignored() -> None:
    before = signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        with stoppable():
            os.kill(os.getpid(), signal.SIGTERM)
    finally:
        signal.signal(signal.SIGTERM, before)


def test_other_threads_run_without_handlers() -> None:
    done: list[bool] = []

    def run() -> None:
        with stoppable():
            done.append(True)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert done == [True]


def test_the_exit_code_is_128_and_the_signal() -> None:
    assert [Interrupted(number).exit_code for number in (signal.SIGINT, signal.SIGTERM)] == [130, 143]
