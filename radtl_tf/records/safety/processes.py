"""Name processes across hosts and tell whether they still run."""

from __future__ import annotations

import os
import platform
import re
from functools import cache
from pathlib import Path

_NAMESPACE = Path("/proc/self/ns/pid")  # two containers with one host name have different process numbers


@cache
def this_place() -> str:
    """Return a name for the processes that this one can see: the host and, on Linux, the process namespace.

    It has letters, digits and hyphens only.
    """
    host = re.sub(r"[^A-Za-z0-9-]", "-", platform.node())[:32]
    try:
        number = re.sub(r"\D", "", os.readlink(_NAMESPACE))
    except OSError:
        return host
    return f"{host}-{number}"


def is_alive(process: int, since: float) -> bool:
    """Return whether a process of this host runs that had started by ``since``, in seconds of the epoch.

    A later process may have got the same number.
    """
    import psutil  # takes as long to import as the rest of a light command

    try:
        found = psutil.Process(process)
        return found.status() != psutil.STATUS_ZOMBIE and found.create_time() <= since + 1  # clocks have ticks
    except psutil.NoSuchProcess:
        return False
    except psutil.Error:  # another user's process
        return True
