"""Figures on one page do not share ids."""

from __future__ import annotations

from radtl_tf.evaluation.evaluate import Evaluation
from radtl_tf.report.drawing.figure import Figure
from radtl_tf.report.results.forest import forest_figure


def test_ids_and_what_refers_to_them_get_the_key() -> None:
    svg = '<svg id="a"><use href="#a"/><path clip-path="url(#a)"/><a href="x">#a</a></svg>'
    figure = Figure("k", "T", "C", "A", svg)
    assert figure.inline == '<svg id="k-a"><use href="#k-a"/><path clip-path="url(#k-a)"/><a href="x">#a</a></svg>'


def test_two_real_drawings_share_no_id(evaluation: Evaluation) -> None:
    figure = forest_figure(evaluation)
    assert ' id="forest-' in figure.inline
    assert ' id="' in figure.svg
