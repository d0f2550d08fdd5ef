"""The record of a source with labels; the stream is tested with ``experiment.weights.pretraining``."""

from __future__ import annotations

import pytest

from radtl_tf.experiment.weights.labeled import source_name
from radtl_tf.records.experiment import Task


@pytest.mark.parametrize(
    ("dataset", "name"), [("adld", "adld"), ("phantoms/skull", "phantoms/skull"), ("/x/knees", "knees")]
)
def test_the_record_names_a_builder_without_its_path(dataset: str, name: str) -> None:
    assert source_name(Task(positive="x", dataset=dataset)) == name
