"""Synthetic radiographs as a TFDS data set: written as DICOM files, then read like any other manifest."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tensorflow_datasets as tfds

from radtl_tf.data.manifest.reader import read_manifest
from radtl_tf.data.manifest.rows import cases_of
from radtl_tf.data.phantoms.write import KINDS, write_phantoms
from radtl_tf.data.tfds.examples import SPLIT, features, generate, rows_of

_KEY = b"nobody's id, so no secret"  # fixed, so that the data set is the same everywhere
_PATIENTS = {"skull-stages": 300}  # so that the inner part has 10 patients of each end


@dataclass(eq=False)
class PhantomsConfig(tfds.core.BuilderConfig):
    """The kind of phantoms, number of patients, seed, and height in pixels (None: the default of the kind)."""

    kind: str = "skull"
    num_patients: int = 200
    seed: int = 1
    height: int | None = None


class Builder(tfds.core.GeneratorBasedBuilder):
    """Synthetic radiographs of five kinds, and more patients of two kinds; a build takes 1 to 2 minutes."""

    VERSION = tfds.core.Version("2.0.0")
    RELEASE_NOTES = {"2.0.0": "Every example carries its reading and metadata.", "1.0.0": "First release."}
    BUILDER_CONFIGS = [
        *(PhantomsConfig(name=kind, kind=kind, num_patients=_PATIENTS.get(kind, 200)) for kind in KINDS),
        # Other patients, for pre-training.
        PhantomsConfig(name="skull-source", kind="skull", num_patients=400, seed=2),
        PhantomsConfig(name="findings-source", kind="skull-findings", num_patients=1000, seed=2, height=96),
    ]

    def _info(self) -> tfds.core.DatasetInfo:
        kind = KINDS[self.builder_config.kind]
        return self.dataset_info_from_configs(
            features=features(kind.classes, multilabel=kind.multilabel, number=kind.growing and not kind.classes),
            supervised_keys=("image", "label"),
            disable_shuffling=True,
        )

    def _split_generators(self, dl_manager: tfds.download.DownloadManager) -> dict[str, Any]:
        return {SPLIT: self._generate_examples()}

    def _generate_examples(self) -> Iterator[tuple[int, dict[str, Any]]]:
        chosen = self.builder_config
        with tempfile.TemporaryDirectory() as folder:
            path = write_phantoms(
                Path(folder) / "phantoms",
                kind=chosen.kind,
                num_patients=chosen.num_patients,
                seed=chosen.seed,
                height=chosen.height,
            )
            manifest = read_manifest(path)
            yield from generate(rows_of(manifest, cases_of(manifest, KINDS[chosen.kind].task(), _KEY)))
