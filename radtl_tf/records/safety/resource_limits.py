"""Limits that a process sets for itself before it opens a file of a stranger."""

from __future__ import annotations

import sys
from pathlib import Path


def limit_process(memory: int, **others: int) -> None:
    """Limit this process to its present memory plus ``memory`` bytes, forbid core files, and set ``others``.

    ``others`` are named as in ``resource`` without ``RLIMIT_``, such as ``CPU`` (seconds) or ``FSIZE`` (bytes). A limit
    that the system does not let us set is left as it is. Windows has none of them.
    """
    if sys.platform == "win32":
        return
    import resource

    for name, limit in {"AS": _used() + memory, "CORE": 0, **others}.items():
        what = getattr(resource, f"RLIMIT_{name}")
        hard = resource.getrlimit(what)[1]
        lowest = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
        try:
            resource.setrlimit(what, (lowest, lowest))
        except (ValueError, OSError):  # macOS does not let RLIMIT_AS be lowered below what is mapped
            continue


def _used() -> int:
    """Return the bytes of addresses that this process uses; 2 GiB where the system does not tell."""
    import resource

    statm = Path("/proc/self/statm")
    return int(statm.read_text().split()[0]) * resource.getpagesize() if statm.exists() else 2**31
