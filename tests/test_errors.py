"""Suggestions of the nearest known word."""

from __future__ import annotations

import pytest

from radtl_tf.errors import DataError, ExperimentError, OutputError, RadtlError, WeightsError, nearest


def test_the_nearest_word_is_offered_when_there_is_one() -> None:
    assert nearest("epoch", ["epochs", "seed"]) == " (did you mean 'epochs'?)"
    assert nearest("zzz", ["epochs", "seed"]) == ""


@pytest.mark.parametrize("kind", [DataError, ExperimentError, OutputError, WeightsError])
def test_every_error_is_the_users_to_mend(kind: type[Exception]) -> None:
    assert issubclass(kind, RadtlError)
