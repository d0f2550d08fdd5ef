"""Which differences an experiment asks about: the question first, then settings, scenarios and the grid."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import pandas as pd

from radtl_tf.evaluation.choices import Values
from radtl_tf.evaluation.comparison import Verdict, difference, holm, verdicts
from radtl_tf.evaluation.intervals import FoldMean
from radtl_tf.evaluation.record import NATIVE, Record
from radtl_tf.records.runs import Scenario, Setting

COMPARISON_COLUMNS = (
    *("level", "a", "b", "metric", "difference", "ci_low", "ci_high"),
    *("p_value", "p_adjusted", "method", "note"),
)
LEVELS = ("question", "setting", "scenario", "grid")


@dataclass(frozen=True)
class Contrast:
    """Test AUROCs of two sides per (repeat, fold); ``a`` and ``b`` name the sides, ``note`` says what they are."""

    level: str
    a: str
    b: str
    first: pd.Series
    second: pd.Series
    note: str


@dataclass(frozen=True)
class Tested:
    """A contrast with its test, its p adjusted within its level and the word for its outcome."""

    contrast: Contrast
    test: FoldMean
    p_adjusted: float
    verdict: Verdict


def contrasts(record: Record, values: Values) -> list[Contrast]:
    """Return every comparison of the experiment, ordered by level; none without a question."""
    if not record.experiment["question"]:
        return []
    pairs = weight_pairs(record)
    question = _question(record, values, NATIVE)
    return [
        question,
        *_unique(_settings(record, values, pairs)),
        *_unique(_scenarios(record, values, pairs)),
        *_grids(record, values, pairs),
        *_conventions(record, values),
    ]


def weight_pairs(record: Record) -> list[tuple[str, str]]:
    """Return all pairs of weights, the question's own first and in its order."""
    asked = tuple(record.experiment["question"]["compare"])
    others = [pair for pair in combinations(record.experiment["grid"]["weights"], 2) if set(pair) != set(asked)]
    return [asked, *others]


def tested(found: Sequence[Contrast], folds: int, margin: float) -> list[Tested]:
    """Test each contrast by the corrected resampled t and adjust within each level by Holm."""
    results = []
    for level in LEVELS:
        rows = [contrast for contrast in found if contrast.level == level]
        tests = [difference(row.first, row.second, folds) for row in rows]
        adjusted = holm([test.p_value for test in tests])
        words = verdicts(tests, margin)
        results += [Tested(*row) for row in zip(rows, tests, adjusted.tolist(), words, strict=True)]
    return results


def comparison_table(results: Sequence[Tested]) -> pd.DataFrame:
    """Return the rows of ``comparisons.csv``: difference = a - b, 95 % intervals as they are, p also adjusted within the level."""
    return pd.DataFrame([_row(result) for result in results], columns=list(COMPARISON_COLUMNS))


def _row(result: Tested) -> tuple[object, ...]:
    contrast, test = result.contrast, result.test
    method = f"paired corrected resampled t, {test.df} df; p adjusted by Holm within the level"
    place = (contrast.level, contrast.a, contrast.b, "auroc")
    return (*place, test.mean, *test.interval(), test.p_value, result.p_adjusted, method, f"{result.verdict}; {contrast.note}")


def chosen(record: Record, values: Values, weights: str, entry: str = NATIVE) -> pd.Series:
    """Return the scenario that is chosen for ``weights`` in each (repeat, fold): the lowest inner loss of all its scenarios."""
    return values.choose(record.family(weights, entry))


def _question(record: Record, values: Values, entry: str) -> Contrast:
    """Ask the question under one entry of the pixels axis."""
    asked, over = record.experiment["question"]["compare"], record.experiment["question"]["over"]
    if over == "selected":
        sides = [values.at(chosen(record, values, weights, entry)) for weights in asked]
        note = "per weights the scenario of lowest inner loss in each training part"
    else:
        sides = [values.mean(record.family(weights, entry)) for weights in asked]
        note = f"mean over {len(record.family(asked[0], entry))} scenarios each"
    if entry == NATIVE:
        return Contrast("question", *asked, *sides, note)
    return Contrast("grid", *(f"{weights}-{entry}" for weights in asked), *sides, f"the question under {entry} pixels; {note}")


def _settings(record: Record, values: Values, pairs: Sequence[tuple[str, str]]) -> Iterator[Contrast]:
    by_setting = {
        setting: values.at(values.choose([s for s in record.trained if s.setting == setting])) for setting in record.settings
    }
    for first, second in _counterparts(record, record.settings, pairs):
        note = "learning rate of lowest inner loss in each training part"
        yield Contrast("setting", first.name, second.name, by_setting[first], by_setting[second], note)


def _scenarios(record: Record, values: Values, pairs: Sequence[tuple[str, str]]) -> Iterator[Contrast]:
    rates = {scenario.learning_rate: None for scenario in record.trained}
    known = set(record.trained)
    for first, second in _counterparts(record, record.settings, pairs):
        for rate in rates:
            a, b = Scenario(first, rate), Scenario(second, rate)
            if a in known and b in known:
                yield Contrast("scenario", a.name, b.name, values.auroc[a.name], values.auroc[b.name], "same learning rate")


def _counterparts(
    record: Record, settings: Sequence[Setting], pairs: Sequence[tuple[str, str]]
) -> Iterator[tuple[Setting, Setting]]:
    """Yield the settings that differ in their weights only, each with its own convention for an entry of the pixels axis."""
    for entry in record.axis:
        for first, second in pairs:
            for setting in settings:
                if setting.weights == first and setting.pixels == record.convention(entry, first, setting.backbone):
                    other = Setting(
                        setting.backbone, second, record.convention(entry, second, setting.backbone), setting.tuning
                    )
                    if other in settings:
                        yield setting, other


def _grids(record: Record, values: Values, pairs: Sequence[tuple[str, str]]) -> Iterator[Contrast]:
    for pair in pairs:
        families = [record.family(weights) for weights in pair]
        note = f"mean over {len(families[0])} scenarios each"
        yield Contrast("grid", *pair, *(values.mean(family) for family in families), note)


def _conventions(record: Record, values: Values) -> Iterator[Contrast]:
    """Ask the question again under every convention of the grid that is not what the headline already took for both weights."""
    asked = record.experiment["question"]["compare"]
    headline = [record.family(weights) for weights in asked]
    for entry in record.axis[1:]:
        families = [record.family(weights, entry) for weights in asked]
        if all(families) and families != headline:
            yield _question(record, values, entry)


def _unique(found: Iterator[Contrast]) -> list[Contrast]:
    """Keep one of the comparisons that two entries of the pixels axis have in common."""
    return list({(contrast.a, contrast.b): contrast for contrast in found}.values())
