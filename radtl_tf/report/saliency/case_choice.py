"""Which cases a report shows, by a rule that is fixed before anyone has seen a picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

REPEAT = 0  # every case is in one test part of each repeat; the first repeat is shown
THRESHOLD = 0.5
KINDS = ("true positive", "false positive", "false negative", "true negative")
RULE = (
    "Only cases of the test parts are shown, each scored by the model of the fold that tested it (first repeat; for "
    "each weights the scenario of lowest inner loss in that fold). The kind of a case follows from the first weights "
    "at a threshold of 0.5. Wrong cases: those with the most confident scores. Correct cases: those with scores "
    "nearest to the median of their kind, so typical cases and not the most convincing ones. Each kind shows at most "
    "one image of a patient; among equals, the first in the manifest."
)
_OUTCOMES = {(1, True): KINDS[0], (0, True): KINDS[1], (1, False): KINDS[2], (0, False): KINDS[3]}


@dataclass(frozen=True)
class Case:
    """An example, the fold that tested it, and its score under each weights; ``kind`` follows from the first."""

    example: int
    fold: int
    truth: int
    kind: str
    scores: tuple[float, ...]


def outcome(truth: int, score: float) -> str:
    """Return ``true positive`` and so on.

    >>> outcome(0, 0.7)
    'false positive'
    """
    return _OUTCOMES[truth, score >= THRESHOLD]


def held_out_scores(predictions: pd.DataFrame, chosen: Sequence[pd.Series]) -> pd.DataFrame:
    """Return a row per case tested in the first repeat: example, patient, fold, truth, and a column of scores each.

    ``chosen`` holds per weights the scenario of every (repeat, fold), as ``RunValues.choose`` gives it; its positions
    0, 1, ... name the columns of scores.
    """
    rows = predictions[(predictions["part"] == "test") & (predictions["repeat"] == REPEAT)]
    sides = [rows[rows["scenario"] == rows["fold"].map(scenarios.loc[REPEAT])] for scenarios in chosen]
    cases = sides[0].set_index("example")[["patient", "fold", "truth"]]
    scores = {number: side.set_index("example")["score"] for number, side in enumerate(sides)}
    return cases.join(pd.DataFrame(scores)).sort_index().reset_index()


def count_kinds(scores: pd.DataFrame) -> dict[str, int]:
    """Return how many cases there are of each kind."""
    counts = _kinds(scores).value_counts()
    return {kind: int(counts.get(kind, 0)) for kind in KINDS}


def choose_cases(scores: pd.DataFrame, per_kind: int) -> list[Case]:
    """Return up to ``per_kind`` cases of each kind from the table of ``held_out_scores``, by ``RULE``."""
    kinds = _kinds(scores)
    return [
        Case(int(row["example"]), int(row["fold"]), int(row["truth"]), kind, _scores(row))
        for kind in KINDS
        for row in _ordered(scores[kinds == kind], kind).head(per_kind).to_dict("records")
    ]


def _ordered(group: pd.DataFrame, kind: str) -> pd.DataFrame:
    """Return the cases of a kind, one per patient, in the order of showing."""
    distance = (group[0] - (group[0].median() if kind.startswith("true") else THRESHOLD)).abs()
    rank = distance if kind.startswith("true") else -distance
    return group.assign(rank=rank).sort_values(["rank", "example"]).drop_duplicates("patient")


def _kinds(scores: pd.DataFrame) -> pd.Series:
    pairs = zip(scores["truth"], scores[0], strict=True)
    return pd.Series([outcome(int(truth), score) for truth, score in pairs], index=scores.index, dtype=object)


def _scores(row: dict[object, float]) -> tuple[float, ...]:
    return tuple(float(value) for column, value in row.items() if isinstance(column, int))
