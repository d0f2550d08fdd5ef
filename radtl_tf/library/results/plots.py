"""Figures of a finished experiment as matplotlib axes: ``Result.plot``."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pandas as pd

from radtl_tf.errors import ExperimentError
from radtl_tf.evaluation.evaluate import Evaluation
from radtl_tf.evaluation.secondary.roc_curves import QUESTION, ROC
from radtl_tf.records.runs import SELECTED

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_CHANCE: dict[str, Any] = {"color": "0.6", "linestyle": ":", "linewidth": 1, "zorder": 0}


class Plots:
    """The figures of a result. Each method draws on ``ax``, or on new axes, and returns the axes.

    The numbers are the same as in the report: test parts only, learning rates chosen inside each training part.
    """

    def __init__(self, evaluation: Callable[[], Evaluation]) -> None:
        self._evaluation = evaluation

    def roc(self, ax: Axes | None = None) -> Axes:
        """Draw the mean ROC curve of each side of the question; the band is the range over the folds.

        A question over several settings has one line per weights; else there is one line per setting.

        Raises:
            ExperimentError: the task is a regression, which has no ROC curves.
        """
        self._check_probabilities("ROC curves")
        axes, curves = _axes(ax), self._evaluation().curves
        shown = curves[curves["kind"] == ROC]
        if QUESTION in set(shown["panel"]):
            shown = shown[shown["panel"] == QUESTION]
        several = shown["panel"].nunique() > 1
        for (panel, name), line in shown.groupby(["panel", "name"], sort=False):
            (drawn,) = axes.plot(line["x"], line["mean"], label=f"{panel}: {name}" if several else name)
            axes.fill_between(line["x"], line["low"], line["high"], color=drawn.get_color(), alpha=0.15, linewidth=0)
        axes.plot([0, 1], [0, 1], **_CHANCE)
        axes.set(xlabel="1 - specificity", ylabel="sensitivity", xlim=(-0.01, 1.01), ylim=(-0.01, 1.02))
        axes.legend(loc="lower right")
        return axes

    def forest(self, ax: Axes | None = None) -> Axes:
        """Draw the test AUROC or MAE of each setting with its 95 % interval."""
        axes, estimates = _axes(ax), self._evaluation().estimates
        rows = estimates[estimates["learning_rate"] == SELECTED].reset_index(drop=True)
        colors = {name: f"C{at % 10}" for at, name in enumerate(dict.fromkeys(rows["weights"]))}
        for at, row in enumerate(rows.to_dict("records")):
            axes.plot([row["ci_low"], row["ci_high"]], [at, at], color=colors[row["weights"]])
            axes.plot(row["mean"], at, "o", color=colors[row["weights"]])
        axes.set_yticks(range(len(rows)), rows["scenario"].tolist())
        axes.invert_yaxis()
        axes.set_xlabel(f"test {self._evaluation().record.metric_in_unit}, mean over the folds and 95 % interval")
        return axes

    def calibration(self, ax: Axes | None = None) -> Axes:
        """Draw the share of positives against the mean score, in bins of equally many cases; bars are SDs over folds.

        With several classes, the mean over the classes is drawn. Below the diagonal, the scores are too high.

        Raises:
            ExperimentError: the task is a regression, which has no probabilities.
        """
        self._check_probabilities("calibration")
        axes, reliability = _axes(ax), self._evaluation().secondary.calibration.reliability
        for name, rows in reliability.groupby("scenario", sort=False):
            bins = rows.groupby("bin")[["score", "share", "sd"]].mean()
            axes.errorbar(bins["score"], bins["share"], yerr=bins["sd"], marker="o", markersize=3.5, label=name)
        axes.plot([0, 1], [0, 1], **_CHANCE)
        axes.set(xlabel="mean score of the bin", ylabel="share of positives", xlim=(-0.01, 1.01), ylim=(-0.01, 1.02))
        axes.legend(loc="upper left")
        return axes

    def learning_curve(self, ax: Axes | None = None) -> Axes:
        """Draw the test AUROC or MAE of each weights against the number of training patients, with 95 % intervals.

        Raises:
            ExperimentError: the experiment has only one share of the training patients.
        """
        found = self._evaluation().learning_curve
        if found is None:
            raise ExperimentError("The experiment has no learning curve: give it several grid.train_fractions.")
        axes = _axes(ax)
        for name, rows in found.curve.groupby("weights", sort=False):
            _band(axes, rows, str(name))
        lower = self._evaluation().record.lower_is_better
        axes.set(xlabel="training patients", ylabel=f"test {self._evaluation().record.metric_in_unit}", xscale="log")
        axes.legend(loc="upper right" if lower else "lower right")
        return axes

    def _check_probabilities(self, what: str) -> None:
        if self._evaluation().record.target.is_number:
            raise ExperimentError(
                f"A regression has no {what}, because its scores are numbers. Use plot.forest(), or the scatter and "
                "the "
                "Bland-Altman plot of report()."
            )


def _band(axes: Axes, rows: pd.DataFrame, name: str) -> None:
    (line,) = axes.plot(rows["patients"], rows["mean"], marker="o", label=name)
    axes.fill_between(rows["patients"], rows["ci_low"], rows["ci_high"], color=line.get_color(), alpha=0.15)


def _axes(ax: Axes | None) -> Axes:
    if ax is not None:
        return ax
    from matplotlib import pyplot

    return pyplot.subplots()[1]
