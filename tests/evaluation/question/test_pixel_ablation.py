"""Does the difference survive the convention? The sentence agrees with the table."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from radtl_tf.evaluation.evaluate import Evaluation, evaluate
from radtl_tf.evaluation.inference.comparison import ALPHA, holm
from radtl_tf.evaluation.question.pixel_ablation import survival

Outcome = Callable[..., Path]
PIXELS = ("caffe", "tf", "zero_one")
OTHERS = ("radimagenet", "tf", "zero_one")


@pytest.mark.parametrize(
    ("verdicts", "changed", "expected"),
    [
        (("better", "better"), False, "survives"),
        (("better", "better"), True, "survives"),  # not in size, but in sign under every convention
        (("worse", "worse", "worse"), False, "survives"),
        (("better", "worse"), True, "does not survive"),
        (("better", "equivalent"), False, "does not survive"),
        (("better", "undecided"), False, "undecided"),
        (("better", "undecided"), True, "does not survive"),
        (("undecided", "undecided"), False, "undecided"),
        (("undecided", "undecided"), True, "does not survive"),
        (("equivalent", "undecided"), False, "undecided"),
        (("equivalent", "equivalent"), False, "no difference"),
    ],
)
def test_what_becomes_of_a_difference(verdicts: tuple, changed: bool, expected: str) -> None:
    assert survival(verdicts, changed=changed) == expected


def ablated(outcome: Outcome, imagenet: dict[str, float], **like: object) -> Evaluation:
    """Evaluate an experiment with these signals of imagenet; random has 1 everywhere."""
    under = {("imagenet", name): value for name, value in imagenet.items()}
    under |= {("random", name): 1.0 for name in imagenet}
    options = {"backbones": ("ResNet50",), "num_patients": 400, "noise": 0.2, "pixels": tuple(imagenet), **like}
    return evaluate(outcome(under=under, **options))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("signals", "expected"),
    [((1.9, 1.8, 1.9), "survives"), ((1.9, 0.3, 1.0), "does not survive"), ((1.02, 1.0, 1.03), "undecided")],
)
def test_the_sentence_is_true_of_the_table(outcome: Outcome, signals: tuple[float, ...], expected: str) -> None:
    evaluation = ablated(outcome, dict(zip(PIXELS, signals, strict=True)))
    found = evaluation.ablation
    assert found is not None and found.probe is not None
    assert found.trained.survival == expected
    for level, sentence in zip(("pixels", "pixels-probe"), found.sentences, strict=True):
        assert ("probe" in sentence) == (level == "pixels-probe")
        rows = evaluation.comparisons[evaluation.comparisons["level"] == level]
        values = [f"{value:+.3f}" for value in rows["difference"]]
        assert re.search("nder caffe, tf and zero_one, imagenet minus random ", sentence)
        assert re.findall(r"[+-]\d\.\d{3}", sentence)[:3] == values
        assert f"above 0 under {sum(value[0] == '+' and float(value) > 0 for value in values)} of 3" in sentence
        assert re.search(rf"margin of 0\.02 under {(rows['difference'].abs() > 0.02).sum()}\b", sentence)
        for word in ("better", "worse", "equivalent", "undecided"):
            count = (rows["outcome"] == word).sum()
            assert (f"{word} under" in sentence) == (count > 0)
            assert (f"{word} under all 3" in sentence) == (count == 3)
    told = {word: f"difference {word}" in found.sentences[0] for word in ("survives", "does not survive")}
    assert told == {word: word == expected or word == "survives" and expected == "undecided" for word in told}
    assert ("undecided whether" in found.sentences[0]) == (expected == "undecided")


@pytest.mark.slow
def test_changes_from_the_questions_convention_are_tested(outcome: Outcome) -> None:
    evaluation = ablated(outcome, {"tf": 0.3, "caffe": 1.9})
    found, rows = evaluation.ablation, evaluation.comparisons.query("level == 'change'")
    assert found is not None
    assert rows["b"].tolist() == ["caffe pixels"]  # imagenet's own, though it is listed last
    assert rows["p_adjusted"].iloc[0] < ALPHA
    assert f"under tf ({rows['difference'].iloc[0]:+.3f})" in found.sentences[0]
    same = ablated(lambda **like: outcome("same", **like), {"caffe": 1.9, "tf": 1.9}).ablation
    assert same is not None
    assert same.trained.changed == []
    assert not re.search(r"under \w+ \([+-]", same.sentences[0])


def test_p_is_adjusted_over_the_conventions(outcome: Outcome) -> None:
    found = ablated(outcome, dict.fromkeys(PIXELS, 1.1)).ablation
    assert found is not None
    assert found.probe
    rows = [row for series in (found.trained, found.probe) for row in (*series.rows, *series.changes)]
    adjusted = holm([row.test.p_value for row in rows])
    assert len(rows) == 2 * (3 + 2) and [row.p_adjusted for row in rows] == pytest.approx(adjusted)


@pytest.mark.slow
def test_one_convention_is_no_ablation(evaluation: Evaluation, outcome: Outcome) -> None:
    assert evaluation.ablation is None
    assert evaluate(outcome(pixels=("native", "caffe"), backbones=("ResNet50",))).ablation is None  # the same twice
    assert evaluate(outcome("none", pixels=PIXELS, question=None, backbones=("ResNet50",))).ablation is None


def test_the_head_of_the_experiment_is_known(outcome: Outcome) -> None:
    found = ablated(outcome, dict.fromkeys(PIXELS, 1.1), head_input="raw").ablation
    assert found is not None
    assert found.head_input == "raw"
