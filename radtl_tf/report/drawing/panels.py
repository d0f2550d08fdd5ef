"""Which settings a figure of several panels shows, and what their lines look like."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from radtl_tf.evaluation.question.contrasts import side
from radtl_tf.evaluation.results.experiment_record import ExperimentRecord
from radtl_tf.records.runs import Setting
from radtl_tf.report.drawing.axes import styles, told


@dataclass(frozen=True)
class Shown:
    """A line of a figure: a setting, by the ``name`` of its weights (with their convention where it is uncertain)."""

    name: str
    setting: Setting


def shown_settings(record: ExperimentRecord) -> dict[str, list[Shown]]:
    """Return the settings per panel (backbone and tuning): of the question's weights, or of all without a question.

    Each weights appears under the conventions that may be its own, as in the ROC curves.
    """
    question = record.question
    panels: dict[str, list[Shown]] = {}
    for weights in question.compare if question else record.experiment.grid.weights:
        for entry in record.candidates(weights):
            for setting in dict.fromkeys(scenario.setting for scenario in record.family(weights, entry)):
                line = Shown(side(record, weights, entry), setting)
                panels.setdefault(f"{setting.network}, {setting.tuning}", []).append(line)
    return panels


def looks(record: ExperimentRecord, lines: Sequence[Shown]) -> Iterator[tuple[Shown, dict[str, Any]]]:
    """Yield each line of a panel with its color, marker and dash: the second convention of weights is dashed."""
    known, seen = styles(record), set()
    for line in lines:
        weights = line.setting.weights
        color, marker = known[weights]
        yield line, {"color": color, "marker": marker, "linestyle": "--" if weights in seen else "-"}
        seen.add(weights)


def said(shown: Mapping[str, Sequence[Shown]], say: Callable[[Shown], str], where: str) -> str:
    """Return what ``say`` says of every line, for screen readers; the lines left out are ``where``."""
    lines = [f"{panel}, {line.name}: {say(line)}" for panel, settings in shown.items() for line in settings]
    return told(lines, where)
