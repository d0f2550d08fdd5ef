"""Break text into lines that fit: SVG does not wrap text."""

from __future__ import annotations

import unicodedata
from functools import cache

from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path

_WIDE = "WF"  # East Asian characters as wide as high; matplotlib's fonts lack them


def text_width(text: str, size: float, *, bold: bool = False) -> float:
    """Return the width of ``text`` in the unit of ``size``, the size of the font, in DejaVu Sans."""
    return size * sum(_advance(character, bold) for character in text)


def wrapped(text: str, width: float, size: float, *, bold: bool = False) -> list[str]:
    """Return ``text`` as lines that are at most ``width`` wide; a word that is too long is divided.

    >>> wrapped("one two three", 50, 10)
    ['one two', 'three']
    """
    lines = [""]
    for word in _pieces(text, width, size, bold):
        longer = f"{lines[-1]} {word}".strip()
        if text_width(longer, size, bold=bold) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return [line for line in lines if line]


def _pieces(text: str, width: float, size: float, bold: bool) -> list[str]:
    """Return the words of ``text``, those that fit on no line in pieces."""
    pieces = []
    for word in text.split():
        piece = ""
        for character in word:
            if piece and text_width(piece + character, size, bold=bold) > width:
                pieces.append(piece)
                piece = ""
            piece += character
        pieces.append(piece)
    return pieces


@cache
def _advance(character: str, bold: bool) -> float:
    """Return the width of a character, in sizes of the font."""
    if unicodedata.east_asian_width(character) in _WIDE:
        return 1.0
    font = FontProperties(family="DejaVu Sans", weight="bold" if bold else "normal", size=100)
    return float(text_to_path.get_text_width_height_descent(character, font, ismath=False)[0]) / 100
