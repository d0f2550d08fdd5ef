"""The answer in plain words: which weights to start from, and how sure the answer is."""

from __future__ import annotations

import math

from radtl_tf.evaluation.formatting import number
from radtl_tf.evaluation.question.answer import Answer, ConventionAnswer, margin_words
from radtl_tf.evaluation.question.learned import Learned


def headline(answer: Answer) -> str:
    """Return the verdict in one line."""
    if answer.is_one_network:
        return f"{answer.a} and {answer.b}: the same scores"
    if not answer.agree:
        return f"{answer.a} and {answer.b}: undecided, it depends on the pixel convention"
    under = f" under {'both' if len(answer.by_convention) == 2 else 'all'} pixel conventions" * (
        len(answer.by_convention) > 1
    )
    if answer.verdict in ("better", "worse"):
        return f"{answer.a} {answer.verdict} than {answer.b}{under}"
    return f"{answer.a} and {answer.b}: {answer.verdict}{under}"


def advice(answer: Answer, learned: Learned | None = None) -> str:
    """Return what the verdict means for the choice of weights on data like these.

    Weights are recommended only if they are shown to be better than chance and than the best trivial baseline.
    """
    if answer.is_one_network:
        return (
            f"Nothing was compared: {answer.a} and {answer.b} gave the same scores in every run, so they are one "
            "network under two names."
        )
    if not answer.agree:
        return f"These data do not decide between {answer.a} and {answer.b}: {_DEPENDS}."
    sides = ((float(answer.folds["first"].mean()), answer.a), (float(answer.folds["second"].mean()), answer.b))
    (first, one), (second, other) = sorted(sides, key=lambda side: side[0], reverse=not answer.lower_is_better)
    lower = " (lower is better)" * answer.lower_is_better
    means = f"the mean {answer.metric}{lower} is {number(first)}{answer.in_unit} with {one} and "
    means += f"{number(second)}{answer.in_unit} with {other}"
    caution = _caution(answer, learned) if learned else ""
    within = f"{means}, and the difference is within {margin_words(answer.margin, answer.in_unit)}"
    if caution and answer.verdict != "undecided":
        said = within if answer.verdict == "equivalent" else means
        return f"{_is(answer)} on data like these: {said}. {caution}"
    return {
        "better": f"On data like these, start from {answer.a}: {means}.",
        "worse": f"On data like these, start from {answer.b}: {means}.",
        "equivalent": f"On data like these, start from either: {within}.",
        "undecided": f"These data do not decide between {answer.a} and {answer.b}: {means}. The difference may be due "
        "to chance, and the data do not show that the two are equivalent.",
    }[answer.verdict]


def _is(answer: Answer) -> str:
    """Return the headline as the start of a sentence."""
    start = f"{answer.a} {answer.verdict} than"
    return headline(answer).replace(start, f"{answer.a} is {answer.verdict} than", 1)


def _caution(answer: Answer, learned: Learned) -> str:
    """Say that the weights which the verdict prefers are not shown to be better than the trivial; empty if they are."""
    sides = {"better": ("a",), "worse": ("b",)}.get(answer.verdict, ("a", "b"))
    preferred = {side: [getattr(found, side) for found in answer.by_convention] for side in sides}
    if any(set(names) <= set(learned.ahead_of_all) for names in preferred.values()):
        return ""
    who = f"{getattr(answer, sides[0])} is not" if len(sides) == 1 else "Neither is"
    what = f"the best trivial baseline ({learned.baseline})" if learned.baseline else "chance"
    return f"{who} shown to be {learned.ahead} {what}, so this is a reason to start from neither."


_DEPENDS = "the result depends on the pixel convention, and the true convention is unknown"


def chances(answer: Answer) -> str:
    """Say how probable each outcome is, per convention; empty if the fold values have no spread."""
    told = [_chances(answer, found) for found in answer.by_convention if not any(map(math.isnan, found.chances))]
    return f"Probabilities by the Bayesian correlated t with a flat prior: {'; '.join(told)}." if told else ""


def _chances(answer: Answer, found: ConventionAnswer) -> str:
    above, within, below = map(_percent, found.chances)
    under = f"with {found.pixels} pixels, " * bool(found.pixels)
    margin = f"{answer.margin:g}{answer.in_unit}"
    return (
        f"{under}{answer.a} better by more than {margin}: {above}; difference within {margin}: "
        f"{within}; {answer.b} better by more than {margin}: {below}"
    )


def _percent(chance: float) -> str:
    """Return whole percents, never 0 or 100."""
    if chance < 0.01:
        return "< 1 %"
    return "> 99 %" if chance > 0.99 else f"{100 * chance:.0f} %"
