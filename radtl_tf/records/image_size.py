"""The size of a network's images: a number of pixels for a square, or height x width such as ``"256x512"``."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Annotated, Any

SMALLEST, LARGEST = 32, 2048  # pixels of a side
_EXPECTED = f"expected a number of pixels from {SMALLEST} to {LARGEST}, or height x width such as '256x512'"
_HEIGHT_WIDTH = re.compile(r"(\d{1,5})x(\d{1,5})")


class _Checked:
    """Let pydantic check an annotated value with ``image_size``."""

    def __get_pydantic_core_schema__(self, source: Any, handler: Callable[[Any], Any]) -> dict[str, Any]:
        """Return the schema of a value that one function checks."""
        return {"type": "function-plain", "function": {"type": "no-info", "function": image_size}}

    def __get_pydantic_json_schema__(self, schema: Any, handler: Callable[[Any], Any]) -> dict[str, Any]:
        """Return the JSON schema of a size: an integer in the range of a side, or a text."""
        side = {"type": "integer", "minimum": SMALLEST, "maximum": LARGEST}
        return {"anyOf": [side, {"type": "string", "pattern": _HEIGHT_WIDTH.pattern}]}


ImageSize = Annotated[int | str, _Checked()]


def image_size(value: Any) -> int | str:
    """Return a size in its short form: a number for a square, otherwise ``"<height>x<width>"``.

    >>> image_size("96x192"), image_size("224x224"), image_size(512)
    ('96x192', 224, 512)

    Raises:
        ValueError: it is not a size, or a side is out of range.
    """
    match = _HEIGHT_WIDTH.fullmatch(value) if isinstance(value, str) else None
    pair = (int(match[1]), int(match[2])) if match else (value, value)
    if not all(type(side) is int and SMALLEST <= side <= LARGEST for side in pair):
        raise ValueError(_EXPECTED)
    return size_of(pair)


def sides(size: int | str) -> tuple[int, int]:
    """Return height and width in pixels.

    >>> sides("96x192"), sides(224)
    ((96, 192), (224, 224))
    """
    if isinstance(size, int):
        return size, size
    height, width = size.split("x")
    return int(height), int(width)


def size_of(shape: Sequence[int]) -> int | str:
    """Return the size of a picture (height, width, ...) in its short form; a side may have any length.

    >>> size_of((96, 192, 1)), size_of((16, 16))
    ('96x192', 16)
    """
    height, width = shape[:2]
    return height if height == width else f"{height}x{width}"


def at_most(longest: int, shape: Sequence[int]) -> str:
    """Return the size of a picture (height, width, ...) whose longer side is not above ``longest``.

    >>> at_most(224, (256, 512, 1)), at_most(224, (64, 64, 1))
    ('112x224', '64x64')
    """
    height, width = shape[:2]
    factor = min(1, longest / max(height, width))
    return f"{max(round(height * factor), 1)}x{max(round(width * factor), 1)}"


def written_out(size: int | str) -> str:
    """Return the size for a reader.

    >>> written_out("96x192"), written_out(224)
    ('96 x 192 px', '224 x 224 px')
    """
    return "{} x {} px".format(*sides(size))
