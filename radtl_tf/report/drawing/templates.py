"""Render pages from templates: every value is escaped, and a page needs no other file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup, escape

DISCLAIMER = "For research only. Not a medical device and not for clinical use."
_TEMPLATES = Path(__file__).parents[1] / "templates"


def explained(text: str, terms: Mapping[str, str]) -> Markup:
    """Return ``text``, escaped, with a tooltip at every place of a term of ``terms``, which maps terms to tooltips."""
    by_term = {str(escape(term)): escape(meaning) for term, meaning in terms.items()}
    if not by_term:
        return escape(text)
    pattern = "|".join(map(re.escape, by_term))
    found = re.sub(pattern, lambda at: f'<abbr title="{by_term[at[0]]}">{at[0]}</abbr>', str(escape(text)))
    return Markup(found)  # noqa: S704 - text and terms are escaped above


def render_template(template: str, /, **values: Any) -> str:
    """Return the page ``template`` as HTML, with ``values`` and the disclaimer; every value is escaped."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["explained"] = explained
    return environment.get_template(template).render(disclaimer=DISCLAIMER, **values)
