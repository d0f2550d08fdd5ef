"""Tables of the classes of a task with several classes."""

from __future__ import annotations

from radtl_tf.evaluation.evaluate import Evaluation
from radtl_tf.evaluation.metrics.auroc import class_auroc
from radtl_tf.report.drawing.table import Table
from radtl_tf.report.text.task_words import words
from radtl_tf.report.topics.secondary_metrics import compared_cells, estimate_cells, setting_cells


def classes_table(evaluation: Evaluation) -> Table:
    """Return every setting's AUROC of each class or threshold."""
    found, one = evaluation.secondary.classes.estimates, words(evaluation).one
    cells, names = estimate_cells(found), evaluation.record.target.outputs
    against = "Each threshold by itself" if one == "threshold" else "Each class against the rest"
    return Table(
        key="classes",
        title=f"AUROC of each {one}",
        caption=f"{against}: mean over the test folds (95 % interval, corrected resampled t), per "
        "setting at the learning rate chosen by inner loss. The mean of a row is the setting's AUROC.",
        columns=("Backbone", "Tuning", "Weights", "Pixels", *names),
        rows=tuple(
            (*setting_cells(setting), *(cells[setting.name, class_auroc(name)] for name in names))
            for setting in evaluation.record.settings
            if names
        ),
        section="metrics",
    )


def class_comparisons_table(evaluation: Evaluation) -> Table:
    """Return the question in each class or threshold."""
    one = words(evaluation).one
    what = "threshold" if one == "threshold" else "class against the rest"
    return Table(
        key="class-comparisons",
        title="The question at each threshold" if one == "threshold" else "The question in each class",
        caption=f"Secondary: difference in AUROC of the {what} = A - B on the same folds, by the paired "
        "corrected resampled t; p adjusted over all rows of this table (Holm), intervals not adjusted.",
        columns=(one.capitalize(), "A", "B", "A - B", "95 % interval", "p", "Adjusted p", "Outcome"),
        rows=tuple(
            (row["metric"].removeprefix(class_auroc("")), *compared_cells(row))
            for row in evaluation.secondary.classes.comparisons.to_dict("records")
        ),
        section="metrics",
    )
