"""The probability that a claim of better performance is false, by three calculations."""

from __future__ import annotations

from collections.abc import Iterator

from radtl_tf.evaluation.evaluate import Evaluation
from radtl_tf.evaluation.formatting import number, p_cell
from radtl_tf.evaluation.inference.corrected_t import FoldMean
from radtl_tf.evaluation.review.false_claim import Claim, claim_is_false
from radtl_tf.evaluation.review.fixed_models import Twofold
from radtl_tf.report.drawing.table import Table
from radtl_tf.report.review.separate_patients import SECTION
from radtl_tf.report.text.task_words import words

CALCULATOR = "decisions, Christodoulou et al. 2025"


def false_claim_table(evaluation: Evaluation) -> Table:
    """Return the probabilities; no rows without a question."""
    found = evaluation.review
    rows = [_of_decisions(claim) for claim in found.claims]
    return Table(
        key="false-claim",
        title="Probability that a claim is false",
        caption="If a paper claimed that the side that is ahead is better, how probable would it be that it is not? "
        f"Descriptive; the answer of this report is the question's. {_of_networks(evaluation)}"
        "the last one is about the procedures (Corani and Benavoli 2015).",
        columns=("Calculation", "Claim", "Based on", "Probability that it is false"),
        rows=tuple([*rows, *(row for both in found.twofold for row in _of_difference(evaluation, both))]),
        section=SECTION,
    )


def _of_networks(evaluation: Evaluation) -> str:
    """Explain the calculations about the fitted networks; the first one needs decisions."""
    if evaluation.record.target.is_number:
        return "The first calculation takes the networks as fixed and counts patients; "
    return (
        "The calculation of Christodoulou et al. (2025, "
        "arXiv:2505.04720) counts the decisions that only one of the two networks gets right, with a flat prior "
        f"(first repeat, chosen scenarios; {words(evaluation).called}). It assumes independent cases and two fixed "
        "networks. It is therefore too sure of a claim about training procedures: several images of a patient count as "
        "several cases, and other training patients, which move all folds and repeats together, are not considered. "
        "The second calculation makes the same assumption about the networks, but counts patients; "
    )


def _of_decisions(claim: Claim) -> tuple[str, ...]:
    of = f"{claim.of}: " if claim.of else ""
    based = (
        f"{claim.cases} decisions; {claim.only_better} right for {claim.better} only, {claim.only_worse} for "
        f"{claim.worse} only"
    )
    return CALCULATOR, f"{of}{claim.better} is right more often than {claim.worse}", based, p_cell(claim.probability)


def _of_difference(evaluation: Evaluation, both: Twofold) -> Iterator[tuple[str, ...]]:
    names = {"difference, these fitted networks": both.fixed, "difference, training procedures": both.procedure}
    for name, test in names.items():
        if test is not None:
            yield name, _claim(evaluation, both, test), _based(test), p_cell(claim_is_false(test))


def _claim(evaluation: Evaluation, both: Twofold, test: FoldMean) -> str:
    high, low = (both.a, both.b) if test.mean >= 0 else (both.b, both.a)
    if evaluation.record.lower_is_better:
        return f"{evaluation.record.metric} of {low} is lower than of {high}"
    return f"{evaluation.record.metric} of {high} is higher than of {low}"


def _based(test: FoldMean) -> str:
    return f"{number(test.mean, sign=True)}, standard error {number(test.standard_error)}"
