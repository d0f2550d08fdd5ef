"""The randomization check fails if the map does not depend on the network, and passes if it does."""

from __future__ import annotations

import numpy as np
import pytest

from radtl_tf.report.saliency.map_agreement import UNCHANGED, cascade, rank_correlation, ssim

RANDOM = np.random.default_rng(3)
MAPS = RANDOM.uniform(0, 1, (4, 7, 7)).astype(np.float32)


class Network:
    """A stand-in whose state is redrawn by ``randomize``."""

    def __init__(self) -> None:
        self.state = MAPS.copy()

    def randomize(self) -> None:
        self.state = RANDOM.uniform(0, 1, MAPS.shape).astype(np.float32)


def test_an_explainer_that_is_constant_is_unchanged() -> None:
    network = Network()
    changes = cascade(lambda: MAPS, [("head", network.randomize), ("all layers", network.randomize)])
    assert [change.step for change in changes] == ["head", "all layers"]
    for change in changes:
        assert change.rank_correlation == pytest.approx(1)
        assert change.ssim == pytest.approx(1)
    assert changes[-1].rank_correlation.mean() >= UNCHANGED


def test_an_explainer_that_follows_the_network_is_changed() -> None:
    network = Network()
    (change,) = cascade(lambda: network.state, [("all layers", network.randomize)])
    assert abs(change.rank_correlation.mean()) < UNCHANGED
    assert abs(change.ssim.mean()) < UNCHANGED


def test_maps_are_compared_with_the_first_ones_not_with_the_step_before() -> None:
    network = Network()
    steps = [("away", network.randomize), ("back", lambda: setattr(network, "state", MAPS))]
    away, back = cascade(lambda: network.state, steps)
    assert away.rank_correlation.mean() < UNCHANGED
    assert back.rank_correlation == pytest.approx(1)


def test_empty_maps_are_left_out_before_and_count_zero_after() -> None:
    network = Network()
    network.state[1] = 0

    def empty_the_first() -> None:
        network.state = MAPS.copy()
        network.state[0] = 0

    (change,) = cascade(lambda: network.state, [("head", empty_the_first)])
    assert change.rank_correlation.tolist() == [0, pytest.approx(1), pytest.approx(1)]
    assert change.num_empty == 1


def test_where_every_map_is_empty_there_is_nothing_to_compare() -> None:
    (change,) = cascade(lambda: np.zeros((2, 7, 7), np.float32), [("head", lambda: None)])
    assert (len(change.rank_correlation), len(change.ssim), change.num_empty) == (0, 0, 0)


def test_rank_correlation_sees_order_only() -> None:
    first = MAPS[0]
    assert rank_correlation(first, np.exp(5 * first)) == pytest.approx(1)
    assert rank_correlation(first, 1 - first) == pytest.approx(-1)
    assert rank_correlation(first, np.full_like(first, 0.3)) == 0
    tied = np.array([[0, 0], [1, 2]], np.float32)
    assert rank_correlation(tied, np.array([[0, 1], [2, 3]], np.float32)) == pytest.approx(
        0.9486833
    )  # ties share ranks


def test_ssim_of_one_window() -> None:
    first, second = MAPS[0], MAPS[1]
    assert ssim(first, first) == pytest.approx(1)
    assert ssim(first, 9 * first) == pytest.approx(1)  # each divided by its maximum
    assert ssim(first, second) == pytest.approx(ssim(second, first))
    x, y = first / first.max(), second / second.max()
    covariance = np.cov(x.ravel(), y.ravel(), ddof=0)
    expected = (2 * x.mean() * y.mean() + 1e-4) * (2 * covariance[0, 1] + 9e-4)
    expected /= (x.mean() ** 2 + y.mean() ** 2 + 1e-4) * (covariance[0, 0] + covariance[1, 1] + 9e-4)
    assert ssim(first, second) == pytest.approx(expected, rel=1e-4)
    assert ssim(first, np.zeros_like(first)) < 0.01
