"""What a regression's report shows, and what it must not say."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from radtl_tf.errors import ExperimentError
from radtl_tf.evaluation.evaluate import Evaluation, evaluate, tables_of
from radtl_tf.evaluation.question.answer import margin_words
from radtl_tf.evaluation.question.learned import CHANCE
from radtl_tf.library.results.answer import answer_from
from radtl_tf.library.results.plots import Plots
from radtl_tf.report.numbers_and_stages.agreement import NOT_DRAWN, bland_altman_figure, conformal_table, scatter_figure
from radtl_tf.report.pages.experiment import report_html, report_markdown
from radtl_tf.report.pages.sections import contents
from radtl_tf.report.results.difference import difference_figure
from radtl_tf.report.text.advice import advice, headline
from radtl_tf.report.text.label_range import label_range


def test_a_lower_error_is_better(regression: Evaluation) -> None:
    answer = regression.question
    assert answer and answer.test.mean < 0
    assert answer.verdict == "better"
    assert answer.chances[0] > answer.chances[2]
    means = answer.folds[["first", "second"]].mean()
    assert headline(answer) == "imagenet better than random"
    assert advice(answer, regression.learned).index(f"{means['first']:.3f} years with imagenet") > 0
    assert "A lower MAE is better" in answer.sentence
    assert margin_words(answer.margin, answer.in_unit) in report_markdown(regression, contents(regression))
    assert all(row.is_ahead and row.outcome == "lower" for row in regression.learned.rows if row.other == CHANCE)


def test_no_sentence_of_the_report_is_about_another_metric(regression: Evaluation) -> None:
    found = contents(regression)
    text = report_markdown(regression, found) + report_html(regression, found)
    text += "".join(figure.title + figure.caption + figure.alt for figure in found.figures)
    assert re.findall(r"AUROC|nats|sensitivity \(recall\)|[Ll]ogistic regression on", text) == []
    assert {"scatter", "bland-altman", "forest", "pairs", "learning", "courses"} <= {one.key for one in found.figures}
    assert {"roc", "precision-recall", "calibration", "risk-coverage", "confusion"}.isdisjoint(
        one.key for one in found.figures
    )
    keys = {table.key for table in found.tables}
    assert {"conformal", "secondary", "agreement", "learned", "data", "folds"} <= keys
    assert {"classes", "stages", "recalibration", "reliability", "selective", "fitted"}.isdisjoint(keys)


def test_every_row_of_the_tables_has_its_metric(regression: Evaluation) -> None:
    tables = tables_of(regression)
    assert set(tables["comparisons"].query("level == 'question'")["metric"]) == {"mae"}
    first = tables["estimates"].iloc[0]
    assert first["metric"] == "mae" and 0 < first["ci_low"] < first["mean"] < first["ci_high"]
    assert first["mean"] - first["ci_low"] < first["ci_high"] - first["mean"]  # on the log scale
    assert "on the log scale" in first["method"]


def test_the_figures_say_what_they_show(regression: Evaluation, ordinal: Evaluation) -> None:
    scatter, bland = scatter_figure(regression), bland_altman_figure(regression)
    assert scatter and bland
    assert "truth (years)" in scatter.svg and "prediction - truth (years)" in bland.svg
    assert "limits of agreement" in bland.alt
    assert scatter_figure(ordinal) is None
    assert conformal_table(ordinal).rows == ()
    assert conformal_table(regression).columns[-2] == "Half-width (years)"


def test_the_library_names_metric_and_unit_and_refuses_other_figures(regression: Evaluation) -> None:
    assert regression.question
    answer = answer_from(regression.question)
    assert (answer.metric, answer.unit, answer.verdict) == ("MAE", "years", "better")
    plots: list[Callable[[], object]] = [Plots(lambda: regression).roc, Plots(lambda: regression).calibration]
    for plot in plots:
        with pytest.raises(ExperimentError, match=r"A regression has no .* plot\.forest"):
            plot()
    assert Plots(lambda: regression).forest().get_xlabel().startswith("test MAE (years)")


def test_the_summary_says_on_which_side_the_better_weights_are(regression: Evaluation, ordinal: Evaluation) -> None:
    error, area = difference_figure(regression), difference_figure(ordinal)
    assert error and "Left of 0 imagenet is better" in error.caption and "0.25 years" in error.caption
    assert "test MAE (years)" in error.svg
    assert area and "Right of 0 imagenet is better" in area.caption


def test_ages_above_89_are_neither_named_nor_drawn(outcome: Callable[..., Path]) -> None:
    folder = outcome(kind="regression", question={"margin": 0.5}, backbones=("ResNet50",), tunings={"frozen": (0.01,)})
    table = pd.read_csv(folder / "predictions.csv", dtype={"patient": str})
    oldest = table["truth"] == table["truth"].max()
    table.loc[oldest, "truth"] = 93.4
    table.to_csv(folder / "predictions.csv", index=False)
    found = evaluate(folder)
    assert "90 or more years" in label_range(found) and "93" not in label_range(found)
    figure = scatter_figure(found)
    assert figure and figure.caption.endswith(NOT_DRAWN)
    assert np.isclose(found.secondary.cases["truth"].astype(float).max(), 93.4)
