"""Training all heads together gives the same results as training each head alone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from radtl_tf.data.folds.draw import Fold, draw_folds
from radtl_tf.data.manifest.cases import Cases
from radtl_tf.records.experiment import FoldPlan
from radtl_tf.training.features.prefix_features import POOLED
from radtl_tf.training.heads import segments
from radtl_tf.training.heads.program import head_program
from radtl_tf.training.heads.together import train_heads
from radtl_tf.training.run import Outcome, train_run

RATES = (0.1, 0.01, 1e-4)


@pytest.fixture
def folds(cases: Cases) -> list[Fold]:
    """Return folds of unequal size over two repeats, one with a share of its patients, with a choice of the epoch."""
    drawn = draw_folds(cases, FoldPlan(count=3, repeats=2, inner=0.4), seed=5)
    shorter = replace(drawn[1], train=drawn[1].train[:-9])
    share = replace(drawn[2], train=drawn[2].train[::3], shown=len(drawn[2].train))
    return [replace(fold, fixed_epochs=False) for fold in (drawn[0], shorter, share, *drawn[3:])]


def _same(together: Outcome, alone: Outcome) -> None:
    assert together.best_epoch == alone.best_epoch
    assert (together.converged, together.diverged) == (alone.converged, alone.diverged)
    for part in ("inner", "test"):
        np.testing.assert_allclose(together.scores[part], alone.scores[part], atol=1e-4, rtol=0)
    np.testing.assert_allclose(together.learned.kernel, alone.learned.kernel, atol=1e-4)
    assert len(together.history) == len(alone.history)
    for ours, theirs in zip(together.history, alone.history, strict=True):
        assert (ours.loss, ours.inner_loss) == pytest.approx((theirs.loss, theirs.inner_loss), abs=1e-4)
        assert ours.inner_auroc == pytest.approx(theirs.inner_auroc, abs=2e-2)  # ties may be decided either way


@pytest.mark.slow
@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"head_input": "raw"},
        {"class_weights": "balanced"},
        {"patience": 1, "epochs": 6},
        {"augmentation": "published", "views": 2},
    ],
    ids=lambda settings: "-".join(settings) or "plain",
)
def test_together_as_alone(settings: dict[str, Any], make_source: Any, tiny_backbone: str, folds: list[Fold]) -> None:
    trainer, source = make_source(tiny_backbone, POOLED, **{"epochs": 4, **settings})
    together = train_heads(source, folds[:3], RATES)
    for fold, of_fold in zip(folds, together, strict=False):
        for rate, outcome in zip(RATES, of_fold, strict=True):
            _same(outcome, train_run(trainer, source, fold, POOLED, rate))


@pytest.mark.slow
@pytest.mark.parametrize("policy", ["none", "balanced"])
@pytest.mark.parametrize("kind", ["multiclass", "multilabel"])
def test_together_as_alone_with_several_classes(
    kind: str, policy: str, make_source: Any, several: dict[str, Cases], tiny_backbone: str
) -> None:
    trainer, source = make_source(tiny_backbone, POOLED, of=several[kind], class_weights=policy)
    drawn = draw_folds(several[kind], FoldPlan(count=3, inner=0.4), seed=5)
    folds = [replace(fold, fixed_epochs=False) for fold in drawn]
    together = train_heads(source, folds, RATES[:2])
    for fold, of_fold in zip(folds, together, strict=True):
        for rate, outcome in zip(RATES, of_fold, strict=False):
            assert outcome.scores["test"].shape == (len(fold.test), len(several[kind].classes))
            _same(outcome, train_run(trainer, source, fold, POOLED, rate))


def test_few_inner_patients_keep_the_last_epoch(make_source: Any, tiny_backbone: str, fold: Fold) -> None:
    trainer, source = make_source(tiny_backbone, POOLED)
    fixed = replace(fold, fixed_epochs=True)
    ((outcome,),) = train_heads(source, [fixed], [0.1])
    assert (outcome.best_epoch, outcome.converged) == (source.training.epochs, None)
    _same(outcome, train_run(trainer, source, fixed, POOLED, 0.1))


def test_a_run_that_diverges_ends_alone(make_source: Any, tiny_backbone: str, folds: list[Fold]) -> None:
    _, source = make_source(tiny_backbone, POOLED, head_input="raw", epochs=3)
    wild, calm = train_heads(source, folds[:1], [1e38, 0.01])[0]
    assert wild.diverged and not calm.diverged
    assert len(calm.history) == 3 and len(wild.history) < 3
    assert np.isfinite(wild.scores["test"]).all()


def test_other_runs_beside_it_do_not_change_a_run(make_source: Any, tiny_backbone: str, folds: list[Fold]) -> None:
    _, source = make_source(tiny_backbone, POOLED)
    few, many = train_heads(source, folds[:2], RATES[:2]), train_heads(source, folds, RATES)
    np.testing.assert_allclose(few[1][0].scores["test"], many[1][0].scores["test"], atol=1e-6)


def test_nothing_is_traced_anew_for_ragged_batches_and_other_folds(
    make_source: Any, tiny_backbone: str, folds: list[Fold]
) -> None:
    _, source = make_source(tiny_backbone, POOLED)
    train_heads(source, folds[:2], RATES[:2])  # unequal folds, whose last batches are short
    program = head_program("binary", (2, 12, 2, 2))
    traced = program.learn.experimental_get_tracing_count()
    train_heads(source, folds[2:4], RATES[:2])
    train_heads(source, folds[:2], (0.3, 0.02))
    assert program.learn.experimental_get_tracing_count() == traced == 1


@pytest.mark.parametrize("kind", ["regression", "ordinal"])
def test_numbers_and_stages_are_learned_together_as_alone(
    kind: str, make_source: Any, tiny_backbone: str, folds: list[Fold], numbers: Cases, stages: Cases
) -> None:
    of = {"regression": numbers, "ordinal": stages}[kind]
    trainer, source = make_source(tiny_backbone, POOLED, of=of, epochs=6)
    (together,), (again,) = (train_heads(source, folds[:2], [0.1])[at] for at in (0, 1))
    _agree(together, train_run(trainer, source, folds[0], POOLED, 0.1))
    _agree(again, train_run(trainer, source, folds[1], POOLED, 0.1))
    if kind == "regression":
        truth = of.truth[folds[0].inner]
        best = together.history[together.best_epoch - 1].inner_loss
        assert best == pytest.approx(np.abs(truth - together.scores["inner"]).mean(), rel=1e-5)
        assert best < 0.8 * np.abs(truth - np.median(of.truth[folds[0].train])).mean()
        assert together.history[0].inner_auroc is None


def _agree(together: Outcome, alone: Outcome) -> None:
    assert together.best_epoch == alone.best_epoch
    for part in ("inner", "test"):
        np.testing.assert_allclose(together.scores[part], alone.scores[part], rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(together.learned.kernel, alone.learned.kernel, rtol=1e-3, atol=1e-3)
    np.testing.assert_allclose(together.learned.bias, alone.learned.bias, rtol=1e-4, atol=1e-4)


def test_a_divided_epoch_gives_the_same(
    make_source: Any, tiny_backbone: str, folds: list[Fold], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, source = make_source(tiny_backbone, POOLED)
    whole = train_heads(source, folds[:2], RATES[:2])
    monkeypatch.setattr(segments, "MASK_BYTES", 1)  # one step each
    for first, second in zip(whole, train_heads(source, folds[:2], RATES[:2]), strict=True):
        _same(first[0], second[0])
        np.testing.assert_array_equal(first[1].scores["test"], second[1].scores["test"])
