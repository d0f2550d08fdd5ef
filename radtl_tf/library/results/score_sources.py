"""Find the images to score: files, folders, manifests, and the rows of a Dataset, in the order of the input."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, TypeGuard, Union, cast

from radtl_tf.data.manifest.folders import image_files
from radtl_tf.data.manifest.reader import Manifest, read_manifest
from radtl_tf.errors import DataError

if TYPE_CHECKING:
    from radtl_tf.library.data.dataset import Dataset

MANIFESTS = (".csv", ".tsv", ".xlsx", ".parquet")  # endings of the tables that name images
_MISSING = "the file does not exist."
Images = Union["Dataset", str, os.PathLike[str], Iterable[str | os.PathLike[str]]]


@dataclass(frozen=True)
class Source:
    """One input: its name in the table of scores, its file, and the fault of one that cannot be opened."""

    name: str | int
    path: Path
    fault: str | None = None


def find_sources(images: Images, path_column: str | None = None) -> list[Source]:
    """Return every image: the files below folders, the rows of manifests or of a Dataset.

    A path that does not exist is a source with a fault, and so is a row of a manifest without an image. A manifest is a
    table with one of the endings ``MANIFESTS``; ``path_column`` names its column of the paths.

    Raises:
        DataError: no path exists, folders contain no image, a manifest cannot be read, or a Dataset has no files.
    """
    if is_dataset(images):
        return _of_manifest(manifest_behind(images), range(len(images)))
    given = [images] if isinstance(images, (str, os.PathLike)) else cast(Iterable[str | os.PathLike[str]], images)
    paths = [Path(path).expanduser() for path in given]
    found: list[Source] = []
    for is_manifest, group in groupby(paths, is_table):
        for each in [[path] for path in group] if is_manifest else [list(group)]:
            found += _of_table(each[0], path_column) if is_manifest else _of_paths(each)
    if paths and not any(path.exists() for path in paths):
        raise DataError(f"{paths[0]} does not exist.")
    return found


def is_dataset(images: Images) -> TypeGuard[Dataset]:
    """Tell whether the images are a Dataset, whose module takes seconds to import, so it is not for a path."""
    if isinstance(images, (str, os.PathLike, list, tuple)):
        return False
    from radtl_tf.library.data.dataset import Dataset

    return isinstance(images, Dataset)


def is_table(path: Path) -> bool:
    """Tell whether a path names a manifest, by its ending."""
    return path.suffix.lower() in MANIFESTS and not path.is_dir()


def manifest_behind(data: Dataset) -> Manifest:
    """Return the table of files behind ``data``.

    Raises:
        DataError: it is a TFDS data set.
    """
    source = data.source
    if not isinstance(source, Manifest):
        raise DataError("a model is tested on a table of image files, not on a TFDS data set: use Dataset.from_csv.")
    return source


def _of_paths(paths: Sequence[Path]) -> list[Source]:
    """Return the images of files and folders; the images of neighboring folders are reported together."""
    found: list[Source] = []
    for exists, group in groupby(paths, Path.exists):
        if exists:
            found += [Source(str(file), file) for file in image_files(group, show_names=True)]
        else:
            found += [Source(str(path), path, _MISSING) for path in group]
    return found


def _of_table(path: Path, path_column: str | None) -> list[Source]:
    """Return the rows of a manifest, named as their cells."""
    manifest = read_manifest(path, collect=True, path_column=path_column)
    table = manifest.table if manifest.written is None else manifest.written
    return _of_manifest(manifest, table[manifest.path_column].tolist())


def _of_manifest(manifest: Manifest, names: Iterable[str | int]) -> list[Source]:
    images = zip(names, manifest.images, strict=True)
    return [Source(name, image.path, manifest.faults.get(row)) for row, (name, image) in enumerate(images)]
