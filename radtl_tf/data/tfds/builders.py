"""Data sets in the format of TFDS: find a builder, build its data set, read it back."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
import tensorflow_datasets as tfds

from radtl_tf.data.check.examined_images import examined, outcomes_of
from radtl_tf.data.check.findings import Examined
from radtl_tf.data.decoding.reading import BY_FILE, BY_TASK, Outcome, Reading
from radtl_tf.data.manifest.cases import Cases
from radtl_tf.data.manifest.labels import Labels, RowLabels, assemble
from radtl_tf.data.manifest.numbers_and_stages import text_of
from radtl_tf.data.manifest.privacy import patient_key
from radtl_tf.data.manifest.reader import Manifest, manifest_of
from radtl_tf.data.manifest.rows import cases_of, labelled
from radtl_tf.data.tfds.builder_folders import SUFFIX, author_errors, builder_in
from radtl_tf.data.tfds.building import data_errors, prepared, quiet, title
from radtl_tf.data.tfds.damaged_data_sets import remove_damaged, write_sums
from radtl_tf.data.tfds.examples import NOT_KNOWN, class_names, reading_from, rows_of
from radtl_tf.data.tfds.known_values import remembered
from radtl_tf.data.tfds.shards import forget_shards
from radtl_tf.errors import DataError, nearest
from radtl_tf.logs import get_logger
from radtl_tf.places import shipped
from radtl_tf.records.experiment import Task

_log = get_logger(__name__)

_FINGERPRINT = "fingerprint"


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
    with quiet(), data_errors(manifest.path.name):
        builder = make.of(
            rows_of(manifest, cases, task),
            cases.classes,
            multilabel=cases.kind == "multilabel",
            number=cases.is_number,
            depth=task.depth if task else None,
            data_dir=data_dir,
        )
    try:
        built = prepared(builder, str(manifest.path))
    except DataError:
        forget_shards(Path(builder.data_path))  # corrected images have another data set
        raise
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
    with quiet(), data_errors(found.name), author_errors(found.name, found.__module__):
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


def patients_from(builder: tfds.core.DatasetBuilder) -> list[str]:
    """Return the hash of the patient of every example of a built data set, in order; no label is read.

    Raises:
        DataError: the data set is damaged.
    """
    return [row["patient"].decode() for row in _rows(builder, "patient")]


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

    It includes unknown labels, and the pixels that were scaled by a declared depth. It is kept in the folder of the
    data set, and computed again only if one of the files has another size or time.

    Raises:
        DataError: the data set is damaged.
    """
    return remembered(builder, _FINGERPRINT, lambda: _fingerprint(builder))


def _fingerprint(builder: tfds.core.DatasetBuilder) -> str:
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
    with quiet():
        return builder.as_dataset(split="all", shuffle_files=False, decoders=decoders, read_config=in_order)


def _rows(builder: tfds.core.DatasetBuilder, *columns: str) -> Iterator[dict[str, Any]]:
    """Yield the named columns of every example, in order; images are not decoded."""
    wanted = tfds.decode.PartialDecoding(dict.fromkeys(columns, True))
    with data_errors(title(builder)):
        yield from stream_of(builder, wanted).as_numpy_iterator()
