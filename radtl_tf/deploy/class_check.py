"""Check, before scoring, that models and a manifest have the same classes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from radtl_tf.data.manifest.label_words import is_missing, written_as
from radtl_tf.data.manifest.labels import RowLabels
from radtl_tf.data.manifest.reader import Manifest
from radtl_tf.data.manifest.rows import Labelled, labelled
from radtl_tf.deploy.card.facts import Card
from radtl_tf.errors import DataError, nearest
from radtl_tf.records.experiment import Task
from radtl_tf.records.runs import Target


def target_of(card: Card) -> Target:
    """Return what a model predicts; earlier versions wrote no kind and exported only binary models."""
    return Target(card.get("kind", "binary"), tuple(card["classes"]))


def task_of(cards: Sequence[Card], task: Task) -> Task:
    """Return ``task`` with the first model's kind and labels, and its positive class unless the task names one.

    Raises:
        DataError: the models differ in kind, classes or unit, or ``task`` has a positive class and the models have
            several classes, stages or a number.
    """
    first, target = cards[0], target_of(cards[0])
    for other in cards[1:]:
        _check_same(first, other)
    if target.is_binary:
        return replace(task, kind=target.kind, positive=task.positive or first["positive"])
    if task.positive is not None:
        raise DataError(
            f"A positive class is only valid for a binary model; {first['setting']} is {target.kind}. Remove it."
        )
    if target.is_number:
        return replace(task, kind=target.kind, label_unit=first["label_unit"])
    if target.kind == "ordinal":
        return replace(task, kind=target.kind, classes=target.classes)
    in_one_cell = target.kind == "multilabel" and isinstance(task.label, str)
    return replace(task, kind=target.kind, classes=target.classes if in_one_cell else ())


def check_labels(manifest: Manifest, task: Task, cards: Sequence[Card]) -> Labelled:
    """Return the rows with a known label, and their labels; refuse labels that are not classes of the models.

    With a separator an image may also have other labels.

    Raises:
        DataError: a model does not know a label, or has another positive class; a label of a regression is not a
            number; with several classes, a class has no image or all images; a stage has no image.
    """
    for card in cards:
        _check_positive(task, card)
        _check_columns(task, card)
    if task.kind == "ordinal":
        _check_stages(manifest, task, cards)
    found = labelled(manifest, task)
    if task.kind in ("regression", "ordinal"):
        return found
    names = [name for of_image in found.labels.names for name in of_image]
    for card in cards:
        _check_known(manifest, task, names, card)
    if task.kind != "binary":
        _check_divided(manifest, found.labels, cards[0])
    return found


def _check_same(first: Card, second: Card) -> None:
    """Refuse two models of different kinds, or with different classes if there are several."""
    one, other = target_of(first), target_of(second)
    if one.kind != other.kind:
        raise DataError(
            f"{first['setting']} is {one.kind} and {second['setting']} is {other.kind}, but only models of the same "
            "kind can be compared. Choose two models of one kind."
        )
    if one.is_number and first["label_unit"] != second["label_unit"]:
        raise DataError(
            f"{first['setting']} predicts {first['label_unit']!r} and {second['setting']} {second['label_unit']!r}, "
            "but only models with the same unit can be compared. Choose two models with the same unit."
        )
    if one.kind == "ordinal" and one.classes != other.classes:
        raise DataError(
            f"{first['setting']} has the stages {_quoted(one.classes)} and {second['setting']} "
            f"{_quoted(other.classes)}, but only models with the same stages in the same order can be compared. Choose "
            "two models with the same stages."
        )
    odd = sorted(set(one.classes) ^ set(other.classes))
    if odd and not one.is_binary:
        raise DataError(
            f"only one of the models {first['setting']} and {second['setting']} knows the class {odd[0]!r}, but only "
            "models with the same classes can be compared. Choose two models with the same classes."
        )


def _check_positive(task: Task, card: Card) -> None:
    if task.positive is not None and written_as(task.positive, [card["positive"]]) is None:
        raise DataError(
            f"the positive class given is {task.positive!r}, but the model {card['setting']} has "
            f"{card['positive']!r}. Give the positive class of the model, or none."
        )


def _check_columns(task: Task, card: Card) -> None:
    """Refuse columns of labels that are not the model's classes."""
    if not isinstance(task.label, str) and set(task.label) != set(card["classes"]):
        raise DataError(
            f"the label columns are {_quoted(task.label)}, but the model {card['setting']} knows "
            f"{_quoted(card['classes'])}. Name one label column for each class."
        )


def _check_known(manifest: Manifest, task: Task, found: Sequence[str], card: Card) -> None:
    unknown = [name for name in dict.fromkeys(found) if written_as(name, card["classes"]) is None]
    if unknown and not task.label_separator:
        raise DataError(
            f"{manifest.path}: {found.count(unknown[0])} images have the label {unknown[0]!r}, which the model "
            f"{card['setting']} does not know{nearest(unknown[0], card['classes'])}. It knows "
            f"{_quoted(card['classes'])}. Write the labels as the model's classes, or name another label column."
        )


def _check_stages(manifest: Manifest, task: Task, cards: Sequence[Card]) -> None:
    """Refuse stages that the models do not have, and a stage that no image has: its thresholds may have one side."""
    cells = manifest.table.get(str(task.label))
    if cells is None:
        return  # ``labelled`` refuses it and names similar columns
    found = [cell for cell in cells.str.strip() if not is_missing(cell)]
    for card in cards:
        _check_known(manifest, task, found, card)
    there = {written_as(cell, cards[0]["classes"]) for cell in set(found)}
    for name in cards[0]["classes"]:
        if name not in there:
            raise DataError(
                f"{manifest.path}: no image has the stage {name!r} of the model {cards[0]['setting']}, but a test "
                "needs images of every stage. Add images, or test another model."
            )


def _check_divided(manifest: Manifest, labels: RowLabels, card: Card) -> None:
    """Refuse a class that no image or every image has, as far as it is known."""
    counts = Counter(name for names in labels.names for name in set(names))
    unknown = Counter(name for names in labels.unknown for name in names)
    for name in card["classes"]:
        if counts[name] in (0, len(labels) - unknown[name]):
            raise DataError(
                f"{manifest.path}: {'every' if counts[name] else 'no'} image has the class {name!r} of the model "
                f"{card['setting']}, but its AUROC needs images with and without it. Add images, or test another "
                "model."
            )


def _quoted(names: Sequence[str]) -> str:
    return ", ".join(map(repr, names))
