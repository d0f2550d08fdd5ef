"""Figures as self-contained SVG that uses the page's colors."""

from __future__ import annotations

import matplotlib as mpl
from matplotlib.figure import Figure

from radtl_tf.report.drawing.svg import SERIES, STYLE, svg


def test_an_svg_has_a_label_the_pages_colors_and_no_address() -> None:
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(2, 1))
        figure.subplots().plot([0, 1], [0, 1], color=SERIES[0])
        text = svg(figure, "a <line>")
    assert text.startswith('<svg role="img" aria-label="a &lt;line&gt;"')
    assert "var(--series-1)" in text and SERIES[0] not in text
    assert "http" not in text and "<metadata" not in text
