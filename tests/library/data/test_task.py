from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from radtl_tf.errors import ExperimentError
from radtl_tf.library.data.task import task_from, without_source

SOURCE: dict[str, Path | str] = {"manifest": Path("labels.csv")}


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        ({"positive": "sick"}, "binary"),
        ({"positive": 0}, "binary"),
        ({"label": "finding"}, "multiclass"),
        ({"label": ["x", "y"]}, "multilabel"),
        ({"label_separator": "|"}, "multilabel"),
        ({"label_separator": "|", "positive": "x"}, "binary"),
        ({"label_unit": "years"}, "regression"),
        ({"kind": "ordinal", "classes": ["a", "b", "c"]}, "ordinal"),
    ],
)
def test_the_kind_follows_from_what_is_said(given: dict[str, Any], kind: str) -> None:
    assert task_from(SOURCE, **given).kind == kind


def test_values_become_text() -> None:
    task = task_from(SOURCE, positive=False, label=3, patient=None)
    assert (task.positive, task.label, task.patient) == ("False", "3", None)


def test_contradictions_are_refused() -> None:
    with pytest.raises(ExperimentError):
        task_from(SOURCE, kind="binary")
    with pytest.raises(ExperimentError):
        task_from(SOURCE, kind="regression")  # no unit of the label
    with pytest.raises(ExperimentError):
        task_from(SOURCE, kind="ordinal")  # no stages
    with pytest.raises(ExperimentError):
        task_from(SOURCE, positive="sick", patient="id", one_image_per_patient=True)


def test_a_task_in_memory_names_no_file() -> None:
    task = without_source(task_from(SOURCE, positive="sick", images=Path("films")))
    assert (task.manifest, task.images, task.positive) == (None, None, "sick")
