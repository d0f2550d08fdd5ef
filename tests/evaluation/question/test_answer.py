from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from radtl_tf.evaluation.evaluate import Evaluation, evaluate
from radtl_tf.evaluation.formatting import number, p_text, range_text
from radtl_tf.evaluation.question.answer import margin_words, sentence
from radtl_tf.evaluation.question.contrasts import Contrast, judge
from radtl_tf.evaluation.question.inner_choice import Measured

Outcome = Callable[..., Path]
SENTENCE = re.compile(
    r"Per (?P<unit>\w+), imagenet minus random: AUROC (?P<difference>[+-]\d\.\d{3}) "
    r"\(95 % [a-z ]*(?P<low>-?\d\.\d{3}) to (?P<high>-?\d\.\d{3}), p (?P<p>[=<] \d\.\d{3}); [a-z ]+, "
    r"5 folds x 1 repeat, (?P<images>\d+) images of (?P<patients>\d+) patients\): (?P<verdict>\w+)"
)


def told(evaluation: Evaluation, differences: tuple[float, ...], margin: float = 0.02) -> str:
    """Return the sentence for given fold differences."""
    index = pd.MultiIndex.from_product([[0], range(5)], names=["repeat", "fold"])
    second = pd.Series(0.7, index)
    sides = Measured(second + np.array(differences)), Measured(second)
    contrast = Contrast("question", "imagenet", "random", *sides, "two ways")
    asked = replace(evaluation.record.experiment, question=replace(evaluation.record.asked, margin=margin))
    record = replace(evaluation.record, facts=replace(evaluation.record.facts, experiment=asked))
    return sentence(record, judge([contrast], 5, margin)[0])


def test_the_sentence_is_true_of_the_table(evaluation: Evaluation) -> None:
    assert evaluation.question is not None
    found = SENTENCE.match(evaluation.question.sentence)
    assert found
    row, data = evaluation.comparisons.iloc[0], evaluation.record.data
    assert float(found["difference"]) == pytest.approx(row["difference"], abs=5e-4)
    assert float(found["low"]) == pytest.approx(row["ci_low"], abs=5e-4)
    assert float(found["high"]) == pytest.approx(row["ci_high"], abs=5e-4)
    assert found["p"] == p_text(row["p_value"])
    assert (int(found["images"]), int(found["patients"])) == (data.examples, data.patients)
    assert found["unit"] == "patient"
    assert found["verdict"] == evaluation.question.verdict == row["outcome"] == "better"


@pytest.mark.parametrize(
    ("differences", "said"),
    [
        ((0.08, 0.10, 0.09, 0.11, 0.09), r"\): better\. "),
        ((-0.08, -0.10, -0.09, -0.11, -0.09), r"\): worse\. "),
        ((0.004, -0.003, 0.001, 0.0, 0.002), r"\): equivalent \(90 % [a-z ]*-0\.003 to 0\.005, [a-z ]+ 0\.02\)\. "),
        ((0.008, 0.010, 0.009, 0.011, 0.009), r"\): equivalent \(90 % [a-z ]*0\.008 to 0\.011, [a-z ]+ 0\.02, \w+ "),
        ((0.08, -0.10, 0.09, -0.02, 0.05), r"\): undecided \("),
        ((0.0, 0.0, 0.0, 0.0, 0.0), r"AUROC \+0\.000 \([^0-9]+;"),
    ],
)
def test_each_verdict_has_its_sentence(evaluation: Evaluation, differences: tuple[float, ...], said: str) -> None:
    found = told(evaluation, differences)
    assert re.search(said, found)
    assert "\n" not in found


def test_no_spread_is_undecided(evaluation: Evaluation) -> None:
    assert "): undecided. " in told(evaluation, (0.0,) * 5)


@pytest.mark.parametrize(
    ("signal", "verdict"),
    [
        ({"imagenet": 1.4, "random": 0.4}, "better"),
        ({"imagenet": 0.4, "random": 1.4}, "worse"),
        ({"imagenet": 1.0, "random": 1.0}, "equivalent"),
    ],
)
def test_verdicts_of_whole_experiments(outcome: Outcome, signal: dict[str, float], verdict: str) -> None:
    question = {"over": "grid", "margin": 0.1 if verdict == "equivalent" else 0.02}
    found = evaluate(outcome(signal=signal, unit="image", question=question)).question
    assert found is not None
    assert found.verdict == verdict
    assert "mage" in found.sentence.split(",")[0]
    assert sum(found.chances) == pytest.approx(1)
    assert np.argmax(found.chances) == ["better", "equivalent", "worse"].index(verdict)


UNCERTAIN = {
    "backbones": ("ResNet50",),
    "alternatives": {"radimagenet": "zero_one"},
}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("native", "alternative", "verdict", "agree"),
    [
        (2.5, 2.4, "better", True),
        (0.1, 0.2, "worse", True),
        (0.9, 0.9, "undecided", True),
        (2.5, 0.1, "undecided", False),
        (2.5, 0.9, "undecided", False),
    ],
)
def test_a_verdict_on_uncertain_weights_holds_under_both_conventions_or_is_undecided(
    outcome: Outcome, native: float, alternative: float, verdict: str, agree: bool
) -> None:
    under = {("radimagenet", "radimagenet"): native, ("radimagenet", "zero_one"): alternative}
    evaluation = evaluate(outcome(signal={"radimagenet": 1.0, "imagenet": 1.0}, under=under, **UNCERTAIN))
    found, rows = evaluation.question, evaluation.comparisons.query("level == 'question'")
    assert found is not None
    assert (found.verdict, found.agree) == (verdict, agree)
    assert (len(set(rows["outcome"])) == 1) == agree
    for _, row in rows.iterrows():  # both results are in the sentence, with their intervals
        assert number(row["difference"], sign=True) in found.sentence
        assert range_text(row["ci_low"], row["ci_high"]) in found.sentence
    assert (f"({verdict})" in found.sentence) == agree  # the common verdict is named once more
    assert all(f"under {pixels} pixels" in found.sentence for pixels in ("radimagenet", "zero_one"))


def test_certain_weights_are_read_once(evaluation: Evaluation) -> None:
    assert evaluation.question is not None
    assert len(evaluation.question.by_convention) == 1
    assert "public" not in evaluation.question.sentence


def test_choices_of_uncertain_weights_name_the_convention(outcome: Outcome) -> None:
    found = evaluate(outcome(signal={"radimagenet": 1.0, "imagenet": 1.0}, **UNCERTAIN)).question
    assert found is not None
    expected = {"radimagenet-radimagenet": 5, "radimagenet-zero_one": 5, "imagenet": 5}
    assert found.choices.groupby("weights")["times"].sum().to_dict() == expected
    own = found.choices["weights"] == "radimagenet-zero_one"
    assert found.choices[own]["scenario"].str.contains("-zero_one-").all()


def test_choices_count_every_fold_once(evaluation: Evaluation) -> None:
    assert evaluation.question is not None
    choices = evaluation.question.choices
    assert choices.groupby("weights")["times"].sum().to_dict() == {"imagenet": 5, "random": 5}
    assert not choices["scenario"].str.endswith("probe").any()


def test_nothing_is_chosen_over_the_grid(outcome: Outcome) -> None:
    found = evaluate(outcome(question={"over": "grid", "margin": 0.02})).question
    assert found is not None
    assert found.choices.empty


@pytest.mark.slow
@pytest.mark.parametrize(("repeats", "said"), [(1, "one draw"), (3, "3 draws")])
def test_random_weights_are_called_draws(outcome: Outcome, repeats: int, said: str) -> None:
    like = {"backbones": ("ResNet50",), "num_repeats": repeats}
    found = evaluate(outcome(**like)).question
    assert found and said in found.sentence
    other = evaluate(outcome("other", signal={"imagenet": 1.0, "mine": 0.5}, **like)).question
    assert other and "draw" not in other.sentence


@pytest.mark.parametrize(("margin", "word"), [(0.02, "default"), (0.03, "declared")])
def test_a_margin_that_was_not_set_is_called_the_default(evaluation: Evaluation, margin: float, word: str) -> None:
    assert margin_words(margin) == f"the {word} margin of {margin:g}"
    assert margin_words(margin) in told(evaluation, (0.001, -0.001, 0.002, 0.0, 0.0), margin)
