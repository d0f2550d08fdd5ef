"""What the figures have in common."""

from __future__ import annotations

import pytest

from radtl_tf.evaluation.evaluate import Evaluation
from radtl_tf.report.drawing.axes import canvas, draw_interval, drawn, legend_below, panels, styles, told
from radtl_tf.report.drawing.svg import SERIES


def test_many_lines_are_told_in_part() -> None:
    assert told([str(number) for number in range(8)], "below") == "0; 1; 2; 3; 4; 5; 6; 7."
    assert told([str(number) for number in range(10)], "below").endswith("; 7; 2 more are below.")


def test_colors_belong_to_weights(evaluation: Evaluation) -> None:
    assert styles(evaluation.record) == {"imagenet": (SERIES[0], "o"), "random": (SERIES[1], "s")}


def test_an_interval_is_drawn_in_its_row_and_its_numbers_are_printed() -> None:
    with canvas(1) as figure:
        axes = figure.subplots()
        text = draw_interval(axes, 2, 0.1, (-0.05, 0.25), (SERIES[0], "s"), sign=True)
        interval, mark = axes.get_lines()
        assert (list(interval.get_xdata()), list(interval.get_ydata())) == ([-0.05, 0.25], [2, 2])
        assert (list(mark.get_xdata()), list(mark.get_ydata()), mark.get_marker()) == ([0.1], [2], "s")
        assert text == axes.texts[0].get_text() == "+0.100 (-0.050 to 0.250)"


@pytest.mark.parametrize("count", [1, 2, 3, 5])
def test_every_title_has_a_panel_and_the_axes_are_named_at_the_edge(count: int) -> None:
    titles = [f"t{number}" for number in range(count)]
    with panels(titles, ("x", "y")) as axes:
        assert list(axes) == titles
        assert [place.get_ylabel() for place in axes.values()] == ["y", ""] * (count // 2) + ["y"] * (count % 2)
        named = [place.get_xlabel() for place in axes.values()]
        assert named == [""] * max(count - 2, 0) + ["x"] * min(count, 2)
        figure = next(iter(axes.values())).get_figure(root=True)
        assert figure is not None and len(figure.axes) == count


def test_a_legend_names_each_line_once_even_with_an_underscore() -> None:
    with panels(["a", "b"], ("x", "y")) as axes:
        for place in axes.values():
            place.plot([0, 1], [0, 1], label="_hidden")
            place.plot([0, 1], [1, 0], label="seen")
            place.plot([0, 1], [0, 0])
        legend = legend_below(axes).legends[0]
    assert [text.get_text() for text in legend.get_texts()] == ["_hidden", "seen"]


def test_a_drawing_becomes_a_figure_with_its_words() -> None:
    with canvas(1) as figure:
        figure.subplots()
        found = drawn(figure, key="k", title="T <", caption="c", alt="a & b")
    assert (found.key, found.section) == ("k", "results")
    assert "<title>T &lt;</title><desc>a &amp; b</desc>" in found.svg
