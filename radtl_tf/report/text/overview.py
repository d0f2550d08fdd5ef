"""What a report is about, in a few words above the answer: task, classes, counts, backbones and date."""

from __future__ import annotations

from radtl_tf.evaluation.evaluate import Evaluation
from radtl_tf.evaluation.formatting import listed
from radtl_tf.report.text.label_range import label_range


def overview(evaluation: Evaluation) -> dict[str, str]:
    """Return what the experiment is about, by heading; the date only if the folder records one."""
    record = evaluation.record
    data, task, facts = record.data, record.experiment.task, record.facts
    label = task.label if isinstance(task.label, str) else listed(task.label)
    source = f"{label}, {task.dataset}" if task.dataset else label
    asked = f"{data.classes[-1]} against {data.classes[0]}" if record.target.is_binary else record.target.kind
    asked = f"regression in {task.label_unit}" if task.label_unit else asked
    classes = [f"{name} ({count.images} images of {count.patients} patients)" for name, count in data.counts.items()]
    found = {
        "Task": f"{asked} ({source})",
        "Stages" if record.target.kind == "ordinal" else "Classes": "; ".join(classes),
        "Label": label_range(evaluation) if record.target.is_number else "",
        "Data": f"{data.examples} images of {data.patients} patients",
        "Backbones": listed(list(dict.fromkeys(used.backbone for used in facts.weights))),
        "Weights": listed(record.experiment.grid.weights),
        "Planned": facts.fixed_since or "",
    }
    return {name: value for name, value in found.items() if value}
