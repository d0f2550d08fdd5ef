"""ADLD: supernumerary teeth on panoramic radiographs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import tensorflow_datasets as tfds

from radtl_tf.data.tfds.downloaded_files import child, content_hash, read_json, row_of, source_folder, value_at
from radtl_tf.data.tfds.examples import SPLIT, Row, features, generate

CLASSES = ("absent", "present")
_SUPERNUMERARY = "91"  # the label of a shape around a supernumerary tooth


class Builder(tfds.core.GeneratorBasedBuilder):
    """Panoramic radiographs with LabelMe annotations; the label says whether a tooth is marked as supernumerary."""

    VERSION = tfds.core.Version("1.0.0")
    RELEASE_NOTES = {"1.0.0": "First release."}
    MANUAL_DOWNLOAD_INSTRUCTIONS = """
    Download and unpack the data set zwbzwb12341234/a-dual-labeled-dataset from Kaggle: the folders images1 and labels.
    """

    def _info(self) -> tfds.core.DatasetInfo:
        return self.dataset_info_from_configs(
            features=features(CLASSES), supervised_keys=("image", "label"), disable_shuffling=True
        )

    def _split_generators(self, dl_manager: tfds.download.DownloadManager) -> dict[str, Any]:
        return {SPLIT: self._generate_examples(source_folder(dl_manager, self))}

    def _generate_examples(self, root: Path) -> Iterator[tuple[int, dict[str, Any]]]:
        return generate(_rows(child(root, "images1"), child(root, "labels")))


def _rows(images: Path, labels: Path) -> Iterator[Row]:
    for line, path in enumerate(sorted(labels.glob("*.json")), start=1):
        record = read_json(path)
        name = str(value_at(record, "imagePath")).replace("\\", "/").rsplit("/", 1)[-1]
        marks = {str(value_at(shape, "label")) for shape in value_at(record, "shapes")}
        row = row_of(images, name, line, CLASSES[_SUPERNUMERARY in marks], name)
        yield row_of(images, name, line, row.label, content_hash(row.source.path))
