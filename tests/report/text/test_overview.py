"""The lines above the answer follow the experiment."""

from __future__ import annotations

from collections.abc import Callable

from radtl_tf.evaluation.evaluate import Evaluation
from radtl_tf.report.text.overview import overview


def test_task_counts_backbones_and_date_are_there(evaluation: Evaluation, changed: Callable[..., Evaluation]) -> None:
    found, data = overview(evaluation), evaluation.record.data
    assert "present against absent" in found["Task"]
    assert f"{data.examples} images of {data.patients} patients" == found["Data"]
    assert f"present ({data.counts['present'].images} images" in found["Classes"]
    assert found["Backbones"] == "ResNet50 and InceptionV3"
    assert "Planned" not in found
    assert overview(changed(evaluation, fixed_since="2026-11-30"))["Planned"] == "2026-11-30"
