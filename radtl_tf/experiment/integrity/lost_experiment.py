"""Recover an output folder whose ``experiment.json`` is damaged or lost, if its runs belong to the experiment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from radtl_tf.errors import OutputError
from radtl_tf.logs import get_logger
from radtl_tf.records.folder import OutputFolder
from radtl_tf.records.integrity.run_checksums import marker_of
from radtl_tf.records.integrity.sealed_json import digest_of, intact_object

_log = get_logger(__name__)
_IDENTITY, _FIXED = "experiment", "fixed_since"
_CONTEXT = ("versions", "hardware")


def is_lost(folder: OutputFolder) -> bool:
    """Tell whether runs are finished, but ``experiment.json`` is missing or damaged."""
    return bool(folder.finished()) and intact_object(folder.experiment) is None


def identity_of(facts: Mapping[str, Any], fixed_since: str | None) -> dict[str, Any]:
    """Return what ``DONE.json`` records of the experiment: a hash of ``facts`` and the date of the plan."""
    return {_IDENTITY: digest_of(facts), _FIXED: fixed_since}


def recovered(folder: OutputFolder, facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``fixed_since``, ``versions`` and ``hardware`` as the finished runs record them.

    Raises:
        OutputError: a finished run belongs to another experiment, or does not say to which.
    """
    runs = folder.finished()
    markers = [marker_of(run) or {} for run in runs]
    if any(marker.get(_IDENTITY) != digest_of(facts) for marker in markers):
        raise OutputError(
            f"{folder.experiment} is damaged or missing, and the finished runs are not known to belong to this "
            "experiment. Restore the file, or choose another output folder."
        )
    _log.warning("experiment.json is damaged or missing: it is written again; the finished runs agree with it")
    record = intact_object(runs[0].record) or {}
    found = {_FIXED: markers[0].get(_FIXED)} | {name: record.get(name) for name in _CONTEXT}
    return {name: value for name, value in found.items() if value}
