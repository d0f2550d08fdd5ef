"""Names in the records."""

from __future__ import annotations

from radtl_tf.records.experiment import TuningAxis


def test_a_tuning_is_named_by_its_mode_and_its_layers() -> None:
    names = [
        TuningAxis(mode="frozen", learning_rates=(0.1,)).name,
        TuningAxis(mode="topK", layers=25, learning_rates=(0.1,)).name,
    ]
    assert names == ["frozen", "topK25"]
