"""RadImageNet: 1.35 million CT, MR and ultrasound images in 165 classes, the source of the RadImageNet weights."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import tensorflow_datasets as tfds

from radtl_tf.data.tfds.downloaded_files import child, read_csv, row_of, source_folder
from radtl_tf.data.tfds.examples import SPLIT, Row, features, generate

_PARTS = ("train", "val", "test")


class Builder(tfds.core.GeneratorBasedBuilder):
    """Images with one of 165 classes, streamed from the data set's own tables; classes are numbered by sorted name."""

    VERSION = tfds.core.Version("1.0.0")
    RELEASE_NOTES = {"1.0.0": "First release."}
    MANUAL_DOWNLOAD_INSTRUCTIONS = """
    Request the data set from the authors of RadImageNet and unpack it: RadiologyAI_train.csv, RadiologyAI_val.csv,
    RadiologyAI_test.csv and the folder radiology_ai.
    """

    def _info(self) -> tfds.core.DatasetInfo:
        """Return the info without classes; they are set when the tables are read."""
        return self.dataset_info_from_configs(
            features=features(None), supervised_keys=("image", "label"), disable_shuffling=True
        )

    def _split_generators(self, dl_manager: tfds.download.DownloadManager) -> dict[str, Any]:
        root = source_folder(dl_manager, self)
        tables = [child(root, f"RadiologyAI_{part}.csv") for part in _PARTS]
        self.info.features["label"].names = sorted({cells["label"] for _, cells in _lines(tables)})
        return {SPLIT: self._generate_examples(root, tables)}

    def _generate_examples(self, root: Path, tables: list[Path]) -> Iterator[tuple[int, dict[str, Any]]]:
        return generate(_rows(root, tables))


def _lines(tables: list[Path]) -> Iterator[tuple[int, dict[str, str]]]:
    for table in tables:
        yield from read_csv(table, "filename", "label")


def _rows(root: Path, tables: list[Path]) -> Iterator[Row]:
    """Yield one row at a time, since the tables have 1.35 million rows."""
    for line, cells in _lines(tables):
        yield row_of(root, cells["filename"], line, cells["label"], cells["filename"])
