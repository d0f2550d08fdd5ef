"""Do the question's two weights err on the same cases, and would averaging both do better?"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import rankdata

from radtl_tf.evaluation.inference.comparison import ALPHA, Verdict, difference, holm, verdicts
from radtl_tf.evaluation.inference.corrected_t import FoldMean, fold_mean
from radtl_tf.evaluation.metrics.auroc import Score
from radtl_tf.evaluation.metrics.metric_table import Formula
from radtl_tf.evaluation.metrics.secondary import decisions
from radtl_tf.evaluation.question.chosen_runs import Pair
from radtl_tf.evaluation.question.comparisons import comparison, comparison_frame
from radtl_tf.evaluation.question.inner_choice import RunValues
from radtl_tf.evaluation.results.experiment_record import ExperimentRecord
from radtl_tf.evaluation.results.run_parts import RunKey, RunPart, RunParts

AVERAGE = "average"  # level of comparisons.csv
Errors = NDArray[np.bool_]


@dataclass(frozen=True)
class Agreement:
    """Two weights at their chosen scenarios. ``measures`` has the mean of each over the folds, by its name.

    ``better`` is the AUROC or MAE of the weights with the lower inner loss in each training part, ``together`` the one
    of the mean of both scores, and ``gain`` their difference.
    """

    a: str
    b: str
    measures: dict[str, FoldMean]
    better: FoldMean
    together: FoldMean
    gain: FoldMean


def agreements(record: ExperimentRecord, values: RunValues, parts: RunParts, pairs: Sequence[Pair]) -> list[Agreement]:
    """Return the agreement of each pair of sides, which have one run per fold each."""
    return [_agreement(record, values, parts, pair) for pair in pairs]


def agreement_rows(
    record: ExperimentRecord, found: Sequence[Agreement], others: Sequence[float], family: str
) -> pd.DataFrame:
    """Return a comparison per pair: the average of both against the better one.

    p is adjusted over the pairs and over ``others``, the further p values of ``family``.
    """
    tests = [of.gain for of in found]
    adjusted = holm([*(test.p_value for test in tests), *others]).tolist()[: len(tests)]
    lower = record.lower_is_better
    shown = verdicts(tests, record.asked.margin, lower_is_better=lower) if found else []
    words: list[Verdict] = [
        "undecided" if word in ("better", "worse") and not p < ALPHA else word
        for word, p in zip(shown, adjusted, strict=True)
    ]
    reason = "secondary; the better one has the lower inner loss in each training part"
    return comparison_frame(
        [
            comparison(AVERAGE, _sides(of), record.question_metric.key, of.gain, p_value, word, reason, family)
            for of, p_value, word in zip(found, adjusted, words, strict=True)
        ]
    )


def _sides(of: Agreement) -> tuple[str, str]:
    return f"mean of {of.a} and {of.b}", "better of the two"


def both_err(first: Errors, second: Errors) -> float:
    """Return the share (0..1) of cases on which both err."""
    return float((first & second).mean())


def both_err_by_chance(first: Errors, second: Errors) -> float:
    """Return the share of cases on which both would err if their errors were independent."""
    return float(first.mean() * second.mean())


def error_kappa(first: Errors, second: Errors) -> float:
    """Return Cohen's kappa (-1..1) of two models' errors (n,): 0 by chance, 1 always on the same cases.

    ``nan`` if one of them errs always or never, so chance explains all agreement (Cohen, Educ Psychol Meas 1960).
    """
    p, q = first.mean(), second.mean()
    if p in (0, 1) or q in (0, 1):
        return math.nan
    chance = p * q + (1 - p) * (1 - q)
    return float(((first == second).mean() - chance) / (1 - chance))


def error_overlap(first: Errors, second: Errors) -> float:
    """Return the share of errors of both among cases with any error (Jaccard, 0..1); ``nan`` without errors."""
    either = (first | second).sum()
    return float((first & second).sum() / either) if either else math.nan


def rank_correlation(first: Score, second: Score) -> float:
    """Return Spearman's correlation (-1..1) of two models' scores (n,); ``nan`` if one gives equal scores.

    With several classes (n, K), the mean over them.
    """
    if first.ndim == 2:
        return float(np.mean([rank_correlation(*of) for of in zip(first.T, second.T, strict=True)]))
    if not np.ptp(first) or not np.ptp(second):
        return math.nan
    return float(np.corrcoef(rankdata(first), rankdata(second))[0, 1])


OF_ERRORS: dict[str, Callable[[Errors, Errors], float]] = {
    "both err": both_err,
    "both err, expected by chance": both_err_by_chance,
    "kappa of errors": error_kappa,
    "overlap of errors (Jaccard)": error_overlap,
}


def error_correlation(first: Score, second: Score) -> float:
    """Return Pearson's correlation (-1..1) of two models' errors (n,), prediction minus truth; ``nan`` if one is fixed.

    Averaging two predictions helps most if their errors are not correlated.
    """
    if not np.ptp(first) or not np.ptp(second):
        return math.nan
    return float(np.corrcoef(first, second)[0, 1])


OF_SCORES: dict[str, Callable[[Score, Score], float]] = {"Spearman of scores": rank_correlation}


def _agreement(record: ExperimentRecord, values: RunValues, parts: RunParts, pair: Pair) -> Agreement:
    runs = list(zip(*(side.keys for side in pair), strict=True))
    measures = pd.DataFrame([dict(_measures(record, parts, *both)) for both in runs])
    value = record.question_metric.of(record.target.kind)
    together = np.array([_together(parts, value, *both) for both in runs])
    better = np.array([_better(values, parts, value, *both) for both in runs])
    return Agreement(
        a=pair[0].name,
        b=pair[1].name,
        measures={str(name): fold_mean(column, record.num_folds) for name, column in measures.items()},
        better=fold_mean(better, record.num_folds),
        together=fold_mean(together, record.num_folds),
        gain=difference(together, better, record.num_folds),
    )


def _measures(record: ExperimentRecord, parts: RunParts, a: RunKey, b: RunKey) -> Iterator[tuple[str, float]]:
    first, second = parts.test(a), parts.test(b)
    if record.target.is_number:
        off = [part.score - part.truth for part in (first, second)]
        yield "correlation of errors", error_correlation(*off)
    else:
        yield from _of_errors(record, first, second)
    yield from ((name, correlate(first.score, second.score)) for name, correlate in OF_SCORES.items())


def _of_errors(record: ExperimentRecord, first: RunPart, second: RunPart) -> Iterator[tuple[str, float]]:
    errors = [decisions(record.target.kind, part.truth, part.score)[0] for part in (first, second)]
    yield from ((f"{name} errs", float(wrong.mean())) for name, wrong in zip(("first", "second"), errors, strict=True))
    yield from ((name, measure(*errors)) for name, measure in OF_ERRORS.items())


def _together(parts: RunParts, value: Formula, a: RunKey, b: RunKey) -> float:
    first, second = parts.test(a), parts.test(b)
    return value(first.truth, (first.score + second.score) / 2)


def _better(values: RunValues, parts: RunParts, value: Formula, a: RunKey, b: RunKey) -> float:
    """Return the test value of the run with the lower inner loss: the test part takes no part in the choice."""
    losses = [float(values.inner_loss.loc[run[1:], run[0]]) for run in (a, b)]  # type: ignore[arg-type]
    test = parts.test(a if losses[0] <= losses[1] else b)
    return value(test.truth, test.score)
