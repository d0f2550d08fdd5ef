"""Wording that depends on the kind of task: two classes, several classes or several labels."""

from __future__ import annotations

from dataclasses import dataclass

from radtl_tf.evaluation.evaluate import Evaluation
from radtl_tf.records.experiment import Kind


@dataclass(frozen=True)
class Words:
    """``auroc`` explains it; ``called``: how scores become decisions; ``layer`` of the head; ``averaged``: how."""

    auroc: str
    called: str
    layer: str
    averaged: str = ""


_AUROC = "AUROC: how often {case} gets a higher score than {other}{mean}; 0.5 is guessing, 1 is perfect."
_AVERAGED = "Means over the classes, each class against the rest. "

WORDS: dict[Kind, Words] = {
    "binary": Words(
        auroc=_AUROC.format(case="a positive case", other="a negative one", mean=""),
        called="scores of 0.5 or more are called positive",
        layer="softmax",
    ),
    "multiclass": Words(
        auroc=_AUROC.format(case="a case of a class", other="a case of another", mean=", as the mean over the classes"),
        called="each case is assigned the class with the highest score",
        layer="softmax",
        averaged=_AVERAGED,
    ),
    "multilabel": Words(
        auroc=_AUROC.format(case="a case with a label", other="a case without", mean=", as the mean over the labels"),
        called="scores of 0.5 or more call the label present, each label of a case separately",
        layer="sigmoid",
        averaged=_AVERAGED,
    ),
}


def words(evaluation: Evaluation) -> Words:
    """Return the words for the kind of an experiment's task."""
    return WORDS[evaluation.record.target.kind]
