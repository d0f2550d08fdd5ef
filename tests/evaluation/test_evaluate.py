from __future__ import annotations

import csv
import math
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from radtl_tf.errors import DataError
from radtl_tf.evaluation.evaluate import ESTIMATE_COLUMNS, Evaluation, evaluate, write_tables
from radtl_tf.evaluation.inference.corrected_t import fold_mean
from radtl_tf.evaluation.inference.repeated_folds import METHOD

Outcome = Callable[..., Path]


def read(path: Path) -> list[dict[str, str]]:
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_settings_come_first_then_scenarios_then_probes(evaluation: Evaluation) -> None:
    rates = evaluation.estimates["learning_rate"]
    assert rates[:8].eq("selected").all()
    assert rates[8:24].astype(float).between(1e-4, 1e-2).all()
    assert rates[24:].eq("").all()
    assert evaluation.estimates["tuning"][24:].eq("probe").all()


def test_a_scenarios_row_is_the_mean_of_its_folds(evaluation: Evaluation) -> None:
    row = evaluation.estimates.set_index("scenario").loc["ResNet50-imagenet-caffe-frozen-0.01"]
    aurocs = evaluation.folds.set_index("scenario").loc[row.name, "value"].to_numpy()
    expected = fold_mean(aurocs, 5)
    low, high = expected.interval()
    assert (row["mean"], row["sd"]) == pytest.approx((aurocs.mean(), aurocs.std(ddof=1)))
    assert (row["ci_low"], row["ci_high"]) == pytest.approx(expected.interval_of_share())
    assert (row["ci_low_by_folds"], row["ci_high_by_folds"]) == pytest.approx((low, min(high, 1)))
    assert "4 df" in row["method"]


def test_a_settings_row_takes_the_rate_of_lowest_inner_loss_in_each_fold(evaluation: Evaluation) -> None:
    folds = evaluation.folds
    own = folds[folds["scenario"].str.startswith("ResNet50-random-caffe-top10-")]
    best = own.loc[own.groupby("fold")["inner_loss"].idxmin(), "value"]
    row = evaluation.estimates.set_index("scenario").loc["ResNet50-random-caffe-top10"]
    assert row["mean"] == pytest.approx(best.mean())
    assert row["sd"] == pytest.approx(best.std(ddof=1))


def test_intervals_stay_inside_zero_and_one(outcome: Outcome) -> None:
    estimates = evaluate(outcome(signal={"imagenet": 6.0, "random": 2.0})).estimates
    known = estimates.dropna(subset=["ci_low", "ci_high"])
    assert known["ci_low"].ge(0).all()
    assert known["ci_high"].le(1).all()
    assert known["ci_high"].lt(1).all()  # on the scale of log-odds
    assert known["ci_high_by_folds"].eq(1).any()


def test_perfect_separation_has_no_interval_and_no_verdict(outcome: Outcome) -> None:
    folder = outcome(signal={"imagenet": 60.0, "random": 60.0}, noise=0.01)
    found = evaluate(folder)
    write_tables(folder, found)
    assert found.estimates["mean"].eq(1).all()
    assert found.estimates["ci_low"].isna().all()
    assert found.question is not None
    assert found.question.verdict == "undecided"
    assert read(folder / "comparisons.csv")[0]["p_value"] == ""


def test_the_published_table_is_mean_and_sd_over_scenarios(evaluation: Evaluation) -> None:
    scenarios = evaluation.estimates[8:24]
    for row in evaluation.published.to_dict("records"):
        means = scenarios[scenarios["weights"] == row["weights"]]["mean"]
        assert (row["scenarios"], row["mean"]) == (8, pytest.approx(means.mean()))
        assert row["sd"] == pytest.approx(means.std(ddof=1))


def test_the_published_table_has_the_alternative_of_uncertain_weights(outcome: Outcome) -> None:
    signal = {"radimagenet": 1.0, "imagenet": 1.0}
    found = evaluate(outcome(signal=signal, alternatives={"radimagenet": "zero_one"}, backbones=("ResNet50",)))
    table = found.published.set_index(["pixels", "weights"])
    assert list(table.index) == [("native", "radimagenet"), ("native", "imagenet"), ("alternative", "radimagenet")]
    own = found.estimates[found.estimates["pixels"] == "zero_one"].query("tuning != 'probe'")
    means = own[own["learning_rate"] != "selected"]["mean"]
    assert table.loc[("alternative", "radimagenet"), "mean"] == pytest.approx(means.mean())


def test_with_repeats_the_patients_give_the_interval_and_the_folds_are_beside_it(outcome: Outcome) -> None:
    found = evaluate(outcome(num_repeats=3, backbones=("ResNet50",)))
    assert found.estimates["method"].str.contains(rf"\b15 .*{METHOD}").all()
    assert found.question is not None
    by_folds = fold_mean(np.subtract(*found.question.folds[["first", "second"]].to_numpy().T), 5)
    row = found.comparisons.iloc[0]
    assert (row["ci_low_by_folds"], row["ci_high_by_folds"]) == pytest.approx(by_folds.interval())
    assert row["p_value_by_folds"] == pytest.approx(by_folds.p_value)
    assert (row["ci_low"], row["ci_high"]) == pytest.approx(found.question.test.interval())
    assert re.search(r"\b5 .*\b3 repeats", found.question.sentence)
    assert found.question.test.df > 100  # 240 patients of two classes


def test_files_hold_the_tables_in_full(finished: Path, evaluation: Evaluation) -> None:
    written = read(finished / "estimates.csv")
    assert list(written[0]) == list(ESTIMATE_COLUMNS)
    of_auroc = [row for row in written if row["metric"] == "auroc"]
    assert [float(row["mean"]) for row in of_auroc] == evaluation.estimates["mean"].tolist()
    compared = read(finished / "comparisons.csv")
    of_auroc = compared[: len(evaluation.comparisons)]
    assert [float(row["p_value"]) for row in of_auroc] == evaluation.comparisons["p_value"].tolist()
    assert [row["level"] for row in compared][:2] == ["question", "setting"]
    assert not [path.name for path in finished.iterdir() if path.name.endswith(".part")]


def test_twice_gives_the_same_bytes(outcome: Outcome) -> None:
    folder = outcome(backbones=("ResNet50",))
    contents = []
    for _ in range(2):
        write_tables(folder, evaluate(folder))
        contents.append([(folder / name).read_bytes() for name in ("estimates.csv", "comparisons.csv")])
    assert contents[0] == contents[1]


def test_no_text_can_be_a_formula_and_numbers_stay_numbers(outcome: Outcome) -> None:
    folder = outcome(backbones=("ResNet50",), signal={"@sum": 0.4, "=x": 1.2})
    write_tables(folder, evaluate(folder))
    rows = [*read(folder / "estimates.csv"), *read(folder / "comparisons.csv")]
    for row in rows:
        for name, cell in row.items():
            if cell[:1] in ("=", "+", "-", "@"):
                assert name.removesuffix("_by_folds") in ("difference", "mean", "ci_low", "ci_high")
                float(cell)
    assert {row["weights"] for row in rows if "weights" in row} == {"'@sum", "'=x"}
    assert any(cell["a"] == "'@sum" and cell["difference"].startswith("-") for cell in rows if "a" in cell)


def test_order_of_the_prediction_rows_does_not_matter(outcome: Outcome) -> None:
    folder = outcome(backbones=("ResNet50",))
    before = evaluate(folder)
    path = folder / "predictions.csv"
    header, *lines = path.read_text().splitlines(keepends=True)
    np.random.default_rng(0).shuffle(lines)
    path.write_text("".join([header, *lines]))
    after = evaluate(folder)
    pd.testing.assert_frame_equal(before.estimates, after.estimates)
    pd.testing.assert_frame_equal(before.comparisons, after.comparisons)


def test_a_missing_fold_writes_nothing(outcome: Outcome) -> None:
    folder = outcome(backbones=("ResNet50",))
    path = folder / "predictions.csv"
    path.write_text("".join(line for line in path.read_text().splitlines(keepends=True) if ",0,3,test," not in line))
    with pytest.raises(DataError, match="1 of 5 folds"):
        evaluate(folder)
    assert not (folder / "estimates.csv").exists()


def test_one_setting_and_one_weights_are_enough(outcome: Outcome) -> None:
    options = {"signal": {"imagenet": 1.0}, "tunings": {"full": (0.001,)}, "backbones": ("ResNet50",), "question": None}
    found = evaluate(outcome(**options))
    assert found.estimates["learning_rate"].tolist() == ["selected", "0.001", ""]
    assert found.estimates["mean"].iloc[0] == found.estimates["mean"].iloc[1]
    assert math.isnan(found.published["sd"].item())


def test_no_tensorflow_is_loaded() -> None:
    code = "import sys, radtl_tf.evaluation.evaluate; print([m for m in ('tensorflow', 'keras') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
