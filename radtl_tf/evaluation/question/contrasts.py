"""The comparisons of an experiment: the question first, then other weights, settings, scenarios and the grid."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, product

import pandas as pd

from radtl_tf.evaluation.inference.comparison import Verdict, holm, verdicts
from radtl_tf.evaluation.inference.corrected_t import FoldMean, fold_mean
from radtl_tf.evaluation.inference.repeated_folds import measured_mean
from radtl_tf.evaluation.question.comparisons import Comparison, comparison, comparison_frame
from radtl_tf.evaluation.question.inner_choice import Measured, RunValues
from radtl_tf.evaluation.results.experiment_record import NATIVE, ExperimentRecord
from radtl_tf.records.runs import Scenario, Setting

PIXELS, CHANGE = ("pixels", "pixels-probe"), ("change", "change-probe")  # of the trained networks, of the probe
OTHERS = "weights"  # the question about every other pair of weights
WEIGHTS = (OTHERS, "setting", "scenario", "grid")  # of the weights as they are used
LEVELS = ("question", *WEIGHTS, *PIXELS, *CHANGE)
OF_WEIGHTS, OF_CONVENTIONS = "settings, scenarios and grid", "pixel conventions"  # families of adjusted p values
OF_ALL_PAIRS = f"pairs of weights, {OF_WEIGHTS}"  # the first of them if the question is put to other pairs
Way = tuple[str, str]  # the entry of the pixels axis for each of two weights


@dataclass(frozen=True)
class Contrast:
    """Test values (AUROC or MAE) of two sides; ``a`` and ``b`` name the sides, ``note`` describes them.

    ``pixels`` is the entry of the pixels axis at the levels that compare conventions. Elsewhere it names the convention
    that uncertain weights were fed with, and is empty if there are none.
    """

    level: str
    a: str
    b: str
    first: Measured
    second: Measured
    note: str
    pixels: str = ""

    @property
    def difference(self) -> Measured:
        """First minus second."""
        return self.first - self.second


@dataclass(frozen=True)
class Judged:
    """A contrast with its test, its p adjusted over its family ("": not adjusted) and the word for its outcome.

    ``by_folds`` is the test from the fold values alone: the only one with one repeat, and the one of version 0.1.
    """

    contrast: Contrast
    test: FoldMean
    by_folds: FoldMean
    p_adjusted: float
    verdict: Verdict
    family: str = ""


def contrasts(record: ExperimentRecord, values: RunValues) -> list[Contrast]:
    """Return every comparison of the experiment, ordered by level; none without a question.

    The question has one contrast per possible convention of its weights: only one if they are certain. A question over
    selected scenarios is also put to every other pair of weights; over the grid, these pairs are the level ``grid``.
    """
    question = record.question
    if not question:
        return []
    pairs = weight_pairs(record)
    over, asked = question.over, pairs[0]
    return [
        *(_of_weights(record, values, "question", over, asked, way) for way in ways(record, asked)),
        *(
            _of_weights(record, values, OTHERS, over, pair, way)
            for pair in (pairs[1:] if over == "selected" else ())
            for way in ways(record, pair)
        ),
        *_unique(_settings(record, values, pairs)),
        *_unique(_scenarios(record, values, pairs)),
        *(_of_weights(record, values, "grid", "grid", pair, way) for pair in pairs for way in ways(record, pair)),
        *_conventions(record, values, over, asked),
    ]


def weight_pairs(record: ExperimentRecord) -> list[tuple[str, str]]:
    """Return all pairs of weights, the question's own first and in its order."""
    first, second = record.asked.compare
    pairs = combinations(record.complete_weights, 2)
    return [(first, second), *(pair for pair in pairs if set(pair) != {first, second})]


def ways(record: ExperimentRecord, pair: tuple[str, str]) -> list[Way]:
    """Return the conventions under which two weights are compared, the headline's first: all possible ones."""
    return list(product(record.candidates(pair[0]), record.candidates(pair[1])))


def side(record: ExperimentRecord, weights: str, entry: str) -> str:
    """Return the name of one side of a comparison: uncertain weights are named with their convention."""
    if len(record.candidates(weights)) == 1:
        return weights
    return f"{weights}-{'/'.join(record.conventions(entry, weights))}"


def judge(found: Sequence[Contrast], folds: int, margin: float, *, lower_is_better: bool = False) -> list[Judged]:
    """Test each contrast by ``measured_mean`` and adjust within each family by Holm.

    One family holds all comparisons of the weights, the other all comparisons under pixel conventions. Thus no
    comparison of the same data is tested twice at the full level, and no secondary comparison is a family of one.

    The question is not adjusted, not even under several conventions: its answer needs the same verdict under all of
    them, and such an intersection-union test keeps its level without adjustment (Berger, Technometrics 1982).
    """
    results = []
    for family, rows in _adjusted_together(found):
        gaps = [row.difference for row in rows]
        tests = [measured_mean(gap.folds.to_numpy(), folds, gap.patients) for gap in gaps]
        by_folds = [fold_mean(gap.folds.to_numpy(), folds) for gap in gaps]
        adjusted = holm([test.p_value for test in tests]).tolist()
        words = verdicts(tests, margin, lower_is_better=lower_is_better)
        results += [Judged(*row, family) for row in zip(rows, tests, by_folds, adjusted, words, strict=True)]
    return results


def _adjusted_together(found: Sequence[Contrast]) -> Iterator[tuple[str, list[Contrast]]]:
    """Yield each family with its name, ordered by level; a single row about conventions joins the other family."""
    ordered = sorted(found, key=lambda contrast: LEVELS.index(contrast.level))
    yield from (("", [row]) for row in ordered if row.level == "question")
    weights = [row for row in ordered if row.level in WEIGHTS]
    conventions = [row for row in ordered if row.level in (*PIXELS, *CHANGE)]
    if len(conventions) == 1:
        weights, conventions = [*weights, *conventions], []
    yield (OF_ALL_PAIRS if any(row.level == OTHERS for row in weights) else OF_WEIGHTS), weights
    yield OF_CONVENTIONS, conventions


def comparison_table(record: ExperimentRecord, results: Sequence[Judged]) -> pd.DataFrame:
    """Return a row per result: difference = a - b; only p is adjusted, the 95 % intervals are not."""
    return comparison_frame([_row(result, record.question_metric.key) for result in results])


def _row(result: Judged, metric: str) -> Comparison:
    contrast = result.contrast
    reason = "; ".join(filter(None, (_under(contrast), contrast.note)))
    sides, tested = (contrast.a, contrast.b), (result.test, result.p_adjusted, result.verdict)
    return comparison(contrast.level, sides, metric, *tested, reason, family=result.family, by_folds=result.by_folds)


def _under(contrast: Contrast) -> str:
    if contrast.level in (*PIXELS, *CHANGE):
        return f"both under {contrast.pixels} pixels"
    return contrast.pixels and f"with {contrast.pixels} pixels"


def _of_weights(
    record: ExperimentRecord,
    values: RunValues,
    level: str,
    over: str,
    pair: tuple[str, str],
    way: Way = (NATIVE, NATIVE),
) -> Contrast:
    """Return the contrast of two weights, each under its entry of the pixels axis, ``over`` the grid or selected."""
    sides = list(zip(pair, way, strict=True))
    families = [record.family(weights, entry) for weights, entry in sides]
    if over == "grid":
        first, second = (values.measured_mean(family) for family in families)
        note = _mean_over(*map(len, families))
    else:
        first, second = (values.measured_at(values.choose(family)) for family in families)
        note = "for each weights the scenario of lowest inner loss in each training part"
    a, b = (side(record, weights, entry) for weights, entry in sides)
    return Contrast(level, a, b, first, second, note, _uncertain(record, sides))


def _mean_over(first: int, second: int) -> str:
    """Say over how many scenarios the two sides are means; embeddings have fewer than networks of several backbones.

    >>> _mean_over(4, 4), _mean_over(4, 2)
    ('mean over 4 scenarios each', 'mean over 4 and 2 scenarios')
    """
    return f"mean over {first} scenarios each" if first == second else f"mean over {first} and {second} scenarios"


def _uncertain(record: ExperimentRecord, sides: Sequence[tuple[str, str]]) -> str:
    """Say which convention the uncertain weights of a contrast got."""
    named = (
        f"{weights} under {'/'.join(record.conventions(entry, weights))}"
        for weights, entry in sides
        if len(record.candidates(weights)) > 1
    )
    return " and ".join(named)


def _settings(record: ExperimentRecord, values: RunValues, pairs: Sequence[tuple[str, str]]) -> Iterator[Contrast]:
    by_setting = {
        setting: values.measured_at(values.choose([s for s in record.trained if s.setting == setting]))
        for setting in record.settings
    }
    for first, second in _counterparts(record, pairs):
        note = "learning rate of lowest inner loss in each training part"
        yield Contrast("setting", first.name, second.name, by_setting[first], by_setting[second], note)


def _scenarios(record: ExperimentRecord, values: RunValues, pairs: Sequence[tuple[str, str]]) -> Iterator[Contrast]:
    rates = {scenario.learning_rate: None for scenario in record.trained}
    known = set(record.trained)
    for first, second in _counterparts(record, pairs):
        for rate in rates:
            a, b = Scenario(first, rate), Scenario(second, rate)
            if a in known and b in known:
                first_mean, second_mean = (values.measured_mean([side]) for side in (a, b))
                yield Contrast("scenario", a.name, b.name, first_mean, second_mean, "same learning rate")


def _counterparts(record: ExperimentRecord, pairs: Sequence[tuple[str, str]]) -> Iterator[tuple[Setting, Setting]]:
    """Yield settings that differ only in their weights; an entry of the pixels axis may mean two conventions."""
    known = set(record.settings)
    asked = [(pair, way) for pair in pairs for way in (*ways(record, pair), *((e, e) for e in record.axis[1:]))]
    for ((first, second), (own, others)), setting in product(asked, record.settings):
        backbone = setting.backbone
        if (setting.weights, setting.pixels) == (first, record.convention(own, first, backbone)):
            other = replace(setting, weights=second, pixels=record.convention(others, second, backbone))
            if other in known:
                yield setting, other


def _conventions(record: ExperimentRecord, values: RunValues, over: str, pair: tuple[str, str]) -> Iterator[Contrast]:
    """Yield the question under every convention of the grid, also for the linear probe, and the changes between them.

    A single convention that the question has already been answered under is not an ablation.
    """
    answered = {_families(record, pair, way) for way in ways(record, pair)}
    listed: dict[tuple[Scenario, ...], str] = {}
    for entry in record.experiment.grid.pixels:
        families = _families(record, pair, (entry, entry))
        if listed.get(families, NATIVE) == NATIVE:  # a name says more than "native"
            listed[families] = entry
    if len(listed) == 1 and set(listed) <= answered:
        return
    reference = next((entry for families, entry in listed.items() if families in answered), next(iter(listed.values())))
    trained = [_trained(record, values, over, pair, entry) for entry in listed.values()]
    probe = [contrast for entry in listed.values() for contrast in _probe(record, values, pair, entry)]
    yield from (*trained, *probe)
    for level, rows in zip(CHANGE, (trained, probe), strict=True):
        yield from _changes(level, rows, reference, f"{pair[0]} minus {pair[1]}")


def _trained(record: ExperimentRecord, values: RunValues, over: str, pair: tuple[str, str], entry: str) -> Contrast:
    asked = _of_weights(record, values, PIXELS[0], over, pair, (entry, entry))
    return replace(asked, a=f"{pair[0]}-{entry}", b=f"{pair[1]}-{entry}", pixels=entry)


def _probe(record: ExperimentRecord, values: RunValues, pair: tuple[str, str], entry: str) -> Iterator[Contrast]:
    """Yield the contrast of the linear probes; nothing if no setting is frozen."""
    probes = [record.probes(weights, entry) for weights in pair]
    if all(probes):
        names = f"{pair[0]}-{entry}-probe", f"{pair[1]}-{entry}-probe"
        first, second = (values.measured_mean(of_side) for of_side in probes)
        yield Contrast(PIXELS[1], *names, first, second, "linear probe, mean over the backbones", entry)


def _changes(level: str, rows: Sequence[Contrast], reference: str, difference: str) -> Iterator[Contrast]:
    """Yield how much each convention changes the difference found with the reference.

    A difference shown under one convention but not under another is not evidence of a change (Gelman & Stern, American
    Statistician 2006).
    """
    gaps = {row.pixels: row.difference for row in rows}
    for entry, gap in gaps.items():
        if entry != reference:
            note = f"change of {difference} from {reference} pixels"
            yield Contrast(level, f"{entry} pixels", f"{reference} pixels", gap, gaps[reference], note, entry)


def _families(record: ExperimentRecord, pair: tuple[str, str], way: Way) -> tuple[Scenario, ...]:
    return tuple(
        scenario for weights, entry in zip(pair, way, strict=True) for scenario in record.family(weights, entry)
    )


def _unique(found: Iterator[Contrast]) -> list[Contrast]:
    """Keep one copy of a comparison that two entries of the pixels axis share."""
    return list({(contrast.a, contrast.b): contrast for contrast in found}.values())
