from __future__ import annotations

import re

from radtl_tf.report.drawing.figure import Figure
from radtl_tf.report.pages.summary_picture import HEIGHT, WIDTH, Block, picture

FIGURE = Figure("k", "", "", "", '<svg viewBox="0 0 200 100"><path stroke="var(--ink)"/></svg>')


def _lowest(drawing: str) -> float:
    return max(float(y) for y in re.findall(r'<text x="\d+" y="([\d.]+)"', drawing))


def test_it_is_one_page_in_the_light_palette() -> None:
    drawing = picture([Block("A title", size=20), Block("value", label="Name")], FIGURE, ["small print"])
    assert f'width="{WIDTH}" height="{HEIGHT}"' in drawing
    assert "var(--" not in drawing
    assert [
        drawing.index(text) for text in ("A title", "Name", "value", 'viewBox="0 0 200 100', "small print")
    ] == sorted(drawing.index(text) for text in ("A title", "Name", "value", 'viewBox="0 0 200 100', "small print"))


def test_long_text_shrinks_until_it_fits() -> None:
    long = picture([Block("word " * 2000)], FIGURE, ["end"])
    assert _lowest(long) <= HEIGHT
    sizes = {float(size) for size in re.findall(r'font-size="([\d.]+)" fill="#1b1f24"', long)}
    assert max(sizes) < Block("").size


def test_text_is_escaped() -> None:
    drawing = picture([Block("<script>", label="a & b")], FIGURE, [])
    assert "<script>" not in drawing
    assert "&lt;script&gt;" in drawing and "a &amp; b" in drawing
