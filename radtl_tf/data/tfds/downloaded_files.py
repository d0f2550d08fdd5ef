"""Find, check and read the files of published data sets that a user has downloaded by hand."""

from __future__ import annotations

import csv
import hashlib
import json
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import tensorflow_datasets as tfds
from PIL import Image

from radtl_tf.data.decoding.grey import check_size, read_file
from radtl_tf.data.manifest.paths import image_at
from radtl_tf.data.manifest.privacy import hashed
from radtl_tf.data.tfds.examples import Row
from radtl_tf.errors import DataError, nearest

_PUBLIC = b"ids of a public data set"  # a fixed key, so that the data set is the same everywhere; the ids are public
_MAX_JSON = 256 << 20  # bytes
_KEPT = 64  # converted files to keep, more than the number that is read ahead


def source_folder(dl_manager: tfds.download.DownloadManager, builder: tfds.core.DatasetBuilder) -> Path:
    """Return the folder with the downloaded files of a data set.

    Raises:
        DataError: it is missing or empty; the message says what to download and where to put it.
    """
    try:
        return Path(dl_manager.manual_dir)
    except AssertionError as error:
        how = " ".join(str(builder.MANUAL_DOWNLOAD_INSTRUCTIONS).split())
        raise DataError(
            f"its files are missing. {how} Put them into {dl_manager._manual_dir}, or set manual_dir to their folder."
        ) from error


def child(folder: Path, *names: str) -> Path:
    """Return the entry of ``folder`` with one of ``names``, in upper or lower case.

    Raises:
        DataError: there is none; the message suggests the nearest name.
    """
    found = sorted(path for path in folder.iterdir()) if folder.is_dir() else []
    wanted = {name.casefold() for name in names}
    match = next((path for path in found if path.name.casefold() in wanted), None)
    if match is None:
        hint = nearest(names[0], [path.name for path in found])
        raise DataError(
            f"{names[0]!r} is missing in the folder {folder.name!r}{hint}: check that the download is complete."
        )
    return match


def read_json(path: Path) -> Any:
    """Return the content of a JSON file.

    Raises:
        DataError: it is not JSON, or larger than 256 MiB.
    """
    data = read_file(path)
    if len(data) > _MAX_JSON:
        raise DataError(f"{path.name} has {len(data) >> 20} MiB, above the limit of {_MAX_JSON >> 20} MiB.")
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path.name} is not valid JSON: download it again.") from error


def value_at(record: Any, *keys: str | int) -> Any:
    """Return the value at nested ``keys`` of a JSON record.

    Raises:
        DataError: a key is missing.
    """
    for key in keys:
        try:
            record = record[key]
        except (KeyError, IndexError, TypeError) as error:
            raise DataError(
                f"an annotation has no {'.'.join(map(str, keys))!r}: check that the download is complete."
            ) from error
    return record


def read_csv(path: Path, *columns: str) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield line and cells of each row of a CSV file, one at a time.

    Raises:
        DataError: one of ``columns`` is missing, or a row has too few cells.
    """
    with open(path, encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        missing = [name for name in columns if name not in (reader.fieldnames or [])]
        if missing:
            raise DataError(f"{path.name} has no column {missing[0]!r}{nearest(missing[0], reader.fieldnames or [])}.")
        for row in reader:
            if any(row[name] is None for name in columns):
                raise DataError(f"{path.name}: line {reader.line_num} has too few cells: download the file again.")
            yield reader.line_num, row


def row_of(root: Path, relative: str, line: int, label: Any, patient: str, **metadata: str) -> Row:
    """Return the Row of the image at ``relative``, which may not leave ``root``; ``patient`` is an id.

    Raises:
        DataError: there is no such image; the message names ``line``.
    """
    try:
        source = image_at(relative, line, root.resolve())
    except DataError as error:
        raise DataError(f"line {line}: {error}") from error
    return Row(source, label, public_hash(patient), {name: value for name, value in metadata.items() if value})


def public_hash(patient: str) -> str:
    """Return the hash of a patient id that is already public."""
    return hashed(patient, _PUBLIC)


def content_hash(path: Path) -> str:
    """Return a hash of a file's content. It replaces a missing patient id, so that copies stay together."""
    return hashlib.sha256(read_file(path)).hexdigest()


def as_png(rows: Iterable[Row], folder: Path) -> Iterator[Row]:
    """Yield the rows with their images (also BMP or TIFF) as PNG files in ``folder``; older files are removed.

    Raises:
        DataError: an image is too large or damaged.
    """
    kept: deque[Path] = deque()
    for number, row in enumerate(rows):
        path = folder / f"{number}.png"
        _convert(row.source.path, path, row.source.line)
        kept.append(path)
        if len(kept) > _KEPT:
            kept.popleft().unlink()
        yield replace(row, source=image_at(path.name, row.source.line, folder.resolve()))


def _convert(source: Path, target: Path, line: int) -> None:
    try:
        with Image.open(source, formats=("BMP", "PNG", "JPEG", "TIFF")) as image:
            check_size(image.height, image.width)
            image.save(target, "PNG", compress_level=1)
    except DataError as error:
        raise DataError(f"line {line}: {error}") from error
    except Exception as error:
        raise DataError(f"line {line}: the image is damaged ({type(error).__name__}).") from error
