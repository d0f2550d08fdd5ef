"""Ranges in annotations, as checked by pydantic."""

from __future__ import annotations

from typing import Annotated, Any

import pytest
from pydantic import TypeAdapter, ValidationError

from radtl_tf.records.limits import Limits

WITHIN = [
    (Annotated[int, Limits(ge=2, le=50)], (2, 50), (1, 51)),
    (Annotated[float, Limits(gt=0, lt=1)], (0.5,), (0.0, 1.0)),
    (Annotated[str, Limits(min_length=1)], ("a",), ("",)),
    (Annotated[tuple[str, ...], Limits(min_length=1)], (("a",),), ((),)),
]


@pytest.mark.parametrize(("annotation", "allowed", "refused"), WITHIN)
def test_a_value_beyond_its_limits_is_refused(
    annotation: Any, allowed: tuple[Any, ...], refused: tuple[Any, ...]
) -> None:
    adapter = TypeAdapter(annotation)
    assert tuple(map(adapter.validate_python, allowed)) == allowed
    for value in refused:
        with pytest.raises(ValidationError):
            adapter.validate_python(value)


def test_only_bounds_that_are_set_are_given() -> None:
    assert Limits(ge=0, lt=5).given == {"ge": 0, "lt": 5}
