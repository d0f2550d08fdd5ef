"""What the report says differently of tasks of two classes, of several classes and of several labels."""

from __future__ import annotations

from dataclasses import dataclass

from radtl_tf.evaluation.evaluate import Evaluation
from radtl_tf.records.experiment import Kind


@dataclass(frozen=True)
class Words:
    """``auroc``: what it is; ``called``: what scores lead to; ``layer`` of the head; ``averaged``: how classes are."""

    auroc: str
    called: str
    layer: str
    averaged: str = ""


_PAIR = "how often a case of {one} gets a higher score than one without it; 0.5 is guessing, 1 is perfect."
_MEAN = "AUROC: the mean over the {what}, each against the rest, of " + _PAIR.format(one="that {one}")
_AVERAGED = "Of several classes, means over the classes, each against the rest. "

WORDS: dict[Kind, Words] = {
    "binary": Words(
        auroc="AUROC: " + _PAIR.format(one="the positive class"),
        called="scores from 0.5 on are called positive",
        layer="softmax",
    ),
    "multiclass": Words(
        auroc=_MEAN.format(what="classes", one="class"),
        called="a case is called what has the highest score",
        layer="softmax",
        averaged=_AVERAGED,
    ),
    "multilabel": Words(
        auroc=_MEAN.format(what="labels", one="label"),
        called="scores from 0.5 on call their label, each label of a case for itself",
        layer="sigmoid",
        averaged=_AVERAGED,
    ),
}


def words(evaluation: Evaluation) -> Words:
    """Return the words for the kind of an experiment's task."""
    return WORDS[evaluation.record.target.kind]
