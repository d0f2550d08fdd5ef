"""Reliability never pools folds, and recalibration never sees the test part."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit, logit
from scipy.stats import t

from radtl_tf.evaluation.evaluate import Evaluation, evaluate
from radtl_tf.evaluation.metrics.metric_table import OF_PROBABILITIES
from radtl_tf.evaluation.question.chosen_runs import Side
from radtl_tf.evaluation.results.run_parts import RunParts
from radtl_tf.evaluation.secondary.calibration import MAPS, reliability

Outcome = Callable[..., Path]


def drawn(shifts: list[float], number: int = 100) -> tuple[RunParts, Side]:
    """Return folds whose test scores are probabilities, except for a shift on the logit."""
    random = np.random.default_rng(0)
    folds = []
    for fold, shift in enumerate(shifts):
        x = random.normal(0, 1.5, number)
        truth = (random.random(number) < expit(x)).astype(int)
        like = {"scenario": "s", "repeat": 0, "fold": fold, "part": "test", "patient": ""}
        folds.append(pd.DataFrame({**like, "truth": truth, "score": expit(x + shift)}))
    rows = pd.concat(folds, ignore_index=True).rename_axis("example").reset_index()
    return RunParts(rows, "image"), Side("s", {(0, fold): (("s", 0, fold),) for fold in range(len(shifts))})


def test_probabilities_lie_on_the_diagonal() -> None:
    found = reliability(*drawn([0, 0], 20_000))
    assert found["share"].to_numpy() == pytest.approx(found["score"].to_numpy(), abs=0.03)
    assert found["bin"].tolist() == list(range(10))
    assert found["cases"].sum() == 40_000


def test_each_bin_is_the_mean_of_the_folds_bins() -> None:
    parts, side = drawn([-2, 2])
    found = reliability(parts, side)
    means = [np.array_split(np.sort(parts.test(("s", 0, fold)).score), 10) for fold in (0, 1)]
    expected = np.mean([[of_bin.mean() for of_bin in of_fold] for of_fold in means], axis=0)
    assert found["score"].to_numpy() == pytest.approx(expected)
    pooled = np.array_split(np.sort(np.concatenate([parts.test(("s", 0, fold)).score for fold in (0, 1)])), 10)
    assert found["score"][0] > pooled[0].mean() + 0.02  # pooled, the first bin would be of the first fold only


def test_the_interval_of_a_bin_is_by_the_corrected_t_and_stays_a_share() -> None:
    parts, side = drawn([-2, 0, 2])
    found = reliability(parts, side).dropna()
    assert ((found["share_low"] >= 0) & (found["share_high"] <= 1)).all()
    assert ((found["share_low"] <= found["share"]) & (found["share"] <= found["share_high"])).all()
    middle = found.iloc[len(found) // 2]
    half = t.ppf(0.975, 2) * middle["sd"] * np.sqrt(1 / 3 + 1 / 2)  # 3 folds: J = 3, test/training = 1/2
    assert middle["share_high"] == pytest.approx(min(middle["share"] + half, 1))


def test_few_cases_make_few_bins() -> None:
    assert len(reliability(*drawn([0, 0], 16))) == 3


def test_a_planted_distortion_is_taken_back(outcome: Outcome) -> None:
    folder = outcome(backbones=("ResNet50",), num_patients=800, unit="image", tunings={"frozen": (0.001,)})
    path = folder / "predictions.csv"
    table = pd.read_csv(path, dtype={"patient": str})
    table["score"] = expit(4 * logit(table["score"]) + 1)
    table.to_csv(path, index=False)
    found = evaluate(folder)
    before = found.secondary.metrics.estimates.set_index(["scenario", "metric"])["mean"]
    after = found.secondary.calibration.estimates.set_index(["scenario", "metric"])["mean"]
    for setting in found.record.settings:
        assert before[setting.name, "calibration slope"] < 0.5
        assert after[setting.name, "Platt scaling: calibration slope"] == pytest.approx(1, abs=0.45)
        for measure in ("Brier", "log loss", "ECE"):
            assert after[setting.name, f"Platt scaling: {measure}"] < before[setting.name, measure]
            assert after[setting.name, f"temperature: {measure}"] < before[setting.name, measure]


def test_maps_are_fitted_without_the_test_part(outcome: Outcome) -> None:
    folder = outcome(backbones=("ResNet50",), unit="image")
    first = evaluate(folder).secondary.calibration.estimates
    path = folder / "predictions.csv"
    table = pd.read_csv(path, dtype={"patient": str})
    at = (table["part"] == "inner") & (table["fold"] == 0)
    table.loc[at, "score"] = expit(logit(table.loc[at, "score"]) * 3)
    table.to_csv(path, index=False)
    second = evaluate(folder).secondary.calibration.estimates
    assert not np.allclose(first["mean"], second["mean"])
    test = table["part"] == "test"
    table.loc[test, "truth"] = 1 - table.loc[test, "truth"]
    table.to_csv(path, index=False)
    flipped = evaluate(folder).secondary.calibration.estimates
    slopes = second["metric"].str.endswith("slope")
    assert flipped.loc[slopes, "mean"].to_numpy() == pytest.approx(-second.loc[slopes, "mean"].to_numpy(), abs=1e-6)


def test_every_setting_has_every_map_and_measure(evaluation: Evaluation) -> None:
    found = evaluation.secondary.calibration
    assert len(found.estimates) == 8 * len(MAPS["binary"]) * len(OF_PROBABILITIES)
    assert found.reliability["scenario"].nunique() == 8
    assert found.notes == ()


def test_few_inner_patients_are_refused_and_balanced_classes_warned_of(outcome: Outcome) -> None:
    small = evaluate(outcome("small", backbones=("ResNet50",), num_patients=80, class_weights="balanced"))
    assert len(small.secondary.calibration.estimates) == 0
    assert len(small.secondary.calibration.reliability) > 0
    assert "5 of 5 inner parts" in small.secondary.calibration.notes[0]
    balanced = evaluate(outcome("large", backbones=("ResNet50",), class_weights="balanced"))
    assert any("Recalibration" in note for note in balanced.notes)
