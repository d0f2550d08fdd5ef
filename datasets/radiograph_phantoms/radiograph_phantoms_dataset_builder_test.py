"""TFDS's test of a builder, on a few small phantoms of each kind."""

from __future__ import annotations

from typing import Any

import tensorflow_datasets as tfds

from radtl_tf.data.tfds.builders import builder_class
from radtl_tf.data.tfds.examples import SPLIT


class RadiographPhantomsTest(tfds.testing.DatasetBuilderTestCase):
    DATASET_CLASS = builder_class("radiograph_phantoms")
    SPLITS = {SPLIT: 8}  # of every kind, with these seeds
    test_registered = None  # found by its folder, not in TFDS's registry

    def _make_builder(self, config: Any = None) -> Any:
        return self.DATASET_CLASS(config=self._small(config or "supernumerary"), data_dir=self.tmp_dir)

    def _small(self, config: Any) -> Any:
        """Return a small configuration for the name of a full one; TFDS passes it again at the second reading."""
        if not isinstance(config, str):
            return config
        make = type(self.DATASET_CLASS.BUILDER_CONFIGS[0])
        return make(
            name=f"small-{config}",
            kind=next(one.kind for one in self.DATASET_CLASS.BUILDER_CONFIGS if one.name == config),
            num_patients=4,
            seed={"skull-age": 101, "skull-stages": 126}.get(config, 109),
            height=48,
        )


if __name__ == "__main__":
    tfds.testing.test_main()
