"""Turn a source with labels into a stream with a validation part, and describe it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import tensorflow_datasets as tfds

from radtl_tf.data.folds.draw import patients_per_class
from radtl_tf.data.manifest.cases import Cases
from radtl_tf.data.tfds.builders import build_named, build_table, cases_from, fingerprint
from radtl_tf.data.tfds.stream import Stream, validation_mask
from radtl_tf.records.experiment import Task
from radtl_tf.records.pretraining import Pretraining
from radtl_tf.records.self_supervised import Films


def labeled_stream(pretraining: Pretraining, data_dir: Path) -> tuple[Stream, dict[str, Any]]:
    """Return the images with their labels as a stream, and their record; the TFDS data set is built in ``data_dir``.

    Raises:
        DataError: the data are wrong, or no patient is held out.
        OutputError: the data set cannot be written.
    """
    settings, seed = pretraining.training, pretraining.seed
    cases, builder = _data(pretraining.task, data_dir)
    held_out = validation_mask(cases, settings.validation, seed)
    stream = Stream(
        builder=builder,
        cases=cases,
        size=settings.image_size,
        resize=settings.resize,
        augmentation=settings.augmentation,
        batch_size=settings.batch_size,
        seed=seed,
        held_out=held_out,
    )
    return stream, _data_record(pretraining.task, cases, held_out, fingerprint(builder))


def _data(task: Task, data_dir: Path) -> tuple[Cases, tfds.core.DatasetBuilder]:
    """Turn the task's manifest or named data set into cases and a TFDS data set."""
    each = Task(
        **{**vars(task), "unit": "image"}
    )  # pre-training trains and validates on images, so its AUROC counts images
    if task.manifest is None:
        builder = build_named(str(task.dataset), data_dir)
        return cases_from(builder, each), builder
    return build_table(each, data_dir)


def source_name(task: Task | Films) -> str | None:
    """Return the name of the data set, the manifest, or else the folder of the images, without the folders above it."""
    file = task.manifest or (None if task.dataset else task.images)
    if file is not None:
        return file.name
    return Path(task.dataset).name if task.dataset and Path(task.dataset).is_absolute() else task.dataset


def _data_record(task: Task, cases: Cases, held_out: np.ndarray, sha256: str) -> dict[str, Any]:
    training, validation = (patients_per_class(cases, np.flatnonzero(part)) for part in (~held_out, held_out))
    images = [_images_per_class(cases, part) for part in (~held_out, held_out)]
    columns = ("training_images", "validation_images", "training_patients", "validation_patients")
    counts = np.stack([*images, training, validation], axis=1)
    return {
        "source": source_name(task),
        "sha256": sha256,
        "kind": cases.kind,
        "examples": len(cases.examples),
        "patients": len(cases.patient_ids),
        "validation_examples": int(held_out.sum()),
        "classes": list(cases.classes),
        "counts": {
            name: dict(zip(columns, row.tolist(), strict=True)) for name, row in zip(cases.classes, counts, strict=True)
        },
    }


def _images_per_class(cases: Cases, part: np.ndarray) -> np.ndarray:
    return cases.marks[part].sum(axis=0)
