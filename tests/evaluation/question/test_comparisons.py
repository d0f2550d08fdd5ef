"""Outcome and reason of a comparison are fields; ``comparisons.csv`` has both in its note."""

from __future__ import annotations

from radtl_tf.evaluation.inference.corrected_t import FoldMean
from radtl_tf.evaluation.question.comparisons import COMPARISON_COLUMNS, as_written, comparison, comparison_frame

TEST = FoldMean(mean=0.1, sd=0.02, standard_error=0.01, df=4)
SHARP = FoldMean(mean=0.1, sd=0.02, standard_error=0.005, df=61.7, method="another method")


def test_outcome_and_reason_are_fields_and_one_note_when_written() -> None:
    row = comparison("grid", ("a", "b"), "auroc", SHARP, 0.02, "better", "mean over 4 scenarios each", by_folds=TEST)
    frame = comparison_frame([row])
    assert frame.loc[0, ["outcome", "reason"]].tolist() == ["better", "mean over 4 scenarios each"]
    written = as_written(frame)
    assert tuple(written.columns) == COMPARISON_COLUMNS
    assert written.loc[0, "note"] == "better; mean over 4 scenarios each"
    assert (written.loc[0, "difference"], written.loc[0, "p_adjusted"]) == (0.1, 0.02)
    assert written.loc[0, ["ci_low_by_folds", "ci_high_by_folds"]].tolist() == list(TEST.interval())
    assert written.loc[0, "p_value_by_folds"] > written.loc[0, "p_value"]


def test_the_method_says_whether_p_is_adjusted() -> None:
    methods = [
        comparison("setting", ("a", "b"), "auroc", SHARP, 0.02, "undecided", "", family).method
        for family in ("", "all settings")
    ]
    assert ["another method, 62 df" in method for method in methods] == [True, True]
    assert ["Holm" in method and "all settings" in method for method in methods] == [False, True]


def test_without_a_comparison_the_table_still_has_its_columns() -> None:
    assert tuple(as_written(comparison_frame([])).columns) == COMPARISON_COLUMNS
