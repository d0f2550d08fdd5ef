from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tensorflow_datasets as tfds

from radtl_tf.errors import DataError
from radtl_tf.library.data.dataset import Dataset
from radtl_tf.library.data.tfds_source import built, is_multilabel
from radtl_tf.library.results.compare_arguments import source_of


def test_a_builder_gives_the_data_set_that_it_was_built_from(data: Dataset) -> None:
    builder = data.images._stored.builder
    found = Dataset.from_tfds(builder, positive="sick")
    assert (found.classes, found.task.dataset) == (data.classes, None)  # its name alone would find another builder
    assert source_of(found) is builder
    assert np.array_equal(found.y, data.y)
    assert np.array_equal(found.groups, data.groups)
    assert found.source is builder
    assert not found.check().errors
    assert not is_multilabel(builder)
    with pytest.raises(DataError):
        Dataset.from_tfds(builder)  # which of the two classes is positive?


def test_what_is_no_data_set_of_ours_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError):
        built("no-such-data-set", tmp_path)
    with pytest.raises(DataError):
        built(7, tmp_path)  # type: ignore[arg-type]
    with pytest.raises(DataError, match="label, metadata, patient"):
        built(tfds.testing.DummyDataset(data_dir=tmp_path), tmp_path)
