from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from radtl_tf.evaluation.inference.proportions import mcnemar, wilson


@pytest.mark.parametrize(("successes", "total"), [(8, 10), (81, 263), (15, 148), (1, 29), (0, 20), (29, 29)])
@pytest.mark.parametrize("confidence", [0.9, 0.95])
def test_wilson_is_scipys(successes: int, total: int, confidence: float) -> None:
    expected = stats.binomtest(successes, total).proportion_ci(confidence, method="wilson")
    assert wilson(successes, total, confidence) == pytest.approx((expected.low, expected.high), abs=1e-12)


def test_wilson_of_newcombe_1998() -> None:
    """Table I of Newcombe, Statistics in Medicine 17, 857: the score method without continuity correction."""
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert wilson(15, 148) == pytest.approx((0.0624, 0.1605), abs=5e-5)
    assert wilson(0, 20) == pytest.approx((0, 0.1611), abs=5e-5)
    assert wilson(1, 29) == pytest.approx((0.0061, 0.1718), abs=5e-5)


def test_no_case_and_no_share() -> None:
    assert all(map(math.isnan, wilson(0, 0)))
    with pytest.raises(ValueError, match="5 of 4"):
        wilson(5, 4)


def discordant(only_first: int, only_second: int, both: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """Return which cases two models classify correctly."""
    first = np.repeat([True, False, True, False], [only_first, only_second, both, 2])
    second = np.repeat([False, True, True, False], [only_first, only_second, both, 2])
    return first, second


def test_mid_p_of_fagerland_2013() -> None:
    """Airway hyper-responsiveness before and after stem cell transplantation: 7 and 1 discordant pairs."""
    assert mcnemar(*discordant(1, 7)) == pytest.approx(0.039, abs=5e-4)
    assert mcnemar(*discordant(7, 1)) == mcnemar(*discordant(1, 7))


def test_mid_p_is_the_exact_p_less_half_of_what_was_seen() -> None:
    first, second = discordant(4, 12)
    exact = stats.binomtest(4, 16).pvalue
    assert mcnemar(first, second) == pytest.approx(exact - stats.binom(16, 0.5).pmf(4))
    assert mcnemar(*discordant(5, 5)) == pytest.approx(1)
    assert mcnemar(first, first) == 1


def test_only_discordant_cases_count() -> None:
    assert mcnemar(*discordant(2, 9, both=0)) == mcnemar(*discordant(2, 9, both=50))
