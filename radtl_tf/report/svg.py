"""Matplotlib figures as inline SVG that follows the page's colors and refers to nothing outside it."""

from __future__ import annotations

import io
import re
import warnings
from html import escape
from typing import Any

from matplotlib.figure import Figure

# Matplotlib knows no CSS variables: it draws in stand-in colors that the page's own replace.
INK, FAINT = "#010101", "#020202"
SERIES = ("#030301", "#030302", "#030303", "#030304", "#030305", "#030306")
_VARIABLES = {INK: "var(--ink)", FAINT: "var(--faint)"} | {
    color: f"var(--series-{position})" for position, color in enumerate(SERIES, start=1)
}
STYLE: Any = {
    "svg.fonttype": "none",  # text stays text: it can be read aloud, searched and copied
    "svg.hashsalt": "radtl",  # the same numbers give the same bytes
    "text.parse_math": False,  # a $ in a name is a $
    "font.size": 8.5,
    "text.color": INK,
    "axes.edgecolor": FAINT,
    "axes.labelcolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "legend.frameon": False,
}


def svg(figure: Figure, label: str) -> str:
    """Return the figure as one ``<svg>`` element without prologue, metadata, namespaces and fixed size."""
    buffer = io.StringIO()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing")  # the reader's browser has the font
        figure.savefig(buffer, format="svg", bbox_inches="tight", transparent=True, metadata=_no_metadata())
    text = buffer.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = (
        re.sub(r' (xmlns(:\w+)?|version|width|height)="[^"]*"', "", text.split(">", 1)[0]) + ">" + text.split(">", 1)[1]
    )
    text = text.replace("xlink:href", "href").replace("<svg", f'<svg role="img" aria-label="{escape(label)}"', 1)
    return re.sub("|".join(_VARIABLES), lambda match: _VARIABLES[match[0]], text).strip()


def _no_metadata() -> dict[str, Any]:
    return dict.fromkeys(("Creator", "Date", "Format", "Type"))
