"""The epoch that is kept, and the end of a run."""

from __future__ import annotations

import math

import pytest

from radtl_tf.training.stopping import StoppingRule


def followed(losses: list[float], **options: object) -> tuple[StoppingRule, int]:
    """Return the rule after these inner losses, and how many epochs counted."""
    rule = StoppingRule(**{"epochs": 5, "patience": None, "fixed_epochs": False, **options})  # type: ignore[arg-type]
    counted = 0
    for epoch, loss in enumerate(losses, start=1):
        counted += rule.follow(epoch, 0.5, loss)
        if rule.ended:
            break
    return rule, counted


def test_the_lowest_loss_is_kept_and_the_first_of_equal_ones() -> None:
    rule, counted = followed([3, 1, 2, 1, 4])
    assert (rule.best, rule.converged, rule.ended, counted) == (2, True, False, 5)


def test_a_run_whose_last_epoch_is_the_best_has_not_converged() -> None:
    assert followed([5, 4, 3, 2, 1])[0].converged is False


def test_patience_ends_a_run() -> None:
    rule, counted = followed([3, 1, 2, 2, 0.5], patience=2)
    assert (rule.best, rule.ended, counted) == (2, True, 4)


def test_fixed_epochs_keep_the_last_one() -> None:
    rule, counted = followed([1, 2, 3, 4, 5], patience=1, fixed_epochs=True)
    assert (rule.best, rule.converged, counted) == (5, None, 5)


@pytest.mark.parametrize("fixed", [False, True])
def test_a_run_that_diverges_ends_with_the_best_epoch_before(fixed: bool) -> None:
    rule, counted = followed([1, 2, math.nan, 0], fixed_epochs=fixed)
    assert (rule.best, rule.diverged, rule.converged, counted) == (2 if fixed else 1, True, False, 2)
