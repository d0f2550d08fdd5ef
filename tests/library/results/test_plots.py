"""The figures of a result show the numbers of its tables."""

from __future__ import annotations

import numpy as np
import pytest

from radtl_tf.errors import ExperimentError
from radtl_tf.library.results.result import Result


def test_figures_show_the_numbers_of_the_tables(result: Result) -> None:
    rows = result.frame("estimates").query("learning_rate == 'selected' and metric == 'auroc' and tuning != 'baseline'")
    forest = result.plot.forest()
    points = [line.get_xdata()[0] for line in forest.lines if line.get_marker() == "o"]
    assert points == pytest.approx(rows["mean"].tolist())
    roc = result.plot.roc()
    assert [text.get_text() for text in roc.get_legend().get_texts()] == ["mine", "random"]
    assert all(np.all(np.diff(line.get_ydata()) >= 0) for line in roc.lines)
    assert result.plot.calibration(ax=roc) is roc
    with pytest.raises(ExperimentError):
        result.plot.learning_curve()
