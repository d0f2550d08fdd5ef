from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from html import unescape
from pathlib import Path

import pytest

from radtl_tf.evaluation.evaluate import Evaluation, evaluate
from radtl_tf.report.results.forest import conventions_figure, forest_figure, pairs_figure

Outcome = Callable[..., Path]


def forest(evaluation: Evaluation) -> str:
    return forest_figure(evaluation).svg


def pairs(evaluation: Evaluation) -> str:
    figure = pairs_figure(evaluation)
    assert figure is not None
    return figure.svg


def texts(svg: str) -> list[str]:
    return ["".join(element.itertext()).strip() for element in ElementTree.fromstring(svg).iter("text")]


def test_the_forest_names_every_setting_with_its_numbers(evaluation: Evaluation) -> None:
    found = texts(forest(evaluation))
    assert [text for text in found if ", " in text] == [
        *("ResNet50, frozen", "ResNet50, top10", "InceptionV3, frozen", "InceptionV3, top10")
    ]
    assert found.count("imagenet") == found.count("random") == 4
    first = evaluation.estimates.iloc[0]
    assert f"{first['mean']:.3f} ({first['ci_low']:.3f} to {first['ci_high']:.3f})" in found


def test_the_pairs_show_one_line_per_fold(evaluation: Evaluation) -> None:
    assert evaluation.question is not None
    svg = pairs(evaluation)
    means = evaluation.question.folds[["first", "second"]].mean()
    assert {f"{mean:.3f}" for mean in means} <= set(texts(svg))
    assert svg.count("stroke: var(--faint); stroke-width: 0.8; stroke-linecap: square") == 5


def test_the_pairs_of_uncertain_weights_show_both_readings(outcome: Outcome) -> None:
    signal = {"radimagenet": 1.0, "imagenet": 1.0}
    found = evaluate(outcome(signal=signal, alternatives={"radimagenet": "zero_one"}, backbones=("ResNet50",)))
    assert found.question is not None
    svg = pairs(found)
    names = [text for text in texts(svg) if "imagenet" in text]
    assert names == ["radimagenet-radimagenet", "imagenet", "radimagenet-zero_one", "imagenet"]
    assert svg.count("stroke: var(--faint); stroke-width: 0.8; stroke-linecap: square") == 2 * 5


def test_conventions_show_the_difference_of_head_and_probe(outcome: Outcome) -> None:
    found = evaluate(outcome(backbones=("ResNet50",), pixels=("caffe", "tf", "zero_one")))
    assert found.ablation is not None and found.ablation.probe is not None
    figure = conventions_figure(found)
    assert figure is not None
    svg = figure.svg
    shown = texts(svg)
    assert [text for text in shown if text in ("caffe", "tf", "zero_one")] == ["caffe", "tf", "zero_one"]
    assert {"trained head", "linear probe", "imagenet - random, AUROC"} <= set(shown)
    for row in (*found.ablation.trained.rows, *found.ablation.probe.rows):
        low, high = row.test.interval()
        assert f"{row.test.mean:+.3f} ({low:.3f} to {high:.3f})".replace("-0.000", "0.000") in shown
    assert "http" not in svg and "var(--series-2)" in svg


def test_figures_follow_the_page_and_refer_to_nothing(evaluation: Evaluation) -> None:
    assert evaluation.question is not None
    for svg in (forest(evaluation), pairs(evaluation)):
        assert svg.startswith('<svg role="img" aria-label="')
        assert "viewBox" in svg.split(">")[0]
        assert "http" not in svg
        assert not re.search(r"#0[123]0[123]0\d", svg)  # every placeholder color became a variable
        assert "var(--series-1)" in svg
        assert "var(--series-2)" in svg
        assert "var(--ink)" in svg


def test_the_same_numbers_give_the_same_bytes(evaluation: Evaluation) -> None:
    assert forest(evaluation) == forest(evaluation)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["<script>alert(1)</script>", r"$\frac{1}$ & _x", "_hidden", "骨"])
def test_names_are_text_whatever_they_look_like(outcome: Outcome, name: str) -> None:
    found = evaluate(outcome(signal={name: 1.0, "random": 0.5}, backbones=("ResNet50",)))
    assert found.question is not None
    for svg in (forest(found), pairs(found)):
        assert "<script" not in svg
        assert name in texts(svg)
        assert name in unescape(svg.split("<desc>")[1].split("</desc>")[0])


def test_rows_tell_conventions_apart_where_there_are_several(outcome: Outcome) -> None:
    found = texts(forest(evaluate(outcome(backbones=("ResNet50",), pixels=("native", "tf")))))
    assert {"imagenet (caffe)", "imagenet (tf)", "random (caffe)", "random (tf)"} <= set(found)


def test_more_weights_than_colors_are_drawn(outcome: Outcome) -> None:
    signal = {f"w{number}": 0.5 + number / 10 for number in range(8)}
    found = evaluate(outcome(signal=signal, backbones=("ResNet50",), tunings={"frozen": (0.01,)}))
    assert {f"w{number}" for number in range(8)} <= set(texts(forest(found)))


def test_values_without_spread_are_drawn_without_interval(outcome: Outcome) -> None:
    found = evaluate(outcome(signal={"a": 60.0, "b": 60.0}, noise=0.01, backbones=("ResNet50",)))
    assert "1.000 (-)" in texts(forest(found))


def test_the_alternative_text_says_the_numbers(evaluation: Evaluation, outcome: Outcome) -> None:
    figure = forest_figure(evaluation)
    first = evaluation.estimates.iloc[0]
    assert figure.alt.startswith(f"ResNet50, frozen, imagenet: {first['mean']:.3f} ({first['ci_low']:.3f} to ")
    question = pairs_figure(evaluation)
    assert question is not None and evaluation.question is not None
    better = int((evaluation.question.folds["first"] > evaluation.question.folds["second"]).sum())
    assert question.alt == f"imagenet is above random in {better} of 5 folds."


def test_without_a_question_there_are_no_pairs_and_no_conventions(outcome: Outcome) -> None:
    found = evaluate(outcome(question=None, backbones=("ResNet50",)))
    assert pairs_figure(found) is None
    assert conventions_figure(found) is None
