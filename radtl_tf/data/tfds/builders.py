"""Data sets in the format of TFDS: load a builder, build the data set completely or not at all, read it back."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import io
import os
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
import tensorflow_datasets as tfds
from absl import logging as absl_logging
from tensorflow_datasets.core import shuffle

from radtl_tf.data.check.examined_images import examined, outcomes_of
from radtl_tf.data.check.findings import Examined
from radtl_tf.data.decoding.reading import BY_FILE, BY_TASK, Outcome, Reading
from radtl_tf.data.manifest.cases import Cases
from radtl_tf.data.manifest.labels import Labels, RowLabels, assemble
from radtl_tf.data.manifest.numbers_and_stages import text_of
from radtl_tf.data.manifest.privacy import patient_key
from radtl_tf.data.manifest.reader import Manifest, cases_of, labelled, manifest_of
from radtl_tf.data.tfds.builder_folders import SUFFIX, author_errors, builder_in
from radtl_tf.data.tfds.damaged_data_sets import remove_damaged, write_sums
from radtl_tf.data.tfds.examples import NOT_KNOWN, class_names, reading_from, rows_of
from radtl_tf.errors import DamagedDataSetError, DataError, RadtlError, nearest
from radtl_tf.logs import get_logger
from radtl_tf.places import shipped
from radtl_tf.records.disk import unwritable
from radtl_tf.records.experiment import Task
from radtl_tf.records.safety.lock import waiting

_log = get_logger(__name__)

_DAMAGE = (  # a bit flipped, a file cut, a file gone
    tf.errors.DataLossError,
    tf.errors.FailedPreconditionError,
    tf.errors.OutOfRangeError,
    tf.errors.NotFoundError,
)


def known_datasets() -> list[str]:
    """Return the names of the data sets that ship with the package."""
    return sorted(path.parent.name for path in shipped("datasets").glob(f"*/*{SUFFIX}.py"))


def builder_class(name: str) -> type[tfds.core.DatasetBuilder]:
    """Return the builder class of the data set ``name``.

    Raises:
        DataError: there is no such data set.
    """
    known = known_datasets()
    if name not in known:
        raise DataError(f"unknown data set {name!r}{nearest(name, known)}; there are: {', '.join(known)}.")
    folder = shipped("datasets")
    module = f"{name}.{name}{SUFFIX}"
    with tfds.core.utils.add_sys_path(folder), author_errors(name, module):
        found = tfds.core.community.builder_cls_from_module(module)
    found.pkg_dir_path = tfds.core.Path(folder / name)  # where README, citation and tags are
    return found


def build_manifest(
    manifest: Manifest, cases: Cases, data_dir: Path, task: Task | None = None
) -> tfds.core.DatasetBuilder:
    """Build the data set of a manifest below ``data_dir``, or return an existing complete one.

    The name of its folder is a hash of the content. One with a damaged description is removed and built again.
    ``task`` names the columns of metadata and the depth of the images; without it columns have the names of their
    metadata, and files declare their depth.

    Raises:
        DataError: an image cannot be decoded; the message names its line in the manifest.
        OutputError: the data set cannot be written.
    """
    make: Any = builder_class("radiographs")
    remove_damaged(data_dir / make.name)
    with _quiet(), data_errors(manifest.path.name):
        builder = make.of(
            rows_of(manifest, cases, task),
            cases.classes,
            multilabel=cases.kind == "multilabel",
            number=cases.is_number,
            depth=task.depth if task else None,
            data_dir=data_dir,
        )
    built = prepared(builder, str(manifest.path))
    write_sums(Path(built.data_path))
    return built


def build_table(task: Task, data_dir: Path) -> tuple[Cases, tfds.core.DatasetBuilder]:
    """Read the manifest that ``task`` names; return its examples and its data set, built below ``data_dir``.

    Raises:
        DataError: the manifest is wrong, or an image cannot be decoded.
        OutputError: the data set cannot be written.
    """
    found = labelled(manifest_of(task), task)
    manifest = found.manifest
    cases = cases_of(manifest, task, patient_key(data_dir), found.labels)
    _log.info(f"Reading {len(cases.examples)} images of {len(cases.patient_ids)} patients")
    return cases, build_manifest(manifest, cases, data_dir, task)


def build_named(
    source: str | type[tfds.core.DatasetBuilder] | tfds.core.DatasetBuilder,
    data_dir: Path,
    manual_dir: Path | None = None,
) -> tfds.core.DatasetBuilder:
    """Build a data set below ``data_dir``, or return an existing complete one; an instance keeps its own folder.

    ``source`` is the name of a shipped builder, the path of a builder's folder (both may end with ``/config``), a
    builder class, or an instance. ``manual_dir`` is the folder of its downloaded files; default:
    ``<data_dir>/downloads/manual/<name>``.

    Raises:
        DataError: there is no such data set or configuration, its files are missing or damaged, or the builder's
            own code fails; the message then names the line.
        OutputError: the data set cannot be written.
    """
    builder = source if isinstance(source, tfds.core.DatasetBuilder) else _configured(source, data_dir)
    return prepared(builder, builder.name, manual_dir or data_dir / "downloads" / "manual" / builder.name)


def _configured(source: str | type[tfds.core.DatasetBuilder], data_dir: Path) -> tfds.core.DatasetBuilder:
    found, config = class_and_config(source) if isinstance(source, str) else (source, "")
    known = [entry.name for entry in found.BUILDER_CONFIGS]
    if config and config not in known:
        raise DataError(
            f"{found.name} has no configuration {config!r}{nearest(config, known)}; it has: "
            f"{', '.join(known) or 'none'}."
        )
    with _quiet(), data_errors(found.name), author_errors(found.name, found.__module__):
        return found(data_dir=data_dir, config=config or None)


def class_and_config(source: str) -> tuple[type[tfds.core.DatasetBuilder], str]:
    """Return the builder class for a shipped name or a builder's folder, and the name of the configuration after it.

    Raises:
        DataError: ``source`` is neither, or the builder cannot be imported.
    """
    name, _, config = source.partition("/")
    if name in known_datasets():
        return builder_class(name), config
    folder = Path(source).expanduser()
    if folder.is_dir():
        return builder_in(folder), ""
    if "/" in source and list(folder.parent.glob(f"*{SUFFIX}.py")):
        return builder_in(folder.parent), folder.name
    hint = nearest(name, known_datasets())
    raise DataError(f"{source} is neither a shipped data set{hint} nor a folder with a builder (<name>{SUFFIX}.py).")


def cases_from(builder: tfds.core.DatasetBuilder, task: Task) -> Cases:
    """Return the examples of a built data set for ``task``.

    Raises:
        DataError: the data set is damaged, or its labels do not fit the task.
    """
    names = class_names(builder.info)
    rows = list(_rows(builder, "example", "label", "patient", *_not_known(builder)))
    if [int(row["example"]) for row in rows] != list(range(len(rows))):
        raise DataError(f"the examples of the data set {title(builder)} are not in order: build it again.")
    labels = RowLabels([_labels(names, row) for row in rows], [_labels(names, row, NOT_KNOWN) for row in rows])
    return assemble(labels, [row["patient"].decode() for row in rows], task)


def readings_from(builder: tfds.core.DatasetBuilder) -> list[Reading]:
    """Return the Reading of every example of a built data set, in order; no image is decoded.

    Raises:
        DataError: the data set is damaged.
    """
    return [reading_from(row) for row in _rows(builder, "sha256", "reading", "metadata")]


def examined_from(builder: tfds.core.DatasetBuilder) -> list[Examined]:
    """Return the input of the data check for each example of a built data set, in order; no image is decoded.

    Raises:
        DataError: the data set is damaged.
    """
    names = class_names(builder.info)
    return [
        Examined(
            line=int(row["example"]),
            outcome=Outcome("decoded", reading=reading_from(row)),
            labels=_labels(names, row),
            unknown=_labels(names, row, NOT_KNOWN),
            number=None if names else float(row["label"]),
            patient=row["patient"].decode(),
        )
        for row in _rows(builder, "example", "label", "patient", "sha256", "reading", "metadata", *_not_known(builder))
    ]


def examined_with(
    manifest: Manifest, builder: tfds.core.DatasetBuilder, task: Task, labels: RowLabels
) -> list[Examined]:
    """Return the input of the data check for each row of a manifest that ``build_manifest`` has built.

    ``labels`` are the labels of the rows from ``labelled``.

    Raises:
        DataError: the data set is damaged.
    """
    outcomes = outcomes_of(readings_from(builder))
    return examined(manifest, outcomes, labels, task=task, patient=task.patient, pattern=task.patient_pattern)


def fingerprint(builder: tfds.core.DatasetBuilder) -> str:
    """Return the sha256 over example, label and file of every image, in order.

    It includes unknown labels, and the pixels that were scaled by a declared depth.

    Raises:
        DataError: the data set is damaged.
    """
    names = class_names(builder.info)
    digest = hashlib.sha256()
    for row in _rows(builder, "example", "label", "sha256", "reading", *_not_known(builder)):
        unknown = [f"?{name}" for name in _labels(names, row, NOT_KNOWN)]
        labels, notes = "|".join([*_labels(names, row), *unknown]), row["reading"]["notes"].decode()
        scaled = f"\t{row['reading']['pixels_hash'].decode()}" if BY_TASK in notes or BY_FILE in notes else ""
        digest.update(f"{int(row['example'])}\t{labels}\t{row['sha256'].decode()}{scaled}\n".encode())
    return digest.hexdigest()


def _labels(names: list[str] | None, row: dict[str, Any], key: str = "label") -> Labels:
    if names is None:
        return (text_of(row[key]),) if key in row else ()
    return tuple(names[int(number)] for number in np.atleast_1d(row.get(key, ())))


def _not_known(builder: tfds.core.DatasetBuilder) -> Sequence[str]:
    """Return the column of the unknown labels, if the data set has one."""
    return [NOT_KNOWN] if NOT_KNOWN in builder.info.features else []


def stream_of(builder: tfds.core.DatasetBuilder, decoders: Any = None) -> tf.data.Dataset:
    """Return the examples of a built data set in their order; ``decoders`` as in TFDS."""
    in_order = tfds.ReadConfig(interleave_cycle_length=1, try_autocache=False)
    with _quiet():
        return builder.as_dataset(split="all", shuffle_files=False, decoders=decoders, read_config=in_order)


def title(builder: tfds.core.DatasetBuilder) -> str:
    """Return the name and the folder of a built data set, for messages."""
    return f"{builder.name} ({builder.data_path})"


@contextlib.contextmanager
def data_errors(name: str) -> Iterator[None]:
    """Turn exceptions of TensorFlow and TFDS about a damaged data set into a DataError of one line.

    A full disk, which they report in ways of their own, is raised as an OSError.
    """
    try:
        yield
    except RadtlError:
        raise
    except _DAMAGE as error:
        raise DamagedDataSetError(
            f"the data set {name} is damaged on disk: delete its folder and build it again."
        ) from error
    except Exception as error:
        full = _disk_error(error)
        if full is not None:
            raise full from error
        if not isinstance(error, (tf.errors.OpError, AssertionError, ValueError, KeyError)):
            raise
        raise DataError(f"the data set {name} cannot be built or read ({type(error).__name__}).") from error


def _disk_error(error: BaseException | None) -> OSError | None:
    """Return the error of a disk that is full or may not be written, if TensorFlow or TFDS has wrapped one."""
    while error is not None:
        if isinstance(error, tf.errors.ResourceExhaustedError) and "No space left" in str(error):
            return OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EFBIG):
            return error
        error = error.__cause__ or error.__context__
    return None


def prepared(
    builder: tfds.core.DatasetBuilder, origin: str, manual_dir: Path | None = None
) -> tfds.core.DatasetBuilder:
    """Return the data set and build it unless it is complete; remove incomplete files of an interrupted process.

    One process at a time builds it; others wait. ``origin`` names the data set in messages, ``manual_dir`` is the
    folder of its downloaded files.

    Raises:
        DataError: its files are missing or damaged.
        OutputError: its folder cannot be written.
    """
    with _quiet():
        if builder.is_prepared():
            return builder
    place = Path(builder.data_path)
    message = f"Another process builds the data set {builder.name}: waiting for it"
    with waiting(place.with_name(f".{place.name}.lock"), message):
        with _quiet():
            if builder.is_prepared():
                return builder
        for leftover in place.parent.glob(f"incomplete.*_{place.name}"):
            shutil.rmtree(leftover, ignore_errors=True)
        return _built(builder, origin, place, manual_dir)


def _built(
    builder: tfds.core.DatasetBuilder, origin: str, place: Path, manual_dir: Path | None
) -> tfds.core.DatasetBuilder:
    try:
        own_code = author_errors(builder.name, type(builder).__module__)
        with _quiet(), _little_memory(), data_errors(builder.name), own_code:
            config = tfds.download.DownloadConfig(try_download_gcs=False, manual_dir=manual_dir)
            builder.download_and_prepare(download_config=config, download_dir=place.parent / "downloads")
    except DataError as error:
        raise DataError(f"{origin}: {error}") from error
    except OSError as error:
        raise unwritable(place, error) from error
    return builder


@contextlib.contextmanager
def _little_memory() -> Iterator[None]:
    """Limit the examples that TFDS keeps in memory to 128 MiB instead of 1,000; it has no setting for this."""
    before = shuffle.MAX_MEM_BUFFER_SIZE
    shuffle.MAX_MEM_BUFFER_SIZE = 128 << 20
    try:
        yield
    finally:
        shuffle.MAX_MEM_BUFFER_SIZE = before


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Prevent output of TFDS: stdout is for data, and its progress bars do not detect this."""
    level = absl_logging.get_verbosity()
    tfds.disable_progress_bar()
    absl_logging.set_verbosity(absl_logging.ERROR)
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            yield
    finally:
        absl_logging.set_verbosity(level)


def _rows(builder: tfds.core.DatasetBuilder, *columns: str) -> Iterator[dict[str, Any]]:
    """Yield the named columns of every example, in order; images are not decoded."""
    wanted = tfds.decode.PartialDecoding(dict.fromkeys(columns, True))
    with data_errors(title(builder)):
        yield from stream_of(builder, wanted).as_numpy_iterator()
