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
        kind = config or "supernumerary"  # the configurations are named after the kinds
        make = type(self.DATASET_CLASS.BUILDER_CONFIGS[0])
        small = make(name=f"small-{kind}", kind=kind, num_patients=4, seed=22, height=48)
        return self.DATASET_CLASS(config=small, data_dir=self.tmp_dir)


if __name__ == "__main__":
    tfds.testing.test_main()
