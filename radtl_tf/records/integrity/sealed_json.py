"""JSON files that hold their own checksum, so that a flipped bit or an edit is seen."""

from __future__ import annotations

import difflib
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_KEY = "checksum"
_BYTES = 16


def sealed(value: Mapping[str, Any]) -> dict[str, Any]:
    """Return a JSON object with its BLAKE2b checksum under ``checksum``, in place of an earlier one."""
    content = {name: each for name, each in value.items() if name != _KEY}
    return {**content, _KEY: digest_of(content)}


def is_intact(value: Mapping[str, Any]) -> bool:
    """Tell whether an object agrees with its checksum. One of an earlier version, without a checksum, counts as intact.

    >>> is_intact(sealed({"run": "a"})), is_intact({**sealed({"run": "a"}), "run": "b"}), is_intact({"run": "a"})
    (True, False, True)
    """
    if _KEY not in value:
        return not difflib.get_close_matches(_KEY, value, cutoff=0.8)  # the name of the key may be what is damaged
    return bool(sealed(value)[_KEY] == value[_KEY])


def is_sealed(value: Mapping[str, Any]) -> bool:
    """Tell whether an object has a checksum; objects of earlier versions have none."""
    return _KEY in value


def digest_of(value: Any) -> str:
    """Return 32 hexadecimal characters that identify JSON values, whatever the order of their keys."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False)
    return hashlib.blake2b(text.encode(), digest_size=_BYTES).hexdigest()


def intact_object(path: Path) -> dict[str, Any] | None:
    """Return the JSON object of a file, or ``None`` if it is missing, damaged or no object."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return value if isinstance(value, dict) and is_intact(value) else None
