"""One patient with many images is found, and named as the cause where folds cannot be drawn."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from radtl_tf.data.check.check_data import CheckData
from radtl_tf.data.check.dominant_patient import cause, cause_in, dominant_patient
from radtl_tf.data.check.findings import Examined
from radtl_tf.data.decoding.reading import Outcome
from radtl_tf.data.folds.draw import Fold
from radtl_tf.data.manifest.cases import Cases


def images(patients: list[str], labels: list[str], reading: Any) -> tuple[Examined, ...]:
    rows = enumerate(zip(patients, labels, strict=True), start=2)
    return tuple(Examined(n, Outcome("decoded", reading=reading()), (label,), patient=p) for n, (p, label) in rows)


@pytest.mark.parametrize(("hers", "num_found"), [(9, 0), (10, 1), (30, 1)])
def test_a_quarter_of_a_class_is_too_much(hers: int, num_found: int, reading: Any) -> None:
    patients = ["her"] * hers + [f"p{number}" for number in range(40 - hers)] + [f"q{number}" for number in range(40)]
    data = CheckData(images(patients, ["yes"] * 40 + ["no"] * 40, reading), None, None, 0)
    findings = list(dominant_patient(data))
    assert [finding.lines for finding in findings] == [tuple(range(2, 2 + hers))] * num_found
    assert bool(cause(data)) == bool(num_found)
    assert not any("her" in finding.message for finding in findings)


def test_half_of_a_test_fold_is_too_much(reading: Any) -> None:
    patients = ["her"] * 12 + [f"p{number}" for number in range(68)]
    truth = np.array([number % 2 for number in range(80)])
    known = CheckData(images(patients, list(map(str, truth)), reading), None, None, 0).patients
    cases = Cases(np.arange(80), truth, known, tuple(map(str, range(69))), ("0", "1"), "image")
    halves = np.arange(20, 50), np.arange(50, 80)
    for test, num_found in ((np.arange(20), 1), (np.arange(12, 32), 0)):
        fold = Fold(0, 0, *halves, test, fixed_epochs=False)
        plan = object()
        data = CheckData(images(patients, list(map(str, truth)), reading), cases, plan, 0, (fold,))  # type: ignore[arg-type]
        assert len(list(dominant_patient(data))) == num_found


def test_without_patients_nobody_dominates(reading: Any) -> None:
    data = CheckData(images([""] * 40, ["yes", "no"] * 20, reading), None, None, 0)
    assert list(dominant_patient(data)) == []


def test_a_refused_fold_names_the_patient_with_half_of_the_rare_stage() -> None:
    own, others = np.repeat(0, 20), np.arange(1, 61)
    patients, truth = np.concatenate([own, others]), np.concatenate([own, np.repeat([0, 1, 2], 20)])
    ids = tuple(map(str, range(61)))
    cases = Cases(np.arange(80), truth, patients, ids, ("CS1", "CS2", "CS3"), "image", "ordinal")
    assert "20 of the 40 images of class 'CS1'" in cause_in(cases)
    numbers = replace(cases, truth=truth + 0.5, classes=(), kind="regression")
    assert cause_in(numbers) == cause_in(replace(cases, patients=np.arange(80))) == ""
