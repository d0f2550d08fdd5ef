"""From the predictions of an experiment to its estimates, comparisons and the answer to its question."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from radtl_tf.evaluation.question.answer import Answer, answer
from radtl_tf.evaluation.question.baselines import baseline_folds, baseline_table
from radtl_tf.evaluation.question.comparisons import as_written, comparison_frame
from radtl_tf.evaluation.question.contrasts import Judged, comparison_table, contrasts, judge
from radtl_tf.evaluation.question.estimates import ESTIMATE_COLUMNS, value_cells
from radtl_tf.evaluation.question.inner_choice import Measured, RunValues, run_values
from radtl_tf.evaluation.question.learned import MEDIAN, Learned, learned, learned_rows, no_model_values
from radtl_tf.evaluation.question.learning_curve import LearningCurve, learning_curve
from radtl_tf.evaluation.question.notes import alarms, notes, part_counts
from radtl_tf.evaluation.question.pixel_ablation import Ablation, ablation
from radtl_tf.evaluation.question.published_table import published_table
from radtl_tf.evaluation.results.equal_scores import equal_weights, num_flat
from radtl_tf.evaluation.results.experiment_record import ExperimentRecord, read_record
from radtl_tf.evaluation.results.histories import read_histories
from radtl_tf.evaluation.results.missing_runs import without_failed
from radtl_tf.evaluation.results.patient_table import patient_table
from radtl_tf.evaluation.results.predictions import read_predictions
from radtl_tf.evaluation.results.run_parts import RunParts
from radtl_tf.evaluation.results.similarity import read_similarity
from radtl_tf.evaluation.results.units import by_unit, values_of_units
from radtl_tf.evaluation.review.review import Review, review
from radtl_tf.evaluation.secondary.all_secondary import SecondaryResults, secondary_results
from radtl_tf.evaluation.secondary.interval_widths import width_notes
from radtl_tf.evaluation.secondary.roc_curves import curve_table, lines
from radtl_tf.evaluation.secondary.training_curves import Course, courses
from radtl_tf.records.csv_text import csv_text
from radtl_tf.records.disk import write_text
from radtl_tf.records.folder import OutputFolder
from radtl_tf.records.integrity.joined_predictions import refuse_changed
from radtl_tf.records.runs import SELECTED, Scenario, Setting


@dataclass(frozen=True)
class Evaluation:
    """All numbers of an experiment.

    ``folds``: per scenario, repeat and fold the test value (AUROC or MAE), inner loss and inner value. ``estimates``:
    the table of the output folder. ``comparisons``: the other table, with outcome and reason as fields. ``question``:
    ``None`` if the experiment declares none. ``published``: per weights mean and SD over all scenarios, as the
    publications report them. ``parts``: images and patients per part. ``notes``: a line per caveat; those that may have
    spoiled the result are ``alarms``, too. ``ablation``: the question under every pixel convention, if the grid lists
    several. ``similarity``: what fine-tuning changed, empty if it was not measured. ``baselines``: the trivial
    baselines, empty if there are none. ``learning_curve``: the question with shares of the training patients, if the
    grid has several. ``curves``: ROC and precision-recall curves of the question's settings. ``courses``: their
    training curves. ``secondary``: all results that are secondary to the question. ``learned``: the question's weights
    against chance and the best trivial baseline. ``review``: what a critical reader checks.
    """

    record: ExperimentRecord
    folds: pd.DataFrame
    estimates: pd.DataFrame
    comparisons: pd.DataFrame
    question: Answer | None
    published: pd.DataFrame
    parts: pd.DataFrame
    notes: list[str]
    alarms: list[str]
    ablation: Ablation | None
    similarity: pd.DataFrame
    baselines: pd.DataFrame
    curves: pd.DataFrame
    courses: list[Course]
    learning_curve: LearningCurve | None
    secondary: SecondaryResults
    review: Review
    learned: Learned | None = None


def evaluate(folder: Path) -> Evaluation:
    """Evaluate a finished experiment; nothing is written, see ``write_tables``. Settings with failed runs are left out.

    Raises:
        DataError: the predictions are damaged, incomplete or cannot be compared.
        OutputError: a file of the folder is missing or damaged.
    """
    whole = read_record(folder)
    refuse_changed(OutputFolder(folder), whole.facts)
    record = without_failed(whole, folder)
    predictions = read_predictions(OutputFolder(folder).predictions, record.target, record.missing.scenarios)
    units = by_unit(predictions, record.data.unit, record.target)
    folds = values_of_units(units, predictions, record.target)
    runs = RunParts.of_units(units, record.data.unit, record.target)
    values = replace(run_values(record, folds), patients=patient_table(record, runs))
    results = _judged(record, values)
    parts = part_counts(record.folds, predictions, record.target)
    shown = lines(record, values)
    asked = [result for result in results if result.contrast.level == "question"]
    equal, baselines = equal_weights(record, predictions), baseline_folds(folder, record)
    flat, found = num_flat(record, runs), _answer(record, values, asked, equal)
    reviewed = review(record, predictions, values, runs, parts, asked)
    secondary = secondary_results(folder, record, predictions, values, runs, parts)
    return Evaluation(
        record=record,
        folds=folds,
        estimates=estimate_table(record, values),
        comparisons=comparison_table(record, results),
        question=found,
        published=published_table(record, values),
        parts=parts,
        notes=[*notes(record, parts, equal, flat), *width_notes(record, asked), *secondary.notes],
        alarms=alarms(record, parts, equal, flat),
        ablation=ablation(record, results),
        similarity=read_similarity(folder),
        baselines=baseline_table(record, baselines),
        curves=curve_table(record, shown, runs),
        courses=courses(record, shown, read_histories(folder, record)),
        learning_curve=learning_curve(record, values),
        secondary=secondary,
        review=reviewed,
        learned=_learned(record, found, baselines, predictions) if found else None,
    )


def _answer(
    record: ExperimentRecord, values: RunValues, asked: Sequence[Judged], equal: Sequence[tuple[str, str]]
) -> Answer | None:
    if not asked:
        return None
    one = any(set(pair) == set(record.asked.compare) for pair in equal)
    return answer(record, values, asked, is_one_network=one)


def _learned(record: ExperimentRecord, found: Answer, baselines: pd.DataFrame, predictions: pd.DataFrame) -> Learned:
    no_model = no_model_values(record, baselines, predictions)
    return learned(found, baselines.drop(columns=MEDIAN, errors="ignore"), record.num_folds, no_model)


def _judged(record: ExperimentRecord, values: RunValues) -> list[Judged]:
    if not record.question:
        return []
    margin, lower = record.question.margin, record.lower_is_better
    return judge(contrasts(record, values), record.num_folds, margin, lower_is_better=lower)


def write_tables(folder: Path, evaluation: Evaluation) -> None:
    """Write each of ``tables_of`` completely as the CSV file of its name; a missing number is an empty cell.

    Raises:
        OutputError: the folder cannot be written.
    """
    output = OutputFolder(folder)
    files = {"estimates": output.estimates, "comparisons": output.comparisons, "learning_curve": output.learning_curve}
    for name, table in tables_of(evaluation).items():
        rows = table.astype(object).where(table.notna(), None).itertuples(index=False)
        write_text(files[name], csv_text(table.columns, rows))


def tables_of(evaluation: Evaluation) -> dict[str, pd.DataFrame]:
    """Return ``estimates``, ``comparisons`` and, if there is one, the ``learning_curve``, with all secondary rows."""
    baselines = evaluation.baselines.reindex(columns=ESTIMATE_COLUMNS).astype(object)
    secondary = evaluation.secondary
    estimates = pd.concat([evaluation.estimates.astype(object), baselines, secondary.estimates.astype(object)])
    learnt = comparison_frame(list(learned_rows(evaluation.learned)) if evaluation.learned else [])
    compared = [evaluation.comparisons, learnt, secondary.comparisons]
    comparisons = as_written(pd.concat([table.astype(object) for table in compared]))
    tables = {"estimates": estimates, "comparisons": comparisons}
    return tables | ({"learning_curve": evaluation.learning_curve.curve} if evaluation.learning_curve else {})


def estimate_table(record: ExperimentRecord, values: RunValues) -> pd.DataFrame:
    """Return the rows of ``estimates.csv``: settings at selected learning rates, then scenarios, then references."""
    rows = [*_setting_rows(record, values), *_scenario_rows(record, values)]
    return pd.DataFrame(rows, columns=list(ESTIMATE_COLUMNS))


def _setting_rows(record: ExperimentRecord, values: RunValues) -> Iterator[dict[str, object]]:
    for setting in record.settings:
        chosen = values.choose([scenario for scenario in record.trained if scenario.setting == setting])
        measured, stuck = values.measured_at(chosen), values.num_stuck(chosen)
        yield _row(record, (setting.name, SELECTED), setting, measured, stuck)


def _scenario_rows(record: ExperimentRecord, values: RunValues) -> Iterator[dict[str, object]]:
    for scenario in sorted(record.whole, key=lambda scenario: scenario.is_reference):
        stuck = int(values.stuck[scenario.name].sum())
        yield _row(record, (scenario.name, _rate(scenario)), scenario.setting, values.measured_mean([scenario]), stuck)


def _rate(scenario: Scenario) -> str:
    return "" if scenario.learning_rate is None else f"{scenario.learning_rate:g}"


def _row(
    record: ExperimentRecord, named: tuple[str, str], setting: Setting, measured: Measured, stuck: int
) -> dict[str, object]:
    name, rate = named
    axes = {"backbone": setting.network, "weights": setting.weights, "tuning": setting.tuning, "learning_rate": rate}
    rest = {"metric": record.question_metric.key, "pixels": setting.pixels, "not_converged": stuck}
    return {"scenario": name} | axes | rest | value_cells(record, measured)
