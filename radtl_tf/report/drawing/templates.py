"""Render pages from templates: every value is escaped, and a page needs no other file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jinja2

DISCLAIMER = "For research only. Not a medical device and not for clinical use."
_TEMPLATES = Path(__file__).parents[1] / "templates"


def render_template(template: str, /, **values: Any) -> str:
    """Return the page ``template`` as HTML, with ``values`` and the disclaimer; every value is escaped."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    return environment.get_template(template).render(disclaimer=DISCLAIMER, **values)
