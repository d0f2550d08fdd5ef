"""Parts of runs are aligned by case, whatever the order of the rows."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from radtl_tf.errors import DataError
from radtl_tf.evaluation.results.predictions import read_predictions
from radtl_tf.evaluation.results.run_parts import RunParts

RUNS = [("ResNet50-imagenet-caffe-frozen-0.01", 0, 2), ("InceptionV3-random-tf-top10-0.001", 0, 2)]


@pytest.mark.parametrize("unit", ["image", "patient"])
def test_runs_of_one_fold_have_the_same_cases(finished: Path, unit: str) -> None:
    table = read_predictions(finished / "predictions.csv")
    shuffled = table.sample(frac=1, random_state=0)
    first, second = (RunParts(rows, unit).test(run) for rows, run in zip((table, shuffled), RUNS, strict=True))  # type: ignore[arg-type]
    assert (first.case == second.case).all()
    assert (first.truth == second.truth).all()
    assert not np.allclose(first.score, second.score)


def test_a_patients_score_is_the_mean_of_the_images(finished: Path) -> None:
    table = read_predictions(finished / "predictions.csv")
    part = RunParts(table, "patient").inner(RUNS[0])
    own = table.query("scenario == @RUNS[0][0] and fold == 2 and part == 'inner'").groupby("patient")["score"].mean()
    assert part.case.tolist() == own.index.tolist()
    assert part.score == pytest.approx(own.to_numpy())


def test_patients_of_both_classes_are_no_cases(outcome: object) -> None:
    folder = outcome(unit="image", backbones=("ResNet50",))  # type: ignore[operator]
    table = read_predictions(folder / "predictions.csv")
    assert len(RunParts(table, "image").test(RUNS[0]).case) > 0
    with pytest.raises(DataError, match=r"\d+ patients"):
        RunParts(table, "patient")
