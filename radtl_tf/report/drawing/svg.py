"""Matplotlib figures as inline SVG that uses the page's colors and needs no other file."""

from __future__ import annotations

import io
import re
import warnings
from html import escape
from typing import Any

from matplotlib.figure import Figure

# Matplotlib knows no CSS variables: it draws in stand-in colors, which the page's colors replace.
INK, FAINT = "#010101", "#020202"
SERIES = ("#030301", "#030302", "#030303", "#030304", "#030305", "#030306")
_VARIABLES = {INK: "var(--ink)", FAINT: "var(--faint)"} | {
    color: f"var(--series-{position})" for position, color in enumerate(SERIES, start=1)
}
_LARGEST = 1.5  # limit of enlargement: all drawings have text of one size if there is room
STYLE: Any = {
    "svg.fonttype": "none",  # text stays text: it can be read aloud, searched and copied
    "svg.hashsalt": "radtl",  # equal numbers give equal bytes
    "text.parse_math": False,  # a $ in a name is a $
    "font.size": 8.5,
    "text.color": INK,
    "axes.edgecolor": FAINT,
    "axes.labelcolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "legend.frameon": False,
}


def svg(figure: Figure, title: str, description: str = "") -> str:
    """Return the figure as one ``<svg>`` element without prologue, metadata, namespaces or fixed size.

    ``title`` names the figure, and ``description`` says in words what it shows, for screen readers.
    """
    buffer = io.StringIO()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing")  # the reader's browser has the font
        figure.savefig(buffer, format="svg", bbox_inches="tight", transparent=True, metadata=_no_metadata())
    text = buffer.getvalue()
    start, body = text[text.index("<svg") :].split(">", 1)
    start = re.sub(r' (xmlns(:\w+)?|version|width|height)="[^"]*"', "", start)
    widest = _LARGEST * float(start.split('viewBox="0 0 ')[1].split()[0])
    start = start.replace("<svg", f'<svg role="img" aria-label="{escape(title)}" style="max-width: {widest:.0f}px"', 1)
    body = _no_idle_ids(re.sub(r"<metadata>.*?</metadata>", "", body, flags=re.DOTALL))
    body = re.sub("|".join(_VARIABLES), lambda match: _VARIABLES[match[0]], body.replace("xlink:href", "href"))
    said = "".join(
        f"<{tag}>{escape(words)}</{tag}>" for tag, words in (("title", title), ("desc", description)) if words
    )
    return f"{start}>{said}{body}".strip()


def _no_idle_ids(text: str) -> str:
    """Return ``text`` without unused ids: matplotlib gives every figure the same ones."""
    used = set(re.findall(r'(?:href="#|url\(#)([^")]+)', text))
    return re.sub(r' id="([^"]*)"', lambda match: match[0] if match[1] in used else "", text)


def _no_metadata() -> dict[str, Any]:
    return dict.fromkeys(("Creator", "Date", "Format", "Type"))
