"""The interval of the fitted models, compared with the interval of the procedure."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from radtl_tf.evaluation.evaluate import Evaluation, evaluate
from radtl_tf.evaluation.secondary.fitted_models import FITTED
from radtl_tf.records.runs import SELECTED


def test_the_mean_is_that_of_the_settings(evaluation: Evaluation) -> None:
    fitted = evaluation.secondary.fitted.set_index("scenario")
    chosen = evaluation.estimates[evaluation.estimates["learning_rate"] == SELECTED].set_index("scenario")
    assert set(fitted["metric"]) == {FITTED}
    assert fitted["mean"].to_dict() == pytest.approx(chosen["mean"].to_dict())
    assert (fitted["ci_low"] < fitted["mean"]).all() and (fitted["mean"] < fitted["ci_high"]).all()


def test_several_images_of_a_patient_widen_it(outcome: Callable[..., Path]) -> None:
    """Cases per patient and per image give the same result, up to the averaging of images."""
    by_image = evaluate(outcome("image", unit="image", backbones=("ResNet50",))).secondary.fitted
    by_patient = evaluate(outcome("patient", unit="patient", backbones=("ResNet50",))).secondary.fitted
    widths = [(table["ci_high"] - table["ci_low"]).mean() for table in (by_image, by_patient)]
    assert widths[0] > 0.7 * widths[1]
