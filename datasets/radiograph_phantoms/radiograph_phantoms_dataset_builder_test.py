"""TFDS's own test of a builder, on some small phantoms of each kind."""

from __future__ import annotations

from typing import Any

import tensorflow_datasets as tfds

from radtl_tf.data.builders import SPLIT, builder_class


class RadiographPhantomsTest(tfds.testing.DatasetBuilderTestCase):
    DATASET_CLASS = builder_class("radiograph_phantoms")
    SPLITS = {SPLIT: 8}  # of both kinds, with this seed
    test_registered = None  # found by its folder, not in TFDS's registry

    def _make_builder(self, config: Any = None) -> Any:
        full = config or self.DATASET_CLASS.BUILDER_CONFIGS[0]
        small = type(full)(name=f"small-{full.kind}", kind=full.kind, num_patients=4, seed=22, height=48)
        return self.DATASET_CLASS(config=small, data_dir=self.tmp_dir)


if __name__ == "__main__":
    tfds.testing.test_main()
