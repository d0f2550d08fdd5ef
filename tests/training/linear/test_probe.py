"""The linear probe."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from radtl_tf.data.folds.draw import Fold
from radtl_tf.training.linear.logistic import DEFAULT_STRENGTH, STRENGTHS
from radtl_tf.training.linear.probe import train_probe


def test_the_probe_scores_as_a_head_with_its_kernel(make_source: Any, tiny_backbone: str, fold: Fold) -> None:
    trainer, source = make_source(tiny_backbone, "frozen")
    outcome, _ = train_probe(source, fold)
    learned = outcome.learned
    trainer.head.reset(kernel=learned.kernel, bias=learned.bias, mean=learned.mean, sd=learned.sd)
    logits = trainer.logits(iter([source.store.rows("frozen", fold.test, None)]))
    assert 1 / (1 + np.exp(logits[:, 0] - logits[:, 1])) == pytest.approx(outcome.scores["test"], abs=1e-5)


def test_the_strength_is_chosen_on_the_inner_part(make_source: Any, tiny_backbone: str, fold: Fold) -> None:
    _, source = make_source(tiny_backbone, "frozen")
    _, strength = train_probe(source, replace(fold, fixed_epochs=False))
    assert strength in STRENGTHS
    _, without_choice = train_probe(source, replace(fold, fixed_epochs=True))
    assert without_choice == DEFAULT_STRENGTH


def test_the_probe_is_standardized_whatever_the_head_is(make_source: Any, tiny_backbone: str, fold: Fold) -> None:
    scores = [
        train_probe(make_source(tiny_backbone, "frozen", head_input=way)[1], fold)[0].scores
        for way in ("raw", "standardized")
    ]
    assert np.array_equal(scores[0]["test"], scores[1]["test"])


def test_a_given_strength_is_not_chosen_again(make_source: Any, tiny_backbone: str, fold: Fold) -> None:
    _, source = make_source(tiny_backbone, "frozen")
    assert train_probe(source, fold, strength=0.5)[1] == 0.5
