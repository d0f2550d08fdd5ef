"""Any radiographs that a manifest names, as a TFDS data set."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tensorflow_datasets as tfds

from radtl_tf.data.builders import SPLIT, features, generate
from radtl_tf.data.cases import Cases
from radtl_tf.data.manifest import Manifest, Source


@dataclass(eq=False)
class RadiographsConfig(tfds.core.BuilderConfig):
    """The checked rows of a manifest: (source, label, patient's hash) in order, and the classes."""

    rows: tuple[tuple[Source, str, str], ...] = ()
    classes: tuple[str, ...] = ()


class Builder(tfds.core.GeneratorBasedBuilder):
    """Radiographs of one manifest; the configuration is made from it, and its name is a hash of its rows."""

    VERSION = tfds.core.Version("1.0.0")
    RELEASE_NOTES = {"1.0.0": "First release."}

    @classmethod
    def of(cls, manifest: Manifest, cases: Cases, *, data_dir: Path) -> Builder:
        """Return the builder of a manifest that has been read and checked."""
        labels = (cases.classes[truth] for truth in cases.truth)
        patients = (cases.patient_ids[number] for number in cases.patients)
        rows = tuple(zip(manifest.sources, labels, patients, strict=True))
        digest = hashlib.sha256(repr((cases.classes, rows)).encode()).hexdigest()
        return cls(config=RadiographsConfig(name=digest[:16], rows=rows, classes=cases.classes), data_dir=data_dir)

    def _info(self) -> tfds.core.DatasetInfo:
        return self.dataset_info_from_configs(
            features=features(self.builder_config.classes),
            supervised_keys=("image", "label"),
            disable_shuffling=True,
        )

    def _split_generators(self, dl_manager: tfds.download.DownloadManager) -> dict[str, Any]:
        return {SPLIT: self._generate_examples()}

    def _generate_examples(self) -> Iterator[tuple[int, dict[str, Any]]]:
        return generate(self.builder_config.rows)
