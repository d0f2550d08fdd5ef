"""Figure of the question: the difference of the two weights with its interval and the margin."""

from __future__ import annotations

from radtl_tf.evaluation.evaluate import Evaluation
from radtl_tf.report.drawing.axes import canvas, draw_interval, drawn, finish, told
from radtl_tf.report.drawing.figure import Figure
from radtl_tf.report.drawing.svg import FAINT, SERIES


def difference_figure(evaluation: Evaluation) -> Figure | None:
    """Return the question's difference with its 95 % interval, a row per pixel convention; none without a question."""
    answer = evaluation.question
    if not answer:
        return None
    found, said, ticks = answer.by_convention, [], {}
    metric, side = evaluation.record.metric_in_unit, "Left" if answer.lower_is_better else "Right"
    with canvas(0.36 * len(found) + 0.6) as figure:
        axes = figure.subplots()
        axes.axvspan(-answer.margin, answer.margin, facecolor=FAINT, alpha=0.3)
        axes.axvline(0, color=FAINT, linewidth=0.8)
        for position, one in enumerate(found):
            style = SERIES[0], "o"
            text = draw_interval(axes, position, one.test.mean, one.test.interval(), style, sign=True, line=2, mark=6)
            ticks[position] = one.pixels or "difference"
            said.append(f"{ticks[position]}: {text}")
        finish(axes, ticks, len(found), f"{answer.a} minus {answer.b}, test {metric}")
        return drawn(
            figure,
            key="difference",
            title=f"{answer.a} minus {answer.b} with its 95 % interval",
            alt=told(said, "in the table of comparisons"),
            caption=f"Difference in mean test {metric} with its 95 % interval. {side} of 0 {answer.a} is better; "
            f"differences inside the shaded margin of {answer.margin:g}{answer.in_unit} are too small to matter.",
        )
