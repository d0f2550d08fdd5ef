"""Which settings of an experiment changed after its first finished run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any


def changed_settings(written: Mapping[str, Any], current: Mapping[str, Any]) -> Iterator[str]:
    """Yield a text per setting that differs between two contents of ``experiment.json``.

    These are the settings of the evaluation and the accepted warnings: nothing else can change once a run is finished.
    A key that an earlier version did not write counts as equal if it is empty now.

    >>> old, new = ({"experiment": {"evaluation": {"subgroups": given}}} for given in ([], ["sex"]))
    >>> list(changed_settings(old, new))
    ["evaluation.subgroups: [] -> ['sex']"]
    """
    before, now = (_settings(facts) for facts in (written, current))
    for name in sorted({*before, *now}):
        old, new = before.get(name), now.get(name)
        if old != new and (old or new):
            yield f"{name}: {old!r} -> {new!r}"


def _settings(facts: Mapping[str, Any]) -> dict[str, Any]:
    evaluation = facts["experiment"].get("evaluation") or {}
    accepted = (facts.get("check") or {}).get("accepted", [])
    return {f"evaluation.{name}": value for name, value in evaluation.items()} | {"accepted warnings": accepted}
