from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from radtl_tf.experiment.plan.image_summary import write_inputs
from radtl_tf.experiment.plan.plan import Plan
from radtl_tf.records.disk import read_json
from radtl_tf.records.folder import OutputFolder


def test_planning_writes_what_the_images_are_like(make_plan: Callable[..., Plan]) -> None:
    plan = make_plan()
    found = read_json(plan.folder.inputs)
    assert found["images"] == found["patients"] == 60
    assert found["descriptors"]["height"] == [40] * 5
    assert 0.2 < found["descriptors"]["mean"][2] < 0.6


def test_what_is_written_stays(tmp_path: Path, reading: Any) -> None:
    folder = OutputFolder(tmp_path)
    write_inputs(folder, [reading()], 1)
    write_inputs(folder, [reading(), reading()], 2)
    assert read_json(folder.inputs)["images"] == 1
