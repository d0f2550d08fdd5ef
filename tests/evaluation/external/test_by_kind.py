"""The cases of a test as their kind of task needs them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from radtl_tf.data.manifest.cases import Cases
from radtl_tf.evaluation.external.by_kind import measured, scored_cases
from radtl_tf.evaluation.external.numbers import Numbers
from radtl_tf.records.experiment import Kind
from radtl_tf.records.runs import Target

NUMBER = 24
RANDOM = np.random.default_rng(3)


def cases(kind: Kind, truth: np.ndarray[Any, Any], classes: tuple[str, ...]) -> Cases:
    patients = np.arange(NUMBER)
    return Cases(patients, truth, patients, tuple(map(str, patients)), classes, "patient", kind)


@pytest.mark.parametrize(
    ("kind", "classes", "outputs", "main"),
    [
        ("binary", ("no", "yes"), 1, "auroc"),
        ("multiclass", ("a", "b", "c"), 3, "auroc"),
        ("ordinal", ("a", "b", "c"), 2, "auroc"),
        ("regression", (), 1, "mae"),
    ],
)
def test_each_kind_has_its_columns_and_its_main_metric(
    kind: Kind, classes: tuple[str, ...], outputs: int, main: str
) -> None:
    target = Target(kind, classes)
    truth = np.arange(NUMBER) % max(len(classes), 1) if classes else RANDOM.normal(12, 2, NUMBER)
    of = cases(kind, truth, classes)
    images = scored_cases(of, target, RANDOM.uniform(0.1, 0.9, (NUMBER, 2, outputs)))
    assert images.truth.shape == (NUMBER, outputs) == (NUMBER, len(target.truth))
    assert isinstance(images.images, Numbers) == (kind == "regression")
    found = measured(["m", "n"], images, of, label_unit="mm", threshold=None, seed=1)
    assert found.estimates[0].metric == found.comparisons[0].metric == main
    assert bool(found.confusions) == (kind == "ordinal")


def test_classes_in_another_order_than_the_target() -> None:
    of = cases("multiclass", np.arange(NUMBER) % 2, ("b", "a"))
    images = scored_cases(of, Target("multiclass", ("a", "b")), np.zeros((NUMBER, 1, 2)))
    assert images.truth[:, 1].tolist() == [1, 0] * 12
