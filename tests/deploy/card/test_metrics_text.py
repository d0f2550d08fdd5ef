"""Every metric of a card has a name and a meaning."""

from __future__ import annotations

import pytest

from radtl_tf.deploy.card.metrics_text import meaning, title


@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        ("auroc", "AUROC"),
        ("average precision", "Average precision"),
        ("auroc: a|b", "AUROC of a\\|b"),
        ("sensitivity = 0.95: specificity", "specificity at sensitivity = 0.95"),
    ],
)
def test_a_metric_that_a_card_shows(metric: str, expected: str) -> None:
    assert title(metric) == expected
    assert meaning(metric)


@pytest.mark.parametrize("metric", ["MCC", "log loss", "Platt scaling: Brier", "error rate at 90 % coverage", "other"])
def test_a_metric_that_a_card_does_not_show(metric: str) -> None:
    assert title(metric) == ""
