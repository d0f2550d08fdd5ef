"""Pages are rendered from templates with every value escaped."""

from __future__ import annotations

from radtl_tf.report.drawing.templates import DISCLAIMER, render_template


def test_values_are_escaped_and_the_disclaimer_is_there() -> None:
    page = render_template(
        "check.html", name="<b>", verdict="v", errors=(), counts={}, findings=(), lines=str, figure="", tables=[]
    )
    assert "&lt;b&gt;" in page and "<b>" not in page
    assert DISCLAIMER in page
