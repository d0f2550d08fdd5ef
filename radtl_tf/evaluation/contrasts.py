"""Which differences an experiment asks about: the question first, then settings, scenarios and the grid."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, product

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
class Judged:
    """A contrast with its test, its p adjusted within its level and the word for its outcome."""

    contrast: Contrast
    test: FoldMean
    p_adjusted: float
    verdict: Verdict


def contrasts(record: Record, values: Values) -> list[Contrast]:
    """Return every comparison of the experiment, ordered by level; none without a question."""
    question = record.experiment["question"]
    if not question:
        return []
    pairs = weight_pairs(record)
    over, asked = question["over"], pairs[0]
    return [
        _of_weights(record, values, "question", over, asked),
        *_unique(_settings(record, values, pairs)),
        *_unique(_scenarios(record, values, pairs)),
        *(_of_weights(record, values, "grid", "grid", pair) for pair in pairs),
        *_conventions(record, values, over, asked),
    ]


def weight_pairs(record: Record) -> list[tuple[str, str]]:
    """Return all pairs of weights, the question's own first and in its order."""
    first, second = record.experiment["question"]["compare"]
    pairs = combinations(record.experiment["grid"]["weights"], 2)
    return [(first, second), *(pair for pair in pairs if set(pair) != {first, second})]


def judge(found: Sequence[Contrast], folds: int, margin: float) -> list[Judged]:
    """Test each contrast by the corrected resampled t and adjust within each level by Holm."""
    results = []
    for level in LEVELS:
        rows = [contrast for contrast in found if contrast.level == level]
        tests = [difference(row.first, row.second, folds) for row in rows]
        adjusted = holm([test.p_value for test in tests])
        words = verdicts(tests, margin)
        results += [Judged(*row) for row in zip(rows, tests, adjusted.tolist(), words, strict=True)]
    return results


def comparison_table(results: Sequence[Judged]) -> pd.DataFrame:
    """Return the rows of ``comparisons.csv``: difference = a - b; only p is adjusted, the 95 % intervals are not."""
    return pd.DataFrame([_row(result) for result in results], columns=list(COMPARISON_COLUMNS))


def _row(result: Judged) -> tuple[object, ...]:
    contrast, test = result.contrast, result.test
    method = f"paired corrected resampled t, {test.df} df; p adjusted by Holm within the level"
    place = (contrast.level, contrast.a, contrast.b, "auroc")
    return (
        *place,
        test.mean,
        *test.interval(),
        test.p_value,
        result.p_adjusted,
        method,
        f"{result.verdict}; {contrast.note}",
    )


def _of_weights(
    record: Record, values: Values, level: str, over: str, pair: tuple[str, str], *, entry: str = NATIVE
) -> Contrast:
    """Return the contrast of two weights under one entry of the pixels axis, ``over`` the grid or selected."""
    families = [record.family(weights, entry) for weights in pair]
    if over == "grid":
        first, second = (values.mean(family) for family in families)
        note = f"mean over {len(families[0])} scenarios each"
    else:
        first, second = (values.at(values.choose(family)) for family in families)
        note = "per weights the scenario of lowest inner loss in each training part"
    if entry == NATIVE:
        return Contrast(level, *pair, first, second, note)
    names = f"{pair[0]}-{entry}", f"{pair[1]}-{entry}"
    return Contrast(level, *names, first, second, f"the question under {entry} pixels; {note}")


def _settings(record: Record, values: Values, pairs: Sequence[tuple[str, str]]) -> Iterator[Contrast]:
    by_setting = {
        setting: values.at(values.choose([s for s in record.trained if s.setting == setting]))
        for setting in record.settings
    }
    for first, second in _counterparts(record, pairs):
        note = "learning rate of lowest inner loss in each training part"
        yield Contrast("setting", first.name, second.name, by_setting[first], by_setting[second], note)


def _scenarios(record: Record, values: Values, pairs: Sequence[tuple[str, str]]) -> Iterator[Contrast]:
    rates = {scenario.learning_rate: None for scenario in record.trained}
    known = set(record.trained)
    for first, second in _counterparts(record, pairs):
        for rate in rates:
            a, b = Scenario(first, rate), Scenario(second, rate)
            if a in known and b in known:
                yield Contrast(
                    "scenario", a.name, b.name, values.auroc[a.name], values.auroc[b.name], "same learning rate"
                )


def _counterparts(record: Record, pairs: Sequence[tuple[str, str]]) -> Iterator[tuple[Setting, Setting]]:
    """Yield settings that differ in their weights only; an entry of the pixels axis may mean two conventions."""
    known = set(record.settings)
    for entry, (first, second), setting in product(record.axis, pairs, record.settings):
        backbone = setting.backbone
        if (setting.weights, setting.pixels) == (first, record.convention(entry, first, backbone)):
            other = replace(setting, weights=second, pixels=record.convention(entry, second, backbone))
            if other in known:
                yield setting, other


def _conventions(record: Record, values: Values, over: str, pair: tuple[str, str]) -> Iterator[Contrast]:
    """Ask the question again under every convention of the grid that is not the headline's for both weights."""
    headline = [record.family(weights) for weights in pair]
    for entry in record.axis[1:]:
        if [record.family(weights, entry) for weights in pair] != headline:
            yield _of_weights(record, values, "grid", over, pair, entry=entry)


def _unique(found: Iterator[Contrast]) -> list[Contrast]:
    """Keep one of the comparisons that two entries of the pixels axis have in common."""
    return list({(contrast.a, contrast.b): contrast for contrast in found}.values())
