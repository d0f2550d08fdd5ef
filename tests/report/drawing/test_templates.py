"""Pages are rendered from templates with every value escaped."""

from __future__ import annotations

from radtl_tf.report.drawing.templates import DISCLAIMER, explained, render_template


def test_values_are_escaped_and_the_disclaimer_is_there() -> None:
    page = render_template(
        "check.html", name="<b>", verdict="v", errors=(), counts={}, findings=(), lines=str, figure="", tables=[]
    )
    assert "&lt;b&gt;" in page and "<b>" not in page
    assert DISCLAIMER in page


def test_terms_get_a_tooltip_and_everything_is_escaped() -> None:
    found = explained("a <b> prior & a prior", {"prior": 'what "you" <think> of a prior', "other": "x"})
    assert found.count("<abbr title=") == 2 and "<b>" not in found and "<think>" not in found
    assert explained("a < b", {}) == "a &lt; b"
