"""DENTEX: impacted teeth, caries, periapical lesions and deep caries on panoramic radiographs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import tensorflow_datasets as tfds

from radtl_tf.data.tfds.downloaded_files import child, content_hash, read_json, row_of, source_folder, value_at
from radtl_tf.data.tfds.examples import SPLIT, Row, features, generate
from radtl_tf.errors import DataError

CLASSES = ("impacted", "caries", "periapical", "deep_caries")  # in the order of category_id_3
_LEVEL = "quadrant-enumeration-disease"


class Builder(tfds.core.GeneratorBasedBuilder):
    """Panoramic radiographs with the diseases marked on them, any number per image."""

    VERSION = tfds.core.Version("1.0.0")
    RELEASE_NOTES = {"1.0.0": "First release."}
    MANUAL_DOWNLOAD_INSTRUCTIONS = """
    Download and unpack DENTEX from Zenodo (record 7812323) or Hugging Face: the folder training_data and, optionally,
    validation_triple.json with validation_data.
    """

    def _info(self) -> tfds.core.DatasetInfo:
        return self.dataset_info_from_configs(
            features=features(CLASSES, multilabel=True), supervised_keys=("image", "label"), disable_shuffling=True
        )

    def _split_generators(self, dl_manager: tfds.download.DownloadManager) -> dict[str, Any]:
        return {SPLIT: self._generate_examples(source_folder(dl_manager, self))}

    def _generate_examples(self, root: Path) -> Iterator[tuple[int, dict[str, Any]]]:
        return generate(_rows(root))


def _rows(root: Path) -> Iterator[Row]:
    """Yield the training images, then the validation images if they exist."""
    level = child(child(root, "training_data"), _LEVEL)
    yield from _annotated(child(level, f"train_{_LEVEL.replace('-', '_')}.json"), child(level, "xrays"))
    validation = root / "validation_triple.json"
    if validation.is_file():
        yield from _annotated(validation, _folder_with_images(child(root, "validation_data")))


def _folder_with_images(folder: Path) -> Path:
    image = next(iter(sorted(folder.rglob("*.png"))), None)
    if image is None:
        raise DataError(f"the folder {folder.name!r} holds no PNG: check that the download is complete.")
    return image.parent


def _annotated(annotations: Path, images: Path) -> Iterator[Row]:
    """Yield the images of a COCO file with the diseases of their annotations."""
    record = read_json(annotations)
    diseases: dict[Any, set[int]] = {}
    for annotation in value_at(record, "annotations"):
        disease = value_at(annotation, "category_id_3")
        if disease not in range(len(CLASSES)):
            raise DataError(
                f"{annotations.name}: expected one of {len(CLASSES)} diseases per annotation. Download the file again."
            )
        diseases.setdefault(value_at(annotation, "image_id"), set()).add(disease)
    for line, image in enumerate(value_at(record, "images"), start=1):
        name = str(value_at(image, "file_name"))
        found = sorted(diseases.get(value_at(image, "id"), set()))
        row = row_of(images, name, line, tuple(CLASSES[disease] for disease in found), name)
        yield row_of(images, name, line, row.label, content_hash(row.source.path))
