"""The rules of a task: what its keys may say together."""

from __future__ import annotations

import re
import typing

from radtl_tf.errors import ExperimentError
from radtl_tf.records.experiment import Missing, Task, Uncertain

_OF_A_TABLE = ("patient_pattern", "path_column", "suffix", "encoding", "depth")  # keys of a task


def check_task(task: Task) -> None:
    """Refuse a task whose values are valid one by one but contradict each other.

    Raises:
        ExperimentError: names the missing or contradictory keys.
    """
    _check_labels(task)
    _check_classes(task)
    _check_number_or_stages(task)
    _check_unknown(task)
    if (task.manifest is None) == (task.dataset is None):
        raise ExperimentError("[task] needs either 'manifest' (a CSV file) or 'dataset' (a builder's name), not both.")
    check_patients(task)
    if task.dataset is not None:
        _check_data_set(task)


def _check_data_set(task: Task) -> None:
    """Refuse what only a manifest can have."""
    if task.images or task.patient or task.one_image_per_patient:
        raise ExperimentError("task.images and task.patient are only valid with a manifest: remove them.")
    if task.missing != Task.missing or task.uncertain != Task.uncertain:
        raise ExperimentError("task.missing and task.uncertain are only valid with a manifest: remove them.")
    for key in _OF_A_TABLE:
        if getattr(task, key) is not None:
            raise ExperimentError(f"task.{key} is only valid with a manifest: remove it.")
    if task.columns or task.sex_codes:
        raise ExperimentError("task.columns and task.sex_codes are only valid with a manifest: remove them.")


def check_patients(task: Task) -> None:
    """Refuse a task that says in two ways who the patients are, or whose pattern is not a regular expression.

    Raises:
        ExperimentError: names the contradictory keys, or what is wrong with the pattern.
    """
    ways = ("patient", "patient_pattern", "one_image_per_patient")
    said = [f"task.{key}" for key in ways if getattr(task, key)]
    if len(said) > 1:
        raise ExperimentError(f"{' and '.join(said)} contradict each other: keep one of them.")
    try:
        re.compile(task.patient_pattern or "")
    except re.error as error:
        raise ExperimentError(f"task.patient_pattern is not a valid regular expression: {error}.") from error


def _check_labels(task: Task) -> None:
    if (task.kind == "binary") != (task.positive is not None):
        missing = "'task.positive' is missing: name the positive class of the binary task."
        unwanted = f"task.positive is only valid for binary tasks; this task is {task.kind}. Remove it."
        raise ExperimentError(missing if task.kind == "binary" else unwanted)
    if not isinstance(task.label, str) and (task.kind != "multilabel" or task.label_separator or not task.label):
        raise ExperimentError(
            "task.label is a list of columns, which is only valid for kind = 'multilabel' without "
            "task.label_separator: name one column, or change the other key."
        )
    if task.kind not in ("binary", "multilabel") and task.label_separator:
        raise ExperimentError(
            f"task.label_separator is only valid for binary and multilabel tasks; this task is {task.kind}. Remove it."
        )


def _check_classes(task: Task) -> None:
    if task.classes and task.kind != "ordinal" and (task.kind != "multilabel" or not isinstance(task.label, str)):
        raise ExperimentError(
            "task.classes is only valid for kind = 'multilabel' with one label column and kind = 'ordinal': remove it."
        )
    if len(task.classes) == 1 or len(set(task.classes)) < len(task.classes):
        raise ExperimentError("task.classes needs two or more classes, each listed once; for one, use kind = 'binary'.")
    one_cell = isinstance(task.label, str) and not task.label_separator
    if task.kind == "multilabel" and task.manifest is not None and one_cell:
        raise ExperimentError(
            "a multilabel task needs task.label_separator = '|' (or another), or task.label = ['a', 'b'] for columns."
        )


def _check_number_or_stages(task: Task) -> None:
    """Refuse a regression without a unit, a unit without a regression, and stages without their order."""
    if (task.kind == "regression") != (task.label_unit is not None):
        missing = "task.label_unit is missing: name the unit of the label, such as 'years'."
        unwanted = f"task.label_unit is only valid for a regression; this task is {task.kind}. Remove it."
        raise ExperimentError(missing if task.kind == "regression" else unwanted)
    if task.kind == "ordinal" and len(task.classes) < 3:
        raise ExperimentError(
            f"an ordinal task needs task.classes, three or more stages from the lowest to the highest; got "
            f"{len(task.classes)}. For two, use kind = 'binary'."
        )


def _check_unknown(task: Task) -> None:
    """Refuse a meaning of missing or uncertain labels that is not known, or that this kind of task cannot have."""
    for key, value, known in (("missing", task.missing, Missing), ("uncertain", task.uncertain, Uncertain)):
        if value not in typing.get_args(known):
            expected = ", ".join(map(repr, typing.get_args(known)))
            raise ExperimentError(f"task.{key} = {value!r}; expected one of {expected}.")
    of_yes_and_no = task.kind in ("binary", "multilabel")
    if not of_yes_and_no and task.missing == "no":
        raise ExperimentError(
            f"task.missing = 'no' is only valid for labels of yes and no; this task is {task.kind}: use 'ignore'."
        )
    if task.uncertain != Task.uncertain and task.kind in ("regression", "ordinal"):
        raise ExperimentError(
            f"task.uncertain is only valid for labels of yes and no; this task is {task.kind}. Remove it."
        )
    if task.uncertain != Task.uncertain and (task.kind == "multiclass" or task.label_separator):
        where = "multiclass" if task.kind == "multiclass" else "a list of labels in one cell"
        raise ExperimentError(
            f"task.uncertain is only valid for labels of yes and no; this task is {where}, where every word is a "
            "class. Remove it."
        )
