from __future__ import annotations

import math
import time

import numpy as np
import pandas as pd
import pytest

from radtl_tf.errors import DataError
from radtl_tf.evaluation.results.units import by_unit, fold_values
from radtl_tf.records.runs import Target


def rows(*cases: tuple[str, str, int, float]) -> pd.DataFrame:
    """Return predictions of one run: part, patient, truth, score."""
    return pd.DataFrame(
        [
            ("s", 0, 0, part, number, patient, truth, score)
            for number, (part, patient, truth, score) in enumerate(cases)
        ],
        columns=["scenario", "repeat", "fold", "part", "example", "patient", "truth", "score"],
    )


def test_a_patient_counts_once_with_the_mean_score() -> None:
    table = rows(("test", "x", 1, 0.2), ("test", "x", 1, 0.6), ("test", "y", 0, 0.3), ("test", "z", 1, 0.1))
    units = by_unit(table, "patient").set_index("patient")
    assert units["score"].to_dict() == pytest.approx({"x": 0.4, "y": 0.3, "z": 0.1})
    assert fold_values(table, "patient")["value"].item() == pytest.approx(1 / 2)
    assert fold_values(table, "image")["value"].item() == pytest.approx(1 / 3)


def test_a_patient_with_both_classes_needs_images_as_units() -> None:
    table = rows(("test", "zz-secret", 1, 0.2), ("test", "zz-secret", 0, 0.6), ("test", "y", 0, 0.3))
    with pytest.raises(DataError, match=r"\b1 patients.*unit = 'image'") as caught:
        fold_values(table, "patient")
    assert "zz-secret" not in str(caught.value)
    assert fold_values(table, "image")["value"].item() == 0


def test_inner_and_test_rows_are_kept_apart() -> None:
    table = rows(
        *(("test", "a", 0, 0.1), ("test", "b", 1, 0.9)),
        *(("inner", "c", 0, 0.8), ("inner", "d", 1, 0.6), ("inner", "d", 1, 0.4)),
    )
    found = fold_values(table, "patient").iloc[0]
    assert found["value"] == 1
    assert found["inner_value"] == 0
    assert found["inner_loss"] == pytest.approx(-np.log([0.2, 0.6, 0.4]).mean())  # per image, as in training


def test_without_inner_rows_there_is_no_inner_value() -> None:
    found = fold_values(rows(("test", "a", 0, 0.1), ("test", "b", 1, 0.9)), "image").iloc[0]
    assert math.isnan(found["inner_loss"])
    assert math.isnan(found["inner_value"])


def test_the_published_grid_takes_seconds() -> None:
    random = np.random.default_rng(0)
    runs = pd.MultiIndex.from_product([[f"s{n}" for n in range(48)], [0], range(5), range(1000)])
    table = runs.to_frame(index=False, name=["scenario", "repeat", "fold", "example"])
    table["patient"] = (table["example"] // 2).astype(str)
    table["part"] = np.where(table["example"] % 10 < 6, "test", "inner")
    table["truth"] = table["example"] // 2 % 2
    table["score"] = random.random(len(table))
    start = time.perf_counter()
    found = fold_values(table, "patient")
    assert time.perf_counter() - start < 10
    assert len(found) == 240
    assert found["value"].between(0.3, 0.7).all()


def test_a_label_of_a_patient_is_that_of_the_images_where_it_is_known() -> None:
    table = rows(*(("test", patient, 0, 0.5) for patient in "xxyy")).drop(columns=["truth", "score"])
    table = table.assign(truth_a=[np.nan, 1, 0, np.nan], truth_b=[1, 1, np.nan, np.nan], score_a=0.5, score_b=0.5)
    target = Target("multilabel", ("a", "b"))
    units = by_unit(table, "patient", target).set_index("patient")
    assert units["truth_a"].to_dict() == {"x": 1, "y": 0}
    assert units["truth_b"].isna().to_dict() == {"x": False, "y": True}
    with pytest.raises(DataError, match=r"\b1 patients"):
        by_unit(table.assign(truth_a=[0, 1, 0, np.nan]), "patient", target)


def test_numbers_have_the_mean_absolute_error_of_the_mean_prediction() -> None:
    number = Target("regression", ())
    table = rows(("test", "x", 10, 8.0), ("test", "x", 10, 14.0), ("test", "y", 7, 4.0), ("inner", "z", 5, 9.0))
    found = fold_values(table, "patient", number).iloc[0]
    assert (found["value"], found["inner_value"], found["inner_loss"]) == (2, 4, 4)  # x: |11 - 10|, y: 3
    assert fold_values(table, "image", number)["value"].item() == 3


def test_a_patient_with_several_numbers_needs_images_as_cases() -> None:
    table = rows(("test", "x", 10, 8.0), ("test", "x", 11, 14.0))
    with pytest.raises(DataError, match="1 patients have images with different numbers.*unit = 'image'"):
        by_unit(table, "patient", Target("regression", ()))
