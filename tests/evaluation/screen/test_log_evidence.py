"""LogME is the largest evidence of a Bayesian linear model, found here by brute force."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import optimize, stats

from radtl_tf.evaluation.screen.log_evidence import log_me


def brute_force(features: np.ndarray, target: np.ndarray) -> float:
    """Return the largest log density of ``target`` per image over both precisions, by its covariance matrix."""
    gram, noise = features @ features.T, np.eye(len(target))

    def loss(logs: np.ndarray) -> float:
        covariance = math.exp(-logs[0]) * gram + math.exp(-logs[1]) * noise
        return -float(stats.multivariate_normal.logpdf(target, np.zeros(len(target)), covariance, allow_singular=True))

    starts = [np.array([a, b]) for a in (-4.0, 0.0, 4.0) for b in (-2.0, 2.0)]
    bounds = [(-8.0, 14.0), (-8.0, 14.0)]
    found = [optimize.minimize(loss, start, method="L-BFGS-B", bounds=bounds).fun for start in starts]
    return -min(found) / len(target)


@pytest.mark.parametrize(("images", "width"), [(40, 5), (25, 60), (30, 30)])
@pytest.mark.parametrize("signal", [0.0, 0.5, 4.0])
def test_it_is_the_brute_force_maximum(images: int, width: int, signal: float) -> None:
    random = np.random.default_rng(images + width)
    features = random.normal(size=(images, width))
    target = (signal * features[:, 0] + random.normal(size=images) > 0).astype(float)
    assert log_me(features, target[:, np.newaxis]) == pytest.approx(brute_force(features, target), abs=1e-5)


def test_several_columns_are_averaged() -> None:
    random = np.random.default_rng(1)
    features, targets = random.normal(size=(30, 4)), random.normal(size=(30, 3))
    singly = [brute_force(features, column) for column in targets.T]
    assert log_me(features, targets) == pytest.approx(np.mean(singly), abs=1e-5)


def test_the_scale_and_the_rotation_of_features_do_not_matter() -> None:
    random = np.random.default_rng(2)
    features, targets = random.normal(size=(50, 6)), random.normal(size=(50, 1))
    turned = features @ np.linalg.qr(random.normal(size=(6, 6)))[0]
    assert log_me(1000 * turned, targets) == pytest.approx(log_me(features, targets), abs=1e-6)


def test_unknown_labels_and_columns_without_variation_are_left_out() -> None:
    random = np.random.default_rng(3)
    features, targets = random.normal(size=(40, 6)), random.normal(size=(40, 2))
    targets[:10, 1] = np.nan
    wanted = (log_me(features, targets[:, :1]) + log_me(features[10:], targets[10:, 1:])) / 2
    constant = np.ones((40, 1))
    assert log_me(features, np.hstack([targets, constant])) == pytest.approx(wanted, abs=1e-9)
    assert math.isnan(log_me(features, constant))


def test_features_without_information_have_the_evidence_of_noise() -> None:
    target = np.random.default_rng(4).normal(size=(30, 1))
    noise = -(math.log(2 * math.pi * float((target**2).mean())) + 1) / 2
    assert log_me(np.zeros((30, 5)), target) == pytest.approx(noise)


def test_more_signal_is_more_evidence() -> None:
    random = np.random.default_rng(5)
    features, noise = random.normal(size=(200, 20)), random.normal(size=200)
    found = [log_me(features, ((s * features[:, 0] + noise) > 0)[:, np.newaxis].astype(float)) for s in (0, 0.5, 1, 2)]
    assert found == sorted(found) and found[0] < found[-1]
