"""Figure of the training: losses over the epochs, the epochs kept, and the runs that had not converged."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from radtl_tf.evaluation.evaluate import Evaluation
from radtl_tf.evaluation.secondary.training_curves import Course
from radtl_tf.report.drawing.axes import drawn, legend_below, panels, styles, told
from radtl_tf.report.drawing.figure import Figure

_DASHES = (("-", "--"), ("-.", ":"))  # inner and training loss; the other convention of uncertain weights
_ROOM = 1.6  # how far above the highest mean loss a band may reach: one diverging run must not flatten the rest


def courses_figure(evaluation: Evaluation) -> Figure | None:
    """Return loss and inner loss over the epochs, a panel per backbone and tuning; ``None`` without histories."""
    if not evaluation.courses:
        return None
    look = styles(evaluation.record)
    names = [course.line.panel for course in evaluation.courses]
    most = max(names.count(name) for name in names)
    with panels(list(dict.fromkeys(names)), ("epoch", _axis(evaluation)), below=0.42 + 0.12 * most) as axes:
        for name, place in axes.items():
            found = [course for course in evaluation.courses if course.line.panel == name]
            for row, course in enumerate(found):
                again = course.line.weights in [other.line.weights for other in found[:row]]
                _course(place, course, (look[course.line.weights][0], _DASHES[again]), _shown(evaluation))
                _kept(place, course, row, look[course.line.weights][0])
            _limit(place, found, list(_shown(evaluation)))
        return drawn(
            legend_below(axes),
            key="courses",
            title="Training curves",
            alt=told([_said(course) for course in evaluation.courses], "in the drawing only"),
            caption=_caption(evaluation),
            section="training",
        )


def _caption(evaluation: Evaluation) -> str:
    is_number = evaluation.record.target.is_number
    both = "Mean loss over the runs of each setting at its chosen learning rate: on the inner part, which chooses the "
    both += "epoch and the learning rate, and on the training part."
    error = "Mean absolute error on the inner part, which chooses the epoch and the learning rate: mean over the runs "
    error += "of each setting at its chosen learning rate."
    overfit = " If the training loss falls while the inner loss rises, the network overfits; the kept epoch comes "
    overfit += "before that."
    return (
        f"{error if is_number else both} The band runs from the lowest to the highest inner loss; with early stopping, "
        "each epoch counts only the runs that reached it. Marks below the curves show the epoch that each run kept; a "
        "triangle marks a run that had not converged, because its inner loss was still falling at the end."
        f"{'' if is_number else overfit}"
    )


def _axis(evaluation: Evaluation) -> str:
    return f"inner {evaluation.record.metric_in_unit}" if evaluation.record.target.is_number else "loss (nats)"


def _shown(evaluation: Evaluation) -> dict[str, str]:
    """Return the losses to draw and their names: those of a regression are in two units, so only the inner one."""
    return {"inner_loss": "inner"} | ({} if evaluation.record.target.is_number else {"loss": "training"})


def _course(axes: Axes, course: Course, look: tuple[str, tuple[str, str]], losses: dict[str, str]) -> None:
    table, name = course.epochs, course.line.name
    color, dashes = look
    low, high = table["inner_loss_low"], table["inner_loss_high"]
    axes.fill_between(table.index, low, high, color=color, alpha=0.15, linewidth=0)
    for (loss, words), dash, width in zip(losses.items(), dashes, (1.5, 1.1), strict=False):
        label = f"{name}, {words}"
        axes.plot(table.index, table[f"{loss}_mean"], color=color, linewidth=width, linestyle=dash, label=label)


def _kept(axes: Axes, course: Course, row: int, color: str) -> None:
    """Mark the kept epochs below zero on the axis, one row per line."""
    height = -0.06 - 0.07 * row
    across = axes.get_xaxis_transform()
    for stuck, marker in ((False, "|"), (True, ">")):
        epochs = course.kept.loc[course.kept["stuck"] == stuck, "epoch"]
        heights = [height] * len(epochs)
        axes.plot(epochs, heights, marker, color=color, markersize=4.5, transform=across, clip_on=False)


def _limit(axes: Axes, found: list[Course], losses: list[str]) -> None:
    means = max(float(course.epochs[f"{loss}_mean"].max()) for course in found for loss in losses)
    bands = max(float(course.epochs["inner_loss_high"].max()) for course in found)
    axes.set_ylim(0, min(1.04 * bands, _ROOM * means) if bands > means else 1.04 * means)
    axes.xaxis.set_major_locator(MaxNLocator(4, integer=True))
    axes.yaxis.set_major_locator(MaxNLocator(4))
    axes.tick_params(axis="x", pad=3.5 + 8 * len(found))


def _said(course: Course) -> str:
    last = course.epochs.iloc[-1]
    stuck = int(course.kept["stuck"].sum())
    return (
        f"{course.line.panel}, {course.line.name}: epochs kept from {course.kept['epoch'].min()} to "
        f"{course.kept['epoch'].max()} of {course.epochs.index.max()}, inner loss {last['inner_loss_mean']:.2f} and "
        f"training loss {last['loss_mean']:.2f} at the end, {stuck} of {len(course.kept)} runs not converged"
    )
