"""Whose an output folder is: nobody's until a run is finished, from then on that of its experiment."""

from __future__ import annotations

import shutil
from typing import Any

from radtl_tf.errors import OutputError
from radtl_tf.records.disk import read_json
from radtl_tf.records.experiment_facts import EARLIER_DEFAULTS
from radtl_tf.records.folder import OutputFolder

REDONE = "experiment.evaluation"  # may change when the runs are done: it says what is evaluated, not what is trained


def is_begun(folder: OutputFolder) -> bool:
    """Tell whether a run is finished; a dry run, or a call that ended before the first one was, binds nobody."""
    return folder.experiment.exists() and bool(folder.finished())


def refuse_other(folder: OutputFolder, record: dict[str, Any]) -> None:
    """Refuse an output folder whose ``experiment.json`` differs from ``record`` in one of its keys, but for ``REDONE``.

    Raises:
        OutputError: naming the first value that differs.
    """
    if not folder.experiment.exists():
        return
    written = read_json(folder.experiment)
    for key, value in record.items():
        change = _first_change(_with_earlier_defaults(written.get(key), value), value, key)
        if change:
            raise OutputError(f"{folder.root} holds another experiment ({change}): choose another output.")


def _with_earlier_defaults(old: Any, new: Any) -> Any:
    """Return a recorded experiment with what its version did without saying so, where ``new`` says it."""
    if not isinstance(old, dict) or not isinstance(new, dict):
        return old
    filled = dict(old)
    for table, keys in EARLIER_DEFAULTS.items():
        if isinstance(old.get(table), dict) and isinstance(new.get(table), dict):
            filled[table] = {key: value for key, value in keys.items() if key in new[table]} | old[table]
    return filled


def start_over(folder: OutputFolder) -> None:
    """Remove what depends on an experiment that is about to be replaced and would be used again, or shown.

    The data set, its pixels and the key of the hashes stay: each is used again only where it is of the same data.
    """
    for file in (folder.baselines, folder.inputs, folder.predictions, folder.similarity):
        file.unlink(missing_ok=True)
    for place in (folder.tensorboard, folder.saliency):
        shutil.rmtree(place, ignore_errors=True)


def _first_change(old: Any, new: Any, place: str) -> str:
    """Say what differs; a key that the version which wrote ``old`` did not know is no change where it is empty now."""
    if place == REDONE:
        return ""
    if isinstance(old, dict) and isinstance(new, dict):
        changes = (_first_change(old.get(key), new.get(key), f"{place}.{key}") for key in {**old, **new})
        return next(filter(None, changes), "")
    same = old == new or (old is None and not new)
    return "" if same else f"{place.removeprefix('experiment.')}: {old!r} there, {new!r} now"
