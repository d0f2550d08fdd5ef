"""The content of a valid experiment file, and of files that differ from it."""

from __future__ import annotations

import copy
from typing import Any

VALID: dict[str, Any] = {
    "name": "test",
    "task": {"manifest": "labels.csv", "positive": "sick", "patient": "patient_id"},
    "question": {"compare": ["imagenet", "random"]},
    "grid": {
        "backbones": ["ResNet50"],
        "weights": ["imagenet", "random"],
        "tunings": [{"mode": "frozen", "learning_rates": [0.01]}],
    },
}


def changed(place: str, value: Any) -> dict[str, Any]:
    """Return the valid file with one value set; ``...`` removes it."""
    raw = copy.deepcopy(VALID)
    *parents, key = place.split(".")
    at: Any = raw
    for parent in parents:
        at = at[int(parent)] if isinstance(at, list) else at.setdefault(parent, {})
    if value is ...:
        del at[key]
    else:
        at[key] = value
    return raw
