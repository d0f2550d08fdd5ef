"""Any radiographs listed in a manifest, as a TFDS data set."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import tensorflow_datasets as tfds

from radtl_tf.data.tfds.content_hashes import content_hashes
from radtl_tf.data.tfds.examples import SPLIT, Row, features, generate
from radtl_tf.errors import DataError


@dataclass(eq=False)
class RadiographsConfig(tfds.core.BuilderConfig):
    """The checked rows of a manifest, in order, and the classes; ``number``: the labels are numbers."""

    rows: tuple[Row, ...] = field(default=(), repr=False)  # not in repr, since TFDS logs the configuration
    classes: tuple[str, ...] = field(default=(), repr=False)
    multilabel: bool = False
    number: bool = False
    unknown: bool = False  # some labels are not known
    depth: int | None = None


class Builder(tfds.core.GeneratorBasedBuilder):
    """Radiographs of one manifest; the name of the configuration is a hash of its images, labels and metadata."""

    VERSION = tfds.core.Version("2.0.0")
    RELEASE_NOTES = {"2.0.0": "Every example carries its reading and metadata.", "1.0.0": "First release."}

    @classmethod
    def of(
        cls,
        rows: tuple[Row, ...],
        classes: tuple[str, ...],
        *,
        data_dir: Path,
        multilabel: bool = False,
        number: bool = False,
        depth: int | None = None,
    ) -> Builder:
        """Return a builder for the checked rows of a manifest; ``depth`` as in a Task."""
        unknown = any(row.unknown is not None for row in rows)
        files = content_hashes([row.source for row in rows])
        content = [
            (file, row.label, row.patient, sorted(row.metadata.items()), row.unknown)
            for file, row in zip(files, rows, strict=True)
        ]
        digest = hashlib.sha256(repr((classes, multilabel, number, depth, content)).encode()).hexdigest()
        config = RadiographsConfig(
            name=digest[:16],
            rows=rows,
            classes=classes,
            multilabel=multilabel,
            number=number,
            unknown=unknown,
            depth=depth,
        )
        return cls(config=config, data_dir=data_dir)

    def _info(self) -> tfds.core.DatasetInfo:
        if self.builder_config is None:
            raise DataError("the data set 'radiographs' is built from a manifest: name the CSV file instead.")
        config = self.builder_config
        return self.dataset_info_from_configs(
            features=features(
                config.classes, multilabel=config.multilabel, unknown=config.unknown, number=config.number
            ),
            supervised_keys=("image", "label"),
            disable_shuffling=True,
        )

    def _split_generators(self, dl_manager: tfds.download.DownloadManager) -> dict[str, Any]:
        return {SPLIT: self._generate_examples()}

    def _generate_examples(self) -> Iterator[tuple[int, dict[str, Any]]]:
        return generate(self.builder_config.rows, self.builder_config.depth)
