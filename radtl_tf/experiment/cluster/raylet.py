"""What Ray runs on a machine of the cluster: the command of one work unit, and nothing else.

Arguments and result are plain values, so that nothing but names and numbers travels.
"""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from radtl_tf.records.safety.parent import for_command

LOGS = "ray"  # in the output folder: what each unit has printed
GRACE = 15.0  # seconds for a command to end in order
_NOT_OURS = ("RAY_AUTH_TOKEN", "OMP_NUM_THREADS", "RADTL_RUN_")  # of Ray, set by Ray, options of another command


LATE = "its time was up"


def start_unit(
    words: Sequence[str], folder: str, unit: str, seconds: float, settings: Mapping[str, str]
) -> tuple[int | None, str]:
    """Run the command of a work unit to its end, for at most ``seconds``; return its exit code and ``""``.

    ``words`` are the command, ``folder`` is the output folder, on a disk that all machines share, and ``settings`` are
    environment variables. The command ends with this process. If it ran out of time or could not be started, there is
    no exit code but a reason.
    """
    host = platform.node()
    if not Path(folder).is_dir():
        return None, f"{host} does not see {folder}: the output folder must be on a disk that all machines share"
    log = Path(folder) / LOGS / f"{unit}.log"
    own = {name: value for name, value in os.environ.items() if not name.startswith(_NOT_OURS)}
    try:
        log.parent.mkdir(exist_ok=True)
        with log.open("a", encoding="utf-8") as stream:
            stream.write(f"{unit} on {host}\n")
            stream.flush()
            command = subprocess.Popen(
                words,
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=stream,
                env={**own, **settings, **for_command()},
            )
    except OSError as error:
        return None, f"{host}: {error.filename or log}: {error.strerror}"
    try:
        return command.wait(seconds), ""
    except subprocess.TimeoutExpired:
        return None, LATE
    finally:
        _stop(command)


def _stop(command: subprocess.Popen[bytes]) -> None:
    """End a command that still runs: in order, or after a grace at once."""
    if command.poll() is None:
        command.terminate()
        with suppress(subprocess.TimeoutExpired):
            command.wait(GRACE)
            return
        command.kill()
        command.wait()
