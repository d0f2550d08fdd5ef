"""Compare the software and hardware of two runs: which differences make their results incomparable."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from radtl_tf.records.experiment import Determinism

_EXACT = ("tensorflow", "keras", "numpy", "scikit-learn")  # under "strict"
_MINOR = ("tensorflow", "keras")
_OWN = "radtl_tf"  # a patch version changes no number (docs/stability.md)
_HARDWARE: dict[str, tuple[str, ...]] = {
    "off": ("precision",),
    "seeded": ("precision", "gpus", "onednn"),
    "strict": ("precision", "gpus", "onednn", "cpu", "threads"),
}
_WORDS = {"gpus": "GPUs", "cpu": "CPU", "onednn": "oneDNN", "threads": "threads", "precision": "precision"}


def compared(context: Mapping[str, Any], determinism: Determinism) -> dict[str, str]:
    """Return the facts that two runs must share, by name, from the records ``versions`` and ``hardware``.

    A fact that was not recorded is left out. docs/decisions/0022-integrity.md gives the reason for each.

    >>> compared({"versions": {"keras": "3.15.1"}, "hardware": {"precision": "float32", "threads": 2}}, "seeded")
    {'keras': '3.15', 'precision': 'float32'}
    """
    versions, hardware = context.get("versions") or {}, context.get("hardware") or {}
    exact, short = (_EXACT, (_OWN,)) if determinism == "strict" else ((), (_OWN, *_MINOR))
    found = {name: _minor(versions[name]) for name in short if name in versions}
    found |= {name: str(versions[name]) for name in exact if name in versions}
    return found | {_WORDS[name]: _text(hardware[name]) for name in _HARDWARE[determinism] if name in hardware}


def changes(old: Mapping[str, Any], new: Mapping[str, Any], determinism: Determinism) -> list[str]:
    """Return each fact that differs between two contexts, as ``keras 3.14, now 3.15``; no facts that one lacks."""
    before, now = compared(old, determinism), compared(new, determinism)
    return [f"{name} {before[name]}, now {now[name]}" for name in before if name in now and before[name] != now[name]]


def _minor(version: str) -> str:
    return ".".join(str(version).split(".")[:2])


def _text(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return ", ".join(map(str, value)) or "none"
    return {True: "on", False: "off"}.get(value, str(value)) if isinstance(value, bool) else str(value)
