"""The probability of a false claim: the published posterior, and which decisions it counts."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from radtl_tf.evaluation.evaluate import Evaluation, evaluate
from radtl_tf.evaluation.inference.corrected_t import FoldMean
from radtl_tf.evaluation.review.false_claim import claim_is_false, false_claim

Outcome = Callable[..., Path]
SMALL = {"backbones": ("ResNet50",), "tunings": {"frozen": (0.01,)}, "probes": False}


@pytest.mark.parametrize(("better", "worse"), [(55, 41), (84, 32), (5, 5), (3, 0)])
def test_the_short_form_is_the_integral_over_the_dirichlet(better: int, worse: int) -> None:
    drawn = np.random.default_rng(0).dirichlet([better + 1, worse + 1, 400 - better - worse + 2], 400_000)
    share = (drawn[:, 0] <= drawn[:, 1]).mean()
    assert false_claim(better, worse) == pytest.approx(share, abs=4 * math.sqrt(share / 400_000) + 1e-5)


def test_without_any_decision_that_differs_it_is_one_half() -> None:
    assert false_claim(0, 0) == pytest.approx(0.5) == false_claim(7, 7)


def test_the_counts_are_those_of_the_first_repeat(evaluation: Evaluation) -> None:
    (claim,) = evaluation.review.claims
    assert claim.cases == 240  # patients of the first repeat
    assert claim.only_better >= claim.only_worse
    assert claim.probability == false_claim(claim.only_better, claim.only_worse)
    assert {claim.better, claim.worse} == {"imagenet", "random"}


def test_equal_networks_never_differ(outcome: Outcome) -> None:
    found = evaluate(outcome(signal={"imagenet": 1.0, "random": 1.0}, noise=0.0, **SMALL)).review.claims
    assert [(claim.only_better, claim.only_worse, claim.probability) for claim in found] == [(0, 0, 0.5)]


def test_each_label_of_a_multilabel_task_has_a_claim(outcome: Outcome) -> None:
    found = evaluate(outcome(kind="multilabel", classes=("a", "b"), **SMALL)).review.claims
    assert [claim.of for claim in found] == ["a", "b"]


def test_a_multiclass_task_has_one_claim(outcome: Outcome) -> None:
    found = evaluate(outcome(kind="multiclass", classes=("a", "b", "c"), **SMALL)).review.claims
    assert [claim.of for claim in found] == [""]


def test_without_a_question_there_is_no_claim(outcome: Outcome) -> None:
    assert evaluate(outcome(question=None, **SMALL)).review.claims == []


def test_the_claim_about_procedures_is_one_tail_of_the_t() -> None:
    test = FoldMean(mean=-0.02, sd=0.01, standard_error=0.01, df=4)
    assert claim_is_false(test) == pytest.approx(stats.t.sf(2, 4))
    assert math.isnan(claim_is_false(FoldMean(0.0, 0.0, 0.0, 4)))
