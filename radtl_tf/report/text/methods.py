"""The Methods text of an experiment: sentences for a manuscript, which the authors have to confirm."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from radtl_tf.evaluation.evaluate import Evaluation
from radtl_tf.evaluation.formatting import listed
from radtl_tf.evaluation.question.answer import margin_words
from radtl_tf.evaluation.results.experiment_record import ExperimentRecord
from radtl_tf.report.text.methods_sentences import MADE
from radtl_tf.report.text.review_sentences import REVIEWED
from radtl_tf.report.text.secondary_sentences import ANALYSES

# The paragraphs and the sentences in each; an empty sentence is left out.
PARAGRAPHS: dict[str, tuple[str, ...]] = {
    "Data": ("data", "label", "unknown", "checks", "privacy", "preprocessing"),
    "Partition": ("partition", "separate", "inner"),
    "Models": ("model", "weights", "probe"),
    "Training": ("training", "rates", "shares", "selection"),
    "Statistics": ("metric", "question", "equivalence", "learned", "multiplicity", "spread", "enough"),
    "Secondary analyses": ("secondary", "points", "recalibration", "agreement", "selective", "subgroups"),
    "Software": ("software", "hardware", "reproduction"),
}
_OVER = {
    "selected": "for each weights the scenario (backbone, tuning and learning rate) of lowest inner loss in each "
    "training part",
    "grid": "the means over all scenarios of the grid",
}


def paragraphs(evaluation: Evaluation) -> dict[str, str]:
    """Return the Methods text: a paragraph per heading."""
    said = sentences(evaluation)
    return {title: " ".join(filter(None, (said[key] for key in keys))) for title, keys in PARAGRAPHS.items()}


def sentences(evaluation: Evaluation) -> dict[str, str]:
    """Return every sentence by its key; empty if the experiment has nothing of the kind."""
    return {key: " ".join(make(evaluation)) for key, make in (MADE | _JUDGED | ANALYSES | REVIEWED).items()}


def _metric(evaluation: Evaluation) -> Iterator[str]:
    record = evaluation.record
    measured = "the mean absolute error (MAE)" if record.target.is_number else "the area under the ROC curve (AUROC)"
    unit = f" in{record.in_unit}" * bool(record.in_unit)
    yield (
        f"Performance was measured by {measured}{unit} per "
        f"{record.data.unit}{_over_classes(record)}, averaged over {record.num_test_parts} test parts; scores of "
        f"different folds were never pooled. {_intervals(record)}"
    )


def _intervals(record: ExperimentRecord) -> str:
    """Say how intervals and p values were computed, which depends on the number of repeats."""
    by_folds = (
        "the corrected resampled t of Nadeau & Bengio (2003) on the fold values with "
        f"{record.num_folds - 1} degrees of freedom"
    )
    metric = record.question_metric.name
    scale = f"intervals of an {metric} on the {'log scale' if record.target.is_number else 'scale of log-odds'}"
    if record.num_repeats == 1:
        return f"Intervals (95 %) and p values were computed by {by_folds}; {scale}."
    what = "its absolute error" if record.target.is_number else "influence curve of LeDell et al. 2015"
    return (
        f"Intervals (95 %) and p values of {metric}s and their differences were computed from what each patient added "
        f"to the mean ({what}, patients as clusters): the variance was the sum over the "
        "patients of the squared mean over the repeats, plus the variance over the repeats divided by the share of "
        "the patients outside a training part (finite population correction), with the degrees of freedom of "
        f"Satterthwaite (1946); {scale}. Those of other metrics were computed by {by_folds}."
    )


def _over_classes(record: ExperimentRecord) -> str:
    outputs, ordinal = record.target.outputs, record.target.kind == "ordinal"
    what = "thresholds between stages" if ordinal else "classes, each against the rest"
    return f", as the mean over the {len(outputs)} {what}" if outputs else ""


def _question(evaluation: Evaluation) -> Iterator[str]:
    question = evaluation.record.question
    if not question:
        yield "No comparison was declared beforehand."
        return
    a, b = question.compare
    lower = "; lower is better" * evaluation.record.lower_is_better
    yield (
        f"The only question, {_fixed(evaluation.record)}, was the difference in "
        f"{evaluation.record.question_metric.name} ({a} minus {b}{lower}) on the same "
        f"folds, comparing {_OVER[question.over]}."
    )


def _fixed(record: ExperimentRecord) -> str:
    """Say since when the question is fixed; the software cannot know about earlier experiments in other folders."""
    since = f" since {record.facts.fixed_since}" * bool(record.facts.fixed_since)
    return f"fixed in this output folder{since}, before its first finished run"


def _equivalence(evaluation: Evaluation) -> Iterator[str]:
    question = evaluation.record.question
    if question:
        yield (
            f"Differences within {margin_words(question.margin, evaluation.record.in_unit)} count as equivalent and "
            "were tested by two one-sided "
            "tests (Schuirmann 1987). The probability of each outcome was computed by the Bayesian correlated t "
            "(Corani & Benavoli 2015)."
        )


def _learned(evaluation: Evaluation) -> Iterator[str]:
    found = evaluation.learned
    if found:
        what = f", and with the best trivial baseline ({found.baseline})" if found.baseline else ""
        yield f"By the same test, each weights of the question was compared with chance ({found.no_model}){what}."


def _spread(evaluation: Evaluation) -> Iterator[str]:
    yield "The SD over folds is a spread and was not used as a standard error."


def _software(evaluation: Evaluation) -> Iterator[str]:
    versions = evaluation.record.facts.versions
    others = listed([f"{name} {version}" for name, version in versions.items() if name != "radtl_tf"])
    yield f"Software: radtl_tf {versions['radtl_tf']} on {others}."


def _hardware(evaluation: Evaluation) -> Iterator[str]:
    hardware, runs = evaluation.record.facts.hardware, evaluation.record.runs
    gpus = listed([str(gpu) for gpu in hardware.get("gpus", [])]) or "none"
    minutes = runs["seconds"].sum() / 60
    took = f"{minutes:.0f} minutes" if minutes >= 2 else f"{60 * minutes:.0f} seconds"
    yield f"Hardware: {hardware['machine']}, GPU: {gpus}; {len(runs)} runs took {took}."


def _reproduction(evaluation: Evaluation) -> Iterator[str]:
    experiment = evaluation.record.experiment
    yield (
        f"Determinism: {experiment.training.determinism}, seed {experiment.seed}. The resolved experiment, the folds "
        "and all predictions are in experiment.json, folds.csv and predictions.csv."
    )


_JUDGED: dict[str, Callable[[Evaluation], Iterator[str]]] = {
    "metric": _metric,
    "question": _question,
    "equivalence": _equivalence,
    "learned": _learned,
    "spread": _spread,
    "software": _software,
    "hardware": _hardware,
    "reproduction": _reproduction,
}
