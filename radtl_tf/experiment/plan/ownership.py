"""Protect an output folder: once a run is finished, only the same experiment may use it."""

from __future__ import annotations

import re
import shutil
from typing import Any

from radtl_tf.errors import OutputError
from radtl_tf.records.experiment import Experiment
from radtl_tf.records.experiment_facts import EARLIER_DEFAULTS, read_written
from radtl_tf.records.folder import OutputFolder
from radtl_tf.records.integrity.sealed_json import intact_object
from radtl_tf.records.reader import as_dict
from radtl_tf.records.safety.lock import workers_of

PATHS = ("experiment.task.manifest", "experiment.task.images", "experiment.task.dataset")
_FILES = re.compile(r"experiment\.weights\..+\.(files\..+|embeddings)")
_LATER = re.compile(
    r"experiment\.(weights\..+\.(use|backbones)|grid\.image_sizes)"
)  # keys that earlier versions did not have
REDONE = "experiment.evaluation"  # may change after the runs: it says what is evaluated, not what is trained


def is_begun(folder: OutputFolder) -> bool:
    """Return whether a run of a known experiment is finished, or a process trains one of its work units.

    Before that, any experiment may use the folder.
    """
    return bool(folder.finished() or workers_of(folder.root)) and intact_object(folder.experiment) is not None


def is_same(folder: OutputFolder, facts: dict[str, Any]) -> bool:
    """Return whether ``experiment.json`` is of the experiment with these ``facts``."""
    written = intact_object(folder.experiment) or {}
    return comparable({key: written.get(key) for key in facts}) == comparable(facts)


def refuse_other(folder: OutputFolder, record: dict[str, Any]) -> None:
    """Refuse an output folder whose ``experiment.json`` differs from ``record``, except in ``REDONE`` and in paths.

    Raises:
        OutputError: naming the first value that differs.
    """
    if not folder.experiment.exists():
        return
    written = read_written(folder.experiment)
    for key, value in record.items():
        change = _first_change(_with_earlier_defaults(written.get(key), value), value, key)
        if change:
            raise OutputError(f"{folder.root} holds another experiment ({change}): choose another output folder.")


def refuse_other_experiment(folder: OutputFolder, experiment: Experiment) -> None:
    """Refuse an output folder that was prepared for another experiment; ``auto`` has become a batch size there.

    Raises:
        OutputError: naming the first value that differs.
    """
    wanted = as_dict(experiment)
    if experiment.training.batch_size == "auto":
        size = read_written(folder.experiment)["experiment"]["training"]["batch_size"]
        wanted = {**wanted, "training": {**wanted["training"], "batch_size": size}}
    refuse_other(folder, {"experiment": wanted})


def _with_earlier_defaults(old: Any, new: Any) -> Any:
    """Return a recorded experiment with what its version did without saying so, where ``new`` says it."""
    if not isinstance(old, dict) or not isinstance(new, dict):
        return old
    filled = dict(old)
    for table, keys in EARLIER_DEFAULTS.items():
        if isinstance(old.get(table), dict) and isinstance(new.get(table), dict):
            filled[table] = {key: value for key, value in keys.items() if key in new[table]} | old[table]
    return filled


def comparable(facts: dict[str, Any]) -> dict[str, Any]:
    """Return facts without what may change after the runs: the evaluation, and where data and weights lie."""
    return _without(facts, "")


def _without(value: Any, place: str) -> Any:
    if not isinstance(value, dict):
        return value
    inside = {key: f"{place}.{key}".removeprefix(".") for key in value}
    kept = [key for key in value if inside[key] != REDONE and not _is_path(inside[key])]
    kept = [key for key in kept if value[key] or not _LATER.fullmatch(inside[key])]
    return {key: _without(value[key], inside[key]) for key in kept}


def _is_path(place: str) -> bool:
    """Tell whether a key says where something lies; what lies there is compared by its sha256."""
    return place in PATHS or bool(_FILES.fullmatch(place))


def start_over(folder: OutputFolder) -> None:
    """Remove files of an experiment that is about to be replaced, if they would be used again or shown.

    The data set, its pixels and the key of the hashes stay; each is used again only for the same data.
    """
    files = (folder.prepared, folder.baselines, folder.inputs, folder.image_hashes, folder.metadata)
    for file in (*files, folder.predictions, folder.similarity):
        file.unlink(missing_ok=True)
    for place in (folder.tensorboard, folder.saliency, folder.images, folder.refits):
        shutil.rmtree(place, ignore_errors=True)


def _first_change(old: Any, new: Any, place: str) -> str:
    """Return the first difference, or ""; a key that ``old`` lacks counts as equal if it is empty now."""
    if place == REDONE or _is_path(place):
        return ""
    if isinstance(old, dict) and isinstance(new, dict):
        changes = (_first_change(old.get(key), new.get(key), f"{place}.{key}") for key in {**old, **new})
        return next(filter(None, changes), "")
    same = old == new or (old is None and not new)
    return "" if same else f"{place.removeprefix('experiment.')}: {old!r} in the folder, {new!r} now"
