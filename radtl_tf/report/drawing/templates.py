"""Pages from templates: everything escaped, nothing outside the page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jinja2

DISCLAIMER = "For research. Not a medical device: nothing here may serve to diagnose or to treat anyone."
_TEMPLATES = Path(__file__).parents[1] / "templates"


def render_template(template: str, /, **values: Any) -> str:
    """Return the page ``template`` as HTML, with ``values`` and the disclaimer; every value is escaped."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    return environment.get_template(template).render(disclaimer=DISCLAIMER, **values)
