"""Turn films without labels (a folder, a manifest, or a built data set) into a stream of views, and describe them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import tensorflow_datasets as tfds

from radtl_tf.data.manifest.cases import Cases
from radtl_tf.data.manifest.folders import image_files
from radtl_tf.data.manifest.labels import RowLabels
from radtl_tf.data.manifest.privacy import patient_key
from radtl_tf.data.manifest.reader import Manifest, manifest_from, naming, read_manifest, refuse_faults
from radtl_tf.data.manifest.rows import cases_of, patient_ids
from radtl_tf.data.manifest.table import PATH_COLUMN
from radtl_tf.data.tfds.builders import build_manifest, build_named, fingerprint, patients_from
from radtl_tf.data.tfds.view_stream import ViewStream
from radtl_tf.errors import DataError
from radtl_tf.experiment.weights.labeled import source_name
from radtl_tf.logs import get_logger
from radtl_tf.records.experiment import Task
from radtl_tf.records.self_supervised import Films, SelfSupervised

_log = get_logger(__name__)

_CLASS = "unlabeled"  # the data set needs a class; all films have this one
_PATIENT = "patient"


def unlabeled_stream(source: SelfSupervised, data_dir: Path) -> tuple[ViewStream, dict[str, Any]]:
    """Return the films as a stream of views, and their record; the TFDS data set is built in ``data_dir``.

    Raises:
        DataError: there is no film, a file is missing or cannot be decoded, or a patient id is missing.
        OutputError: the data set cannot be written.
    """
    films, settings = source.data, source.training
    cases, builder = _named(films, data_dir) if films.dataset else _listed(films, data_dir)
    number = len(cases.examples)
    if number < 2:
        raise DataError("[data] has one film; expected at least two.")
    stream = ViewStream(
        builder=builder,
        cases=cases,
        size=settings.image_size,
        resize=settings.resize,
        augmentation="none",
        batch_size=settings.batch_size,
        seed=source.seed,
        held_out=np.zeros(number, bool),
        flip=settings.flip,
    )
    record = {
        "source": source_name(films),
        "sha256": fingerprint(builder),
        "kind": _CLASS,
        "examples": number,
        "patients": len(cases.patient_ids) if films.names_patients else None,
    }
    return stream, record


def _named(films: Films, data_dir: Path) -> tuple[Cases, tfds.core.DatasetBuilder]:
    builder = build_named(str(films.dataset), data_dir)
    ids, patients = np.unique(patients_from(builder), return_inverse=True)
    numbers = np.arange(len(patients))
    truth = np.zeros(len(patients), np.int64)
    return Cases(numbers, truth, patients, tuple(map(str, ids)), (_CLASS,), "image", "multiclass"), builder


def _listed(films: Films, data_dir: Path) -> tuple[Cases, tfds.core.DatasetBuilder]:
    """Return the cases of a folder or a table, and their data set, which depends on files and patients alone."""
    manifest = _manifest(films)
    with naming(manifest):
        ids = patient_ids(manifest, films.patient, films.patient_pattern)
    # Everything else in the table is dropped here, so that no label is read.
    table = manifest.table[[manifest.path_column]].assign(**({_PATIENT: ids} if ids else {}))
    manifest = replace(manifest, table=table, written=None)
    task = Task(
        kind="multilabel",
        classes=(_CLASS,),
        patient=_PATIENT if ids else None,
        one_image_per_patient=not ids,
        unit="image",
    )
    found = RowLabels([(_CLASS,)] * len(table), [()] * len(table))
    cases = cases_of(manifest, task, patient_key(data_dir), found)
    _log.info(f"Reading {len(cases.examples)} films")
    return cases, build_manifest(manifest, cases, data_dir, Task(depth=films.depth))


def _manifest(films: Films) -> Manifest:
    if films.manifest is not None:
        return read_manifest(
            films.manifest,
            films.images,
            encoding=films.encoding,
            path_column=films.path_column,
            suffix=films.suffix,
        )
    if films.images is None or not films.images.is_dir():
        raise DataError(f"{films.images} is not a folder: set data.images to the folder of the films.")
    paths = [str(path.relative_to(films.images)) for path in image_files([films.images])]
    manifest = replace(manifest_from(pd.DataFrame({PATH_COLUMN: paths}), films.images), path=films.images)
    refuse_faults(manifest)
    return manifest
