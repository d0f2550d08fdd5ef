"""The review is part of every evaluation, and a divided group of patients stops it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from radtl_tf.errors import DataError
from radtl_tf.evaluation.evaluate import Evaluation, evaluate

Outcome = Callable[..., Path]
SMALL = {"backbones": ("ResNet50",), "tunings": {"frozen": (0.01,)}, "probes": False}


def test_every_part_is_certified(evaluation: Evaluation) -> None:
    parts = evaluation.review.certificate.parts
    counted = evaluation.parts.set_index(["repeat", "fold", "part"])
    assert len(parts) == 3 * evaluation.record.num_test_parts
    for row in parts.itertuples():
        counts = counted.loc[(row.repeat, row.fold, row.part)]
        assert (row.images, row.patients) == (counts["images"], counts["patients"])


def test_patients_who_share_an_image_in_two_parts_stop_the_evaluation(outcome: Outcome) -> None:
    folder = outcome(**SMALL)
    folds = pd.read_csv(folder / "folds.csv", dtype={"patient": str})
    first = folds[(folds["repeat"] == 0) & (folds["fold"] == 0)]
    divided = [first.loc[first["part"] == part, "patient"].iloc[0] for part in ("train", "test")]
    file = folder / "experiment.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"linked": [divided]}))
    with pytest.raises(DataError, match="share an image"):
        evaluate(folder)
