"""The certificate counts what is in the files, and a patient in two parts is an error."""

from __future__ import annotations

import hashlib

import pandas as pd
import pytest

from radtl_tf.errors import DataError
from radtl_tf.evaluation.review.separate_patients import certify, patients_hash

PARTS = {"a": "train", "b": "train", "c": "inner", "d": "test", "e": "test"}  # of fold 0; fold 1 swaps them
OTHER = {"a": "test", "b": "test", "c": "test", "d": "train", "e": "inner"}


def folds_of(*parts: dict[str, str]) -> pd.DataFrame:
    """Return a row per fold and image: patient ``a`` has two images, the others one."""
    rows = [
        (example, patient, 0, fold, of_fold[patient])
        for fold, of_fold in enumerate(parts)
        for example, patient in enumerate("aabcde")
    ]
    return pd.DataFrame(rows, columns=["example", "patient", "repeat", "fold", "part"])


def predicted(folds: pd.DataFrame) -> pd.DataFrame:
    return folds[folds["part"] != "train"].assign(scenario="s")


def test_counts_and_hash_of_each_part() -> None:
    folds = folds_of(PARTS, OTHER)
    found = certify(folds, predicted(folds), [["a", "b"]])
    assert found.num_folds == 2 and found.num_groups == 1
    train = found.parts.set_index(["repeat", "fold", "part"]).loc[(0, 0, "train")]
    assert (train["images"], train["patients"]) == (3, 2)
    assert train["sha256"] == hashlib.sha256(b"a\nb").hexdigest()


def test_the_hash_does_not_depend_on_order_or_repetition() -> None:
    assert patients_hash(["b", "a", "b"]) == patients_hash(["a", "b"]) != patients_hash(["a"])


def test_without_a_record_of_groups_nothing_is_said_about_them() -> None:
    folds = folds_of(PARTS, OTHER)
    assert certify(folds, predicted(folds), None).num_groups is None


def test_a_patient_in_two_parts_is_an_error() -> None:
    folds = folds_of(PARTS, OTHER)
    folds.loc[1, "part"] = "test"  # the second image of a, in fold 0
    with pytest.raises(DataError, match="two parts of a fold .repeat 0, fold 0"):
        certify(folds, predicted(folds), [])


def test_a_divided_group_is_an_error() -> None:
    folds = folds_of(PARTS, OTHER)
    with pytest.raises(DataError, match="share an image"):
        certify(folds, predicted(folds), [["b", "c"]])


def test_a_patient_who_is_never_tested_is_an_error() -> None:
    folds = folds_of(PARTS, {**OTHER, "c": "train"})
    with pytest.raises(DataError, match="1 patients are never tested"):
        certify(folds, predicted(folds), [])


@pytest.mark.parametrize("change", [{"part": "inner"}, {"patient": "a"}, {"example": 0}])
def test_a_prediction_of_another_part_or_patient_is_an_error(change: dict[str, object]) -> None:
    folds = folds_of(PARTS, OTHER)
    rows = predicted(folds)
    rows.loc[rows["patient"] == "d", list(change)] = list(change.values())
    with pytest.raises(DataError, match="another part or of another patient"):
        certify(folds, rows, [])


def test_a_test_image_that_was_not_predicted_is_an_error() -> None:
    folds = folds_of(PARTS, OTHER)
    rows = predicted(folds)
    with pytest.raises(DataError, match="5 of 6 test images"):
        certify(folds, rows[(rows["patient"] != "d") | (rows["part"] != "test")], [])
