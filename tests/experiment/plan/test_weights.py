"""The weights of a plan."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from radtl_tf.errors import WeightsError
from radtl_tf.experiment.plan.networks import Networks
from radtl_tf.experiment.plan.weights import check_weights
from radtl_tf.models.weights import sources, verified
from radtl_tf.records.disk import read_json


def test_a_wrong_weights_file_stops_before_anything_is_written(make_plan: Any, tmp_path: Path) -> None:
    whole = (tmp_path / "tiny.h5").read_bytes()
    (tmp_path / "tiny.h5").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(WeightsError, match="not HDF5"):
        make_plan()
    assert not (tmp_path / "out").exists()


def test_a_file_that_has_passed_the_check_is_not_loaded_to_check_it(
    plan_on_read_images: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = plan_on_read_images()
    monkeypatch.setattr(sources, "read_start", lambda *_, **__: 1 / 0)
    check_weights(plan.records, 32, Networks())
    monkeypatch.setattr(verified, "_RULES", 2)
    with pytest.raises(ZeroDivisionError):
        check_weights(plan.records, 32, Networks())


def test_weights_of_an_uncertain_convention_are_recorded_with_both(make_plan: Any, tiny_backbone: str) -> None:
    plan = make_plan(weights={"mine": {"files": {tiny_backbone: "tiny.h5"}, "pixels": "radimagenet"}})
    rows = [row for row in read_json(plan.folder.experiment)["weights"] if row["name"] == "mine"]
    assert [(row["pixels"], row["alternative_pixels"]) for row in rows] == [
        ("radimagenet", "zero_one"),
        ("zero_one", "zero_one"),
    ]
    assert all(
        "alternative_pixels" not in row for row in read_json(plan.folder.experiment)["weights"] if row not in rows
    )
