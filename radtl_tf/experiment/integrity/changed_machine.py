"""Refuse to add runs to a folder whose finished runs were trained with other software or hardware."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from radtl_tf.errors import OutputError
from radtl_tf.logs import get_logger
from radtl_tf.records.experiment import Determinism
from radtl_tf.records.folder import OutputFolder
from radtl_tf.records.integrity.machine_facts import changes
from radtl_tf.records.integrity.sealed_json import intact_object
from radtl_tf.records.prepared import Prepared

_log = get_logger(__name__)


def check_machine(folder: OutputFolder, context: Mapping[str, Any], determinism: Determinism, *, allowed: bool) -> None:
    """Compare ``context`` (versions and hardware of this call) with the context of every finished run.

    ``allowed`` accepts a difference with a line in the log; the report then names it.

    Raises:
        OutputError: they differ in a fact that matters under ``determinism``.
    """
    start = intact_object(folder.experiment) or {}
    records = (intact_object(run.record) or {} for run in folder.finished())
    seen = Counter(
        change
        for record in records
        for change in changes(record if "versions" in record else start, context, determinism)
    )
    if not seen:
        return
    what = "; ".join(seen)
    if allowed:
        _log.warning(f"The finished runs have {what}. The remaining runs are added anyway; the report says so")
        return
    raise OutputError(
        f"{folder.root}: the finished runs have {what} (determinism = {determinism!r}). Runs of both cannot be "
        "compared. Go back to what the finished runs had, choose another output folder, or allow the change "
        "(allow_changed)."
    )


def check_prepared(folder: OutputFolder, prepared: Prepared, context: Mapping[str, Any], *, allowed: bool) -> None:
    """Compare ``context`` (versions and hardware of this process) with those of the process that prepared the folder.

    ``allowed`` accepts a difference with a line in the log.

    Raises:
        OutputError: they differ in a fact that matters under the experiment's ``determinism``.
    """
    determinism: Determinism = prepared.facts["experiment"]["training"]["determinism"]
    what = "; ".join(changes({"versions": prepared.versions, "hardware": prepared.hardware}, context, determinism))
    if what and allowed:
        _log.warning(f"The experiment was prepared with {what}. Its runs are trained here anyway; the report says so")
    elif what:
        raise OutputError(
            f"{folder.root} was prepared with {what} (determinism = {determinism!r}). Runs of both cannot be compared. "
            "Prepare it on a machine like the workers before the first run, or allow the change (allow_changed)."
        )
