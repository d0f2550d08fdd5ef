"""Radiographs with their labels and patients: ``radtl_tf.Dataset``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from radtl_tf.data.check.rules import linked_cases
from radtl_tf.data.manifest.cases import Cases
from radtl_tf.data.manifest.privacy import patient_key
from radtl_tf.data.manifest.reader import Manifest, manifest_from, manifest_of
from radtl_tf.data.manifest.rows import cases_of, labelled
from radtl_tf.errors import DataError
from radtl_tf.library.data.check import DataCheck, data_check
from radtl_tf.library.data.stored_images import ImageRows, StoredImages, private_folder
from radtl_tf.library.data.subset import labels_with_nan, part_of, positions_of
from radtl_tf.library.data.summary import summary_html, summary_text
from radtl_tf.library.data.task import check_kind_said, task_from, without_source
from radtl_tf.records.experiment import Task

if TYPE_CHECKING:
    import tensorflow as tf
    import tensorflow_datasets as tfds


class Dataset:
    """N radiographs, each with its label and its patient. Make one with a method ``from_...``.

    The table is read and checked immediately. Images are decoded when ``groups``, ``check`` or ``to_tf`` first needs
    them, once, into the folder ``data`` of the cache (``RADTL_CACHE``). You may delete this folder.

    Example:
        >>> import pandas as pd
        >>> import radtl_tf as radtl
        >>> table = pd.DataFrame({"file": ["1.png", "2.png", "3.png"], "caries": [1, 0, 1], "id": ["a", "b", "c"]})
        >>> data = radtl.Dataset.from_frame(table, path="file", label="caries", positive=1, patient="id")
        >>> data
        Dataset: 3 images of 3 patients, binary, unit patient
          1 (positive): 2 images of 2 patients
          0: 1 image of 1 patient
        >>> data.y
        array([1, 0, 1])
        >>> len(data.subset([0, 2]))
        2
    """

    def __init__(self, images: ImageRows, task: Task, cases: Cases) -> None:
        self._images, self._task, self._cases = images, task, cases

    @classmethod
    def from_csv(
        cls,
        path: str | Path,
        label: str | Sequence[str] = "label",
        positive: str | int | None = None,
        patient: str | None = None,
        kind: str | None = None,
        unit: str | None = None,
        images: str | Path | None = None,
        label_separator: str | None = None,
        classes: Sequence[str] | None = None,
        one_image_per_patient: bool = False,
        patient_pattern: str | None = None,
        depth: int | None = None,
        path_column: str | None = None,
        suffix: str | None = None,
        encoding: str | None = None,
        columns: Mapping[str, str] | None = None,
        sex_codes: Mapping[str, str] | None = None,
        missing: str = "refuse",
        uncertain: str = "refuse",
        label_unit: str | None = None,
    ) -> Dataset:
        """Read a manifest: a table with a path, a label and a patient id per image.

        It may be a CSV file in any usual encoding, with commas, semicolons, tabs or bars, an Excel workbook
        (``radtl_tf[excel]``) or a parquet file (``radtl_tf[parquet]``). What is repaired is logged, and ``check``
        lists it.

        Args:
            path: the file.
            label: column of the label; several columns of 1 and 0 make a multilabel task.
            positive: label of the positive class; makes the task binary.
            patient: column of the patient id.
            kind: ``binary``, ``multiclass``, ``multilabel``, ``regression`` (a number) or ``ordinal`` (stages in
                order), if it does not follow from the other arguments.
            unit: what counts as one case, ``patient`` or ``image``; required if a patient has several images.
            images: folder of the images; default: the folder of the file.
            label_separator: character between several labels in one cell, such as ``|``.
            classes: classes of a multilabel task (default: all labels in the table), or the stages of an ordinal task
                from the lowest to the highest.
            one_image_per_patient: the table has no patient column, and each image counts as one patient.
            patient_pattern: regular expression that finds the patient id in the path of each image, such as
                ``patient[0-9]+``: the match, or its first group.
            depth: PNG, JPEG and TIFF of more bits hold values of so many bits, such as 12 in files of 16; default: what
                the sBIT chunk of a PNG says.
            path_column: column of the paths of the images; default: ``path``.
            suffix: ending that the paths lack, such as ``.png``.
            encoding: encoding of a CSV file, such as ``cp932``; default: found, or refused if several are possible.
            columns: columns of metadata, such as ``{"age": "Patient Age"}``; default: columns with the names of the
                metadata.
            sex_codes: the meaning of codes in the column of sex, such as ``{"1": "M", "2": "F"}``.
            missing: what a cell without a label means: ``refuse`` the table, ``no``, or ``ignore``: the label takes no
                part in training and metrics, and an image without any known label is left out.
            uncertain: what an uncertain label (-1) means: ``refuse``, ``no``, ``yes`` or ``ignore``.
            label_unit: unit of the numbers of a regression, such as ``years``; makes the task a regression.

        Raises:
            DataError: the table is wrong; the message says what to do. Missing images raise an error when they are
                first needed; ``check`` lists all of them.
            ExperimentError: the arguments contradict each other.
            OutputError: the cache cannot be written.
        """
        file = Path(path).expanduser().resolve()
        folder = Path(images).expanduser().resolve() if images is not None else None
        target = dict(label=label, positive=positive, kind=kind, unit=unit, classes=classes, label_unit=label_unit)
        cells = dict(label_separator=label_separator, missing=missing, uncertain=uncertain)
        patients = dict(patient=patient, patient_pattern=patient_pattern, one_image_per_patient=one_image_per_patient)
        files = dict(images=folder, path_column=path_column, suffix=suffix, encoding=encoding, depth=depth)
        metadata = dict(columns=columns, sex_codes=sex_codes)
        task = task_from({"manifest": file}, **target, **cells, **patients, **files, **metadata)
        return cls._from_manifest(manifest_of(task, collect=True), task, kind)

    @classmethod
    def from_frame(
        cls,
        frame: pd.DataFrame,
        path: str = "path",
        label: str | Sequence[str] = "label",
        positive: str | int | None = None,
        patient: str | None = None,
        kind: str | None = None,
        unit: str | None = None,
        root: str | Path | None = None,
        label_separator: str | None = None,
        classes: Sequence[str] | None = None,
        one_image_per_patient: bool = False,
        patient_pattern: str | None = None,
        depth: int | None = None,
        suffix: str | None = None,
        columns: Mapping[str, str] | None = None,
        sex_codes: Mapping[str, str] | None = None,
        missing: str = "refuse",
        uncertain: str = "refuse",
        label_unit: str | None = None,
    ) -> Dataset:
        """Use a DataFrame as the manifest; it is checked like a CSV file written by pandas.

        ``path`` is the column of file names, relative to ``root`` (default: the working folder). For the other
        arguments, see ``from_csv``. Line numbers in messages are row positions, counted from 0.

        Raises:
            DataError, ExperimentError, OutputError: as ``from_csv``.
        """
        if not isinstance(frame, pd.DataFrame):
            raise DataError(f"from_frame takes a pandas DataFrame, not {type(frame).__name__}; for a file: from_csv.")
        manifest = manifest_from(frame, Path(root or ".").expanduser(), path, suffix)
        target = dict(label=label, positive=positive, kind=kind, unit=unit, classes=classes, label_unit=label_unit)
        cells = dict(label_separator=label_separator, missing=missing, uncertain=uncertain)
        patients = dict(patient=patient, patient_pattern=patient_pattern, one_image_per_patient=one_image_per_patient)
        values = dict(columns=columns, sex_codes=sex_codes, depth=depth)
        task = task_from({"manifest": manifest.path}, **target, **cells, **patients, **values)
        return cls._from_manifest(manifest, without_source(task), kind)

    @classmethod
    def from_tfds(
        cls,
        source: str | Path | tfds.core.DatasetBuilder,
        data_dir: str | Path | None = None,
        positive: str | int | None = None,
        kind: str | None = None,
        unit: str | None = None,
        classes: Sequence[str] | None = None,
        label_unit: str | None = None,
    ) -> Dataset:
        """Use a TFDS data set: the name of a shipped one (``adld``), the folder of a builder, or a builder.

        It is built in ``data_dir`` (default: the cache) unless it exists there; a builder keeps its own folder. Without
        ``positive``, ``kind`` and ``label_unit``, the task is multilabel if images can have several labels, else
        multiclass. A data set of numbers needs ``label_unit``.

        Raises:
            DataError: the data set is unknown, its sources are missing, or its labels do not fit the task.
            ExperimentError: the arguments contradict each other.
            OutputError: ``data_dir`` cannot be written.
        """
        from radtl_tf.library.data.tfds_source import built, is_multilabel

        builder = built(source, Path(data_dir).expanduser() if data_dir else private_folder())
        own_kind = "multilabel" if positive is None and label_unit is None and is_multilabel(builder) else None
        task = task_from(
            {"dataset": str(source) if isinstance(source, (str, Path)) else builder.name},
            positive=positive,
            kind=kind or own_kind,
            unit=unit,
            classes=classes,
            label_unit=label_unit,
        )
        from radtl_tf.data.tfds.builders import cases_from

        cases = cases_from(builder, task)
        check_kind_said(task, cases, kind)
        stored = StoredImages(cases, task, None, builder)
        named = task if isinstance(source, (str, Path)) else without_source(task)  # an experiment is given the builder
        return cls(ImageRows(stored, cases.examples), named, cases)

    @classmethod
    def _from_manifest(cls, manifest: Manifest, task: Task, kind: str | None) -> Dataset:
        found = labelled(manifest, task)
        manifest, labels = found.manifest, found.labels
        cases = cases_of(manifest, task, patient_key(private_folder()), labels)
        check_kind_said(task, cases, kind)
        stored = StoredImages(cases, task, manifest, labels=labels)
        return cls(ImageRows(stored, cases.examples), task, cases)

    @property
    def task(self) -> Task:
        """The task: what is predicted, as in an experiment file."""
        return self._task

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes, in the order of the numbers in ``y``; in a binary task the positive class is the second.

        A regression has none.
        """
        return self._cases.classes

    @property
    def y(self) -> NDArray[Any]:
        """The labels: (N,) numbers of classes or stages, (N, K) of 0 and 1 for a multilabel task, or (N,) numbers.

        The numbers of a regression are float64, in the unit of the label.

        Where labels are ignored (``missing`` or ``uncertain``) it is float64, with NaN for these labels: most functions
        refuse NaN, so no label that nobody knows is taken for a no.
        """
        return labels_with_nan(self._cases)

    @property
    def groups(self) -> NDArray[np.int64]:
        """The group of each image, (N,): its patient; patients who share the same or nearly the same image are joined.

        Folds never divide a group. An experiment on the same images uses the same groups. All images are decoded.

        Raises:
            DataError: an image is missing or cannot be decoded.
        """
        return self.cases.groups.copy()

    @cached_property
    def cases(self) -> Cases:
        """The examples as arrays for drawing folds; patients are joined as in ``groups``."""
        return replace(self._cases, linked=linked_cases(self._images.examined()))

    @property
    def images(self) -> ImageRows:
        """The images: their metadata and their pixels."""
        return self._images

    @property
    def source(self) -> Manifest | tfds.core.DatasetBuilder:
        """The manifest or TFDS builder for an experiment on these images.

        Raises:
            DataError: it is a part of a TFDS data set.
        """
        return self._images.source()

    def subset(self, rows: ArrayLike) -> Dataset:
        """Return the images at ``rows``, in this order; ``rows`` are positions or a boolean mask (N,).

        Nothing is decoded again. ``groups`` is computed from these images only, as in an experiment on them.

        Raises:
            DataError: ``rows`` is empty or has a row outside the data set.
        """
        positions = positions_of(rows, len(self))
        return Dataset(self._images.at(positions), without_source(self._task), part_of(self._cases, positions))

    def check(self, folds: int = 5, seed: int = 726) -> DataCheck:
        """Open every image and return the problems of the data set, as ``radtl data check`` does.

        ``folds`` and ``seed`` determine the folds whose class counts are checked.

        Raises:
            DataError: a TFDS data set is damaged. Unreadable images are findings, not errors.
        """
        return data_check(self._images.examined_anyway(), self._cases, folds, seed, self._images.repaired())

    def to_tf(
        self,
        size: int | str = 224,
        batch_size: int = 32,
        pixels: str = "grey",
        resize: str = "pad",
        shuffle: bool = False,
        seed: int = 726,
        augmentation: str = "none",
    ) -> tf.data.Dataset:
        """Return a ``tf.data.Dataset`` of batches (images, y).

        Where labels are ignored, y is float32 with NaN for these labels. A loss of such a y is NaN unless it masks
        them: ``known = tf.math.is_finite(y)``, then ``tf.where(known, y, 0)`` with ``known`` as weights.

        Args:
            size: side of the images in pixels, or height x width such as ``"256x512"``.
            batch_size: images per batch; the last one may be smaller.
            pixels: ``grey`` gives (B, H, W, 1) float32 in 0..1, the input of ``preprocess``; the name of a pixel
                convention (``caffe``, ``torch``, ``tf``, ``zero_one``, ``radimagenet``) gives (B, H, W, 3), the
                input of a backbone with this convention.
            resize: ``pad`` keeps the aspect ratio and fills with black, ``stretch`` does not; ``published`` uses
                nearest-neighbor resizing.
            shuffle: use a new order, drawn from ``seed``, in each pass over the data.
            seed: seed of the order and the augmentation.
            augmentation: ``none``, ``laterality-safe`` or ``published`` (which also mirrors); new in each pass.

        Raises:
            DataError: an image is missing or cannot be decoded.
            ExperimentError: an argument is out of range or unknown.
            OutputError: the cache cannot be written.
        """
        from radtl_tf.library.data.streams import Settings, stream

        settings = Settings(size, batch_size, pixels, resize, shuffle, seed, augmentation)
        return stream(self._images, self.y, settings)

    def __len__(self) -> int:
        return len(self._images)

    def __repr__(self) -> str:
        return summary_text(self._cases, self._images.left_out)

    def _repr_html_(self) -> str:
        return summary_html(self._cases, self._images.left_out)
