"""Ranges of numbers and lengths in the annotations of a record; pydantic checks them when a file is read.

The package annotated-types offers the same, but ``radtl --help`` reads ranges and defaults from the records and may
load only click and the standard library.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Limits:
    """Bounds of an annotated value: ``Annotated[int, Limits(ge=2, le=50)]``. ``None`` sets no bound.

    ``ge`` and ``le`` include the bound, ``gt`` and ``lt`` exclude it; ``min_length`` is the length of a text or tuple.
    """

    ge: float | None = None
    gt: float | None = None
    le: float | None = None
    lt: float | None = None
    min_length: int | None = None

    @property
    def given(self) -> dict[str, Any]:
        """The bounds that are set, by name."""
        return {name: value for name, value in asdict(self).items() if value is not None}

    def __get_pydantic_core_schema__(self, source: Any, handler: Callable[[Any], dict[str, Any]]) -> dict[str, Any]:
        """Add the bounds to pydantic's schema of the annotated type."""
        return {**handler(source), **self.given}
