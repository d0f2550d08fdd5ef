"""A figure of the report: a drawing with its title, its caption and an alternative text."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """One figure: ``svg`` is an element made by ``svg.svg``; ``key`` is its anchor, ``section`` its place.

    ``alt`` says in words what the drawing shows, for screen readers.
    """

    key: str
    title: str
    caption: str
    alt: str
    svg: str
    section: str = "results"

    @property
    def inline(self) -> str:
        """The drawing for a page that holds others: no two figures share an ``id``."""
        return re.sub(r'( id="|href="#|url\(#)', rf"\g<1>{self.key}-", self.svg)
