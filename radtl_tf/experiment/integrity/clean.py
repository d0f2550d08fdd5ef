"""List and remove what nothing needs in an output folder and in the user's cache."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from radtl_tf.data.embeddings.kept import key_of
from radtl_tf.errors import OutputError
from radtl_tf.records.experiment_facts import read_written
from radtl_tf.records.folder import OutputFolder
from radtl_tf.records.integrity.sealed_json import intact_object
from radtl_tf.records.runs import EMBEDDINGS
from radtl_tf.records.safety.leftovers import is_left_over
from radtl_tf.records.safety.lock import holder_of, workers_of

_DAY = 24 * 3600.0  # seconds
_KEY, _SUMS = "key.json", "checksums.json"  # of an entry of cached features


@dataclass(frozen=True)
class Leftover:
    """A file or folder that nothing needs, why, and its size in bytes."""

    path: Path
    reason: str
    size: int

    def as_dict(self) -> dict[str, Any]:
        """Return JSON values."""
        return {"path": str(self.path), "reason": self.reason, "bytes": self.size}


def leftovers_of(folder: Path) -> list[Leftover]:
    """Return what nothing needs in an output folder: leftovers of ended processes, and what belongs to other data.

    Raises:
        OutputError: the folder holds no experiment or a damaged one, or a process is writing it.
    """
    output = OutputFolder(folder)
    written = read_written(output.experiment)
    _refuse_in_use(folder)
    found = [
        *_parts(folder),
        *_data_sets(output, written.get("data_set")),
        *_pixels(output, written),
        *_vectors(output, written),
    ]
    return [_leftover(path, reason) for path, reason in found]


def leftovers_in_cache(cache: Path) -> list[Leftover]:
    """Return what nothing needs in the folder of the cache: leftovers, and features and images of other versions."""
    return [_leftover(path, reason) for path, reason in [*_parts(cache), *_entries(cache)]]


def remove(found: Iterable[Leftover]) -> int:
    """Remove the files and folders ``found``; return the bytes that are free now.

    Raises:
        OutputError: one of them cannot be removed.
    """
    freed = 0
    for each in found:
        try:
            shutil.rmtree(each.path) if each.path.is_dir() else each.path.unlink(missing_ok=True)
        except OSError as error:
            raise OutputError(f"{each.path}: cannot be removed ({error.strerror}).") from error
        freed += each.size
    return freed


def _refuse_in_use(folder: Path) -> None:
    holder = next(iter(workers_of(folder).values()), holder_of(folder))
    if holder is not None:
        raise OutputError(f"{folder} is in use by {holder}: wait until it ends, then clean the folder.")


def _parts(folder: Path) -> Iterator[tuple[Path, str]]:
    """Yield temporary files and folders, and half-built data sets, that no process writes any more."""
    for path in sorted(folder.rglob(".*.part")):
        inside = any(parent.suffix == ".part" for parent in path.relative_to(folder).parents)
        if not inside and is_left_over(path, time.time()):
            yield path, "left by a process that has ended"
    for pattern in ("data/**/incomplete.*", "data/**/.*.shards"):
        for path in sorted(folder.glob(pattern)):
            if _age(path) > _DAY:
                yield path, "half-built data set"


def _data_sets(output: OutputFolder, used: str | None) -> Iterator[tuple[Path, str]]:
    """Yield the data sets of other images or labels; none if the experiment does not say which one it uses."""
    if used is None or not (output.root / used).is_dir():
        return
    for place in sorted(output.data.glob("*/*/[0-9]*/dataset_info.json")):
        if place.parent != output.root / used:
            yield place.parent.parent, "data set of earlier images or labels"


def _pixels(output: OutputFolder, written: dict[str, Any]) -> Iterator[tuple[Path, str]]:
    """Yield decoded pixels of another size."""
    experiment = written["experiment"]
    sizes = experiment.get("grid", {}).get("image_sizes") or [experiment["training"]["image_size"]]
    for path in sorted(output.data.glob("pixels-*.npy")):
        if path not in map(output.pixels, sizes):
            yield path, "decoded images of another size"
            sidecar = path.with_name(f"{path.name}.json")
            if sidecar.exists():
                yield sidecar, "decoded images of another size"


def _vectors(output: OutputFolder, written: dict[str, Any]) -> Iterator[tuple[Path, str]]:
    """Yield embeddings that were brought in for other images, or from other files."""
    brought = [one["sha256"] for one in written.get("weights", ()) if one["backbone"] == EMBEDDINGS]
    own = {output.vectors(key_of(sha256, written["data"]["sha256"])).name for sha256 in brought}
    own |= {f"embeddings-{sha256[:16]}.npz" for sha256 in brought}  # written from memory
    for path in sorted(output.data.glob("embeddings-*.np[yz]")):
        if path.name not in own:
            yield path, "embeddings of earlier images or files"


def _entries(cache: Path) -> Iterator[tuple[Path, str]]:
    """Yield cached features and images that no call can use any more: without checksums, or of other versions."""
    now = {name: version(name) for name in ("tensorflow", "keras")}
    for key in sorted(cache.glob(f"[!.]*/{_KEY}")):
        recorded = (intact_object(key) or {}).get("versions")
        if not (key.parent / _SUMS).exists():
            yield key.parent, "features without checksums, from an earlier version"
        elif recorded != now:
            yield key.parent, "of other versions of TensorFlow or Keras"


def _leftover(path: Path, reason: str) -> Leftover:
    files = [path] if path.is_file() else [file for file in path.rglob("*") if file.is_file()]
    return Leftover(path, reason, sum(file.stat().st_size for file in files))


def _age(path: Path) -> float:
    """Return the seconds since the last change of an entry or of any file in it."""
    try:
        newest = max(each.lstat().st_mtime for each in (path, *path.rglob("*")))
    except OSError:
        return 0.0
    return time.time() - newest
