"""An operating point is read strictly, or refused with a one-line error."""

from __future__ import annotations

import pytest

from radtl_tf.errors import ExperimentError
from radtl_tf.records.operating_points import OperatingPoint, operating_point, operating_points


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("youden", OperatingPoint("youden")),
        ("sensitivity = 0.95", OperatingPoint("sensitivity", 0.95)),
        (" specificity=.9 ", OperatingPoint("specificity", 0.9)),
    ],
)
def test_entries_are_read(text: str, expected: OperatingPoint) -> None:
    assert operating_point(text) == expected
    assert operating_point(expected.name) == expected


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("sensitivty = 0.9", "'sensitivity'"),
        ("0.5", "'youden', 'sensitivity = 0.95'"),
        ("sensitivity", "'sensitivity = 0.95'"),
        ("youden = 0.5", "youden"),
        ("sensitivity = 95", "above 0 and below 1"),
        ("specificity = 1", "above 0 and below 1"),
        ("specificity = 0.9.9", "above 0 and below 1"),
        ("sensitivity = -0.5", "'sensitivity = -0.5'"),
        ("sensitivity > 0.5", "'sensitivity > 0.5'"),
    ],
)
def test_what_is_none_gets_one_line(text: str, said: str) -> None:
    with pytest.raises(ExperimentError) as caught:
        operating_point(text)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_same_point_twice_is_a_mistake() -> None:
    assert len(operating_points(("youden", "specificity = 0.9"))) == 2
    with pytest.raises(ExperimentError, match=r"'specificity = 0\.9'"):
        operating_points(("specificity = 0.9", "specificity = 0.90"))
