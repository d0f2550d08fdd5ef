"""Wording that depends on the kind of task: two classes, several classes or labels, a number, or stages."""

from __future__ import annotations

from dataclasses import dataclass

from radtl_tf.evaluation.evaluate import Evaluation
from radtl_tf.records.experiment import Kind


@dataclass(frozen=True)
class Words:
    """``metric`` explains it; ``called``: how scores become decisions; ``layer`` of the head; ``averaged``: how.

    ``loss``: what training minimizes. ``output``: what the model gives. ``one``: one of the parts of the mean AUROC.
    """

    metric: str
    called: str
    layer: str
    averaged: str = ""
    loss: str = "cross-entropy"
    output: str = "a probability of each class"
    one: str = "class"


_AUROC = "AUROC: how often {case} gets a higher score than {other}{mean}; 0.5 is guessing, 1 is perfect."
_AVERAGED = "Means over the classes, each class against the rest. "

WORDS: dict[Kind, Words] = {
    "binary": Words(
        metric=_AUROC.format(case="a positive case", other="a negative one", mean=""),
        called="scores of 0.5 or more are called positive",
        layer="softmax",
    ),
    "multiclass": Words(
        metric=_AUROC.format(
            case="a case of a class", other="a case of another", mean=", as the mean over the classes"
        ),
        called="each case is assigned the class with the highest score",
        layer="softmax",
        averaged=_AVERAGED,
    ),
    "multilabel": Words(
        metric=_AUROC.format(case="a case with a label", other="a case without", mean=", as the mean over the labels"),
        called="scores of 0.5 or more call the label present, each label of a case separately",
        layer="sigmoid",
        averaged=_AVERAGED,
    ),
    "ordinal": Words(
        metric=_AUROC.format(
            case="a case above a stage", other="a case that is not", mean=", as the mean over the thresholds"
        )
        + " The stages themselves are judged by the secondary metrics.",
        called="scores of 0.5 or more call the case above the stage, each threshold separately, and the predicted "
        "stage "
        "is the number of thresholds with a score above 0.5",
        layer="sigmoid",
        averaged="Means over the thresholds between stages, each by itself. ",
        loss="the mean binary cross-entropy over the thresholds between stages",
        output="for each stage but the last, the probability that the case is above it",
        one="threshold",
    ),
    "regression": Words(
        metric="MAE: the mean distance of prediction and truth, in the unit of the label; lower is better and 0 is "
        "perfect.",
        called="predictions are numbers, so nothing is decided",
        layer="linear",
        loss="Huber's loss with its bend at one SD of the label (Huber 1964)",
        output="a number in the unit of the label",
    ),
}


def words(evaluation: Evaluation) -> Words:
    """Return the words for the kind of an experiment's task."""
    return WORDS[evaluation.record.target.kind]


def fitted_by(evaluation: Evaluation) -> str:
    """Return what fits probes and baselines to the labels."""
    return "ridge regression" if evaluation.record.target.is_number else "logistic regression"
