"""Cases are shown by a rule: typical correct cases and the worst errors."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from radtl_tf.evaluation.results.predictions import read_predictions
from radtl_tf.report.saliency.case_choice import KINDS, choose_cases, count_kinds, held_out_scores, outcome


def table(rows: list[tuple[int, str, int, float]]) -> pd.DataFrame:
    """Return scores like ``held_out_scores``; a row is example, patient, truth, score."""
    frame = pd.DataFrame(rows, columns=["example", "patient", "truth", 0])
    return frame.assign(fold=frame["example"] % 2)[["example", "patient", "fold", "truth", 0]]


def shown(rows: list[tuple[int, str, int, float]], per_kind: int) -> dict[str, list[int]]:
    cases = choose_cases(table(rows), per_kind)
    return {kind: [case.example for case in cases if case.kind == kind] for kind in KINDS}


ROWS = [
    *((number, f"p{number}", 1, score) for number, score in enumerate((0.51, 0.6, 0.7, 0.9, 0.99))),
    *((number, f"p{number}", 0, score) for number, score in enumerate((0.55, 0.95, 0.8), start=10)),
    *((number, f"p{number}", 1, score) for number, score in enumerate((0.49, 0.02, 0.1), start=20)),
    *((number, f"p{number}", 0, score) for number, score in enumerate((0.01, 0.2, 0.4), start=30)),
]


def test_right_ones_are_typical_and_wrong_ones_the_most_confident() -> None:
    found = shown(ROWS, 2)
    assert found == {
        "true positive": [2, 1],  # the median is 0.7
        "false positive": [11, 12],
        "false negative": [21, 22],
        "true negative": [31, 30],  # the median is 0.2; 0.01 is nearer than 0.4
    }
    assert count_kinds(table(ROWS)) == dict(zip(KINDS, (5, 3, 3, 3), strict=True))


def test_the_order_of_the_rows_changes_nothing() -> None:
    assert shown(ROWS[::-1], 2) == shown(ROWS, 2)


def test_a_patient_is_shown_once_per_kind_and_equals_by_example() -> None:
    rows = [(0, "a", 0, 0.9), (1, "a", 0, 0.95), (2, "b", 0, 0.6), (3, "c", 0, 0.6), (4, "a", 1, 0.8)]
    found = shown(rows, 2)
    assert found["false positive"] == [1, 2]
    assert found["true positive"] == [4]
    assert shown(rows, 9)["false positive"] == [1, 2, 3]
    assert found["false negative"] == []


@pytest.mark.parametrize(
    ("truth", "score", "expected"),
    [(1, 0.5, KINDS[0]), (0, 0.5, KINDS[1]), (1, 0.4999, KINDS[2]), (0, 0.4999, KINDS[3])],
)
def test_outcomes(truth: int, score: float, expected: str) -> None:
    assert outcome(truth, score) == expected


def test_scores_are_those_of_the_chosen_scenario_in_the_first_repeat(outcome: Any) -> None:
    folder = outcome(num_repeats=2, backbones=("ResNet50",), num_patients=120)
    predictions = read_predictions(folder / "predictions.csv")
    runs = pd.MultiIndex.from_product([range(2), range(5)], names=["repeat", "fold"])
    names = [f"ResNet50-imagenet-caffe-frozen-{rate}" for rate in ("0.01", "0.001", "0.01", "0.001", "0.01")]
    chosen = [
        pd.Series(names * 2, index=runs),
        pd.Series("ResNet50-random-caffe-top10-0.001", index=runs),
    ]
    scores = held_out_scores(predictions, chosen)
    assert sorted(scores["example"]) == sorted(predictions["example"].unique())  # each once
    for row in scores.sample(25, random_state=1).to_dict("records"):
        place = {"repeat": 0, "part": "test", "example": row["example"], "fold": row["fold"]}
        for side, name in enumerate((names[row["fold"]], chosen[1].iloc[0])):
            match = predictions[(predictions[list(place)] == pd.Series(place)).all(axis=1)]
            expected = match[match["scenario"] == name].iloc[0]
            assert (row[side], row["truth"], row["patient"]) == (
                expected["score"],
                expected["truth"],
                expected["patient"],
            )
    assert [len(case.scores) for case in choose_cases(scores, 1)] == [2] * 4
