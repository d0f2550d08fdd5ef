"""One Run: the same numbers with and without the cache and after a reset; only the tuned layers are trained."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import log_loss, roc_auc_score

from radtl_tf.data.folds.draw import Fold
from radtl_tf.data.manifest.cases import Cases
from radtl_tf.training.features.prefix_features import POOLED, chunks
from radtl_tf.training.run import train_run

REAL_BACKBONES = ("ResNet50", "DenseNet121", "InceptionV3", "InceptionResNetV2")
RATE = 0.01


@pytest.mark.slow
@pytest.mark.parametrize("tuning", ["frozen", "topK2", "full"])
def test_a_run_learns_what_is_in_the_pixels(tuning: str, make_source: Any, tiny_backbone: str, fold: Fold) -> None:
    trainer, source = make_source(tiny_backbone, tuning, epochs=25)
    outcome = train_run(trainer, source, fold, tuning, RATE)
    assert roc_auc_score(source.cases.truth[fold.test], outcome.scores["test"]) > 0.75
    assert outcome.history[-1].loss < outcome.history[0].loss


@pytest.mark.slow
@pytest.mark.parametrize("tuning", ["frozen", "topK2"])
def test_cached_and_recomputed_features_give_the_same_predictions(
    tuning: str, make_source: Any, tiny_backbone: str, fold: Fold
) -> None:
    cached, plain = (
        train_run(*make_source(tiny_backbone, tuning, cached=kept), fold, tuning, 1e-3) for kept in (True, False)
    )
    assert np.allclose(cached.scores["test"], plain.scores["test"], atol=1e-3, rtol=0)


def test_a_reset_trainer_repeats_a_fresh_one(make_source: Any, tiny_backbone: str, fold: Fold) -> None:
    trainer, source = make_source(tiny_backbone, "topK2")
    first = train_run(trainer, source, fold, "topK2", RATE)
    train_run(trainer, source, fold, "topK2", 0.1)
    again = train_run(trainer, source, fold, "topK2", RATE)
    assert np.array_equal(first.scores["test"], again.scores["test"])


def test_nothing_is_traced_again_by_a_ragged_batch_or_a_second_run(
    make_source: Any, tiny_backbone: str, fold: Fold
) -> None:
    trainer, source = make_source(tiny_backbone, "topK2")
    assert len(fold.train) % source.training.batch_size
    train_run(trainer, source, fold, "topK2", RATE)
    train_run(trainer, source, fold, "topK2", 0.1)
    assert trainer._step.experimental_get_tracing_count() == 1


def test_the_best_epoch_is_kept(make_source: Any, tiny_backbone: str, fold: Fold) -> None:
    chooses = replace(fold, fixed_epochs=False)
    trainer, source = make_source(tiny_backbone, "full", epochs=8)
    outcome = train_run(trainer, source, chooses, "full", 0.05)  # a learning rate with an unstable loss
    losses = [row.inner_loss for row in outcome.history]
    assert outcome.best_epoch == int(np.argmin(losses)) + 1
    scores, truth = outcome.scores["inner"], source.cases.truth[fold.inner]
    assert log_loss(truth, scores) == pytest.approx(min(losses), rel=1e-4)


def test_a_run_whose_best_epoch_is_its_last_has_not_converged(make_source: Any, tiny_backbone: str, fold: Fold) -> None:
    chooses = replace(fold, fixed_epochs=False)
    slow = train_run(*make_source(tiny_backbone, "frozen", epochs=2), chooses, "frozen", 1e-4)
    assert (slow.best_epoch, slow.converged) == (2, False)


def test_with_few_inner_patients_the_last_epoch_is_kept_and_not_judged(
    make_source: Any, tiny_backbone: str, fold: Fold
) -> None:
    outcome = train_run(*make_source(tiny_backbone, "full", epochs=4), replace(fold, fixed_epochs=True), "full", 0.3)
    assert (outcome.best_epoch, outcome.converged) == (4, None)


def test_patience_stops_early(make_source: Any, tiny_backbone: str, fold: Fold) -> None:
    chooses = replace(fold, fixed_epochs=False)
    outcome = train_run(*make_source(tiny_backbone, "full", epochs=40, patience=2), chooses, "full", 0.5)
    assert len(outcome.history) == outcome.best_epoch + 2 < 40


def test_the_test_part_does_not_move_the_training(make_source: Any, tiny_backbone: str, fold: Fold) -> None:
    trainer, source = make_source(tiny_backbone, "frozen")
    first = train_run(trainer, source, fold, "frozen", RATE)
    swapped = source.cases.truth.copy()
    swapped[fold.test] ^= 1
    other = replace(source, cases=replace(source.cases, truth=swapped))
    assert np.array_equal(first.scores["test"], train_run(trainer, other, fold, "frozen", RATE).scores["test"])


def test_features_are_standardized_with_the_training_part_only(
    make_source: Any, tiny_backbone: str, fold: Fold
) -> None:
    trainer, source = make_source(tiny_backbone, "frozen", epochs=1)
    learned = train_run(trainer, source, fold, "frozen", RATE).learned
    (features,) = source.store.rows("frozen", fold.train, None)
    assert np.allclose(learned.mean, features.mean(axis=0), atol=1e-5)
    assert np.allclose(learned.sd, features.std(axis=0), atol=1e-5)
    raw = train_run(*make_source(tiny_backbone, "frozen", epochs=1, head_input="raw"), fold, "frozen", RATE).learned
    assert (set(raw.mean), set(raw.sd)) == ({0.0}, {1.0})


def test_where_batch_norm_learns_features_are_standardized_as_training_sees_them(
    make_source: Any, tiny_backbone: str, fold: Fold
) -> None:
    # Random weights in inference mode give features that are orders of magnitude smaller than with batch statistics.
    trainer, source = make_source(tiny_backbone, "full", epochs=1)
    batches = [source.store.rows("full", rows, None) for rows in chunks(fold.train, source.training.batch_size)]
    for variable, value in zip(trainer.suffix.weights, source.suffix, strict=True):
        variable.assign(value)
    seen = np.concatenate([trainer.suffix(cuts, training=True).numpy() for cuts in batches])
    learned = train_run(trainer, source, fold, "full", 1e-9).learned
    assert np.allclose(learned.sd, seen.std(axis=0), rtol=1e-3, atol=1e-6)


def test_a_run_that_diverges_ends_with_the_best_epoch_before(make_source: Any, tiny_backbone: str, fold: Fold) -> None:
    trainer, source = make_source(tiny_backbone, "full", epochs=5)
    outcome = train_run(trainer, source, fold, "full", 1e30)
    assert (outcome.diverged, outcome.converged) == (True, False)
    assert len(outcome.history) == outcome.best_epoch < 5
    assert np.isfinite(outcome.scores["test"]).all()


def test_class_weights_are_used(make_source: Any, tiny_backbone: str, fold: Fold) -> None:
    few = replace(fold, train=np.concatenate([fold.train[::2], fold.train[1::6]]))
    runs = [
        train_run(*make_source(tiny_backbone, "frozen", class_weights=w), few, "frozen", RATE)
        for w in ("none", "balanced")
    ]
    assert not np.allclose(runs[0].scores["test"], runs[1].scores["test"], atol=1e-3)


def test_augmented_views_move_training_but_not_evaluation(make_source: Any, tiny_backbone: str, fold: Fold) -> None:
    plain = train_run(*make_source(tiny_backbone, "frozen"), fold, "frozen", RATE)
    views = [
        train_run(
            *make_source(tiny_backbone, "frozen", augmentation="published", views=2, cached=kept), fold, "frozen", RATE
        )
        for kept in (True, False)
    ]
    assert not np.allclose(plain.scores["test"], views[0].scores["test"], atol=1e-4)
    assert np.allclose(views[0].scores["test"], views[1].scores["test"], atol=1e-3)


def test_frozen_batch_norm_keeps_its_statistics(make_source: Any, tiny_backbone: str, fold: Fold) -> None:
    trainer, source = make_source(tiny_backbone, "topK2")  # conv3 and bn3 learn
    names = [weight.path for weight in trainer.suffix.weights]
    outcome = train_run(trainer, source, fold, "topK2", RATE)
    assert any("moving_mean" in name for name in names)
    for name, before, after in zip(names, source.suffix, outcome.learned.suffix, strict=True):
        assert not np.array_equal(before, after), name
    assert not any("bn1" in name or "bn2" in name for name in names)


@pytest.mark.slow
@pytest.mark.parametrize("backbone", REAL_BACKBONES)
def test_the_cache_changes_no_number_in_the_real_backbones(backbone: str, make_source: Any, fold: Fold) -> None:
    rng = np.random.default_rng(3)
    images = rng.uniform(0, 1, (72, 80, 80, 1)).astype(np.float32)
    images[1::2, :40] *= 0.7
    small = replace(fold, train=fold.train[:20], inner=fold.inner[:10], test=fold.test[:10])
    made = [make_source(backbone, "top10", cached=kept, images=images, epochs=2) for kept in (True, False)]
    rows = [source.store.rows("top10", small.test, None) for _, source in made]
    assert all(np.allclose(a, b, rtol=1e-4, atol=1e-4) for a, b in zip(*rows, strict=True))
    cached, plain = (train_run(*pair, small, "top10", 1e-3) for pair in made)
    assert np.allclose(cached.scores["test"], plain.scores["test"], atol=1e-3, rtol=0)


def test_the_written_weights_predict_in_the_unit_of_the_label(
    make_source: Any, tiny_backbone: str, fold: Fold, numbers: Cases
) -> None:
    trainer, source = make_source(tiny_backbone, POOLED, of=numbers, epochs=2)
    outcome = train_run(trainer, source, fold, POOLED, RATE)
    head = outcome.learned
    (features,) = source.store.rows(POOLED, fold.test, None)
    predicted = (features - head.mean) / np.where(head.sd > 0, head.sd, np.inf) @ head.kernel + head.bias
    np.testing.assert_allclose(predicted[:, 0], outcome.scores["test"], rtol=1e-4)
    assert 15 < outcome.scores["test"].mean() < 30  # the mean label is 22.5
