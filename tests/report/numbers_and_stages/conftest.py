"""Reports on a regression and on an ordinal task, drawn once."""

from __future__ import annotations

from types import ModuleType

import pytest

from radtl_tf.evaluation.evaluate import Evaluation, evaluate

SMALL = {"backbones": ("ResNet50",), "tunings": {"frozen": (0.01, 0.001)}, "num_patients": 120}


@pytest.fixture(scope="package")
def regression(synthetic: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Evaluation:
    asked = {"over": "selected", "margin": 0.25}
    made = synthetic.Synthetic(**SMALL, kind="regression", question=asked, shares=(0.5, 1.0))
    return evaluate(synthetic.write_synthetic(tmp_path_factory.mktemp("regression"), made))


@pytest.fixture(scope="package")
def ordinal(synthetic: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Evaluation:
    made = synthetic.Synthetic(**SMALL, kind="ordinal", classes=("CS1", "CS2", "CS3"), num_repeats=2)
    return evaluate(synthetic.write_synthetic(tmp_path_factory.mktemp("ordinal"), made))
