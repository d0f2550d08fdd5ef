"""Every finished run leaves its files, and its record says how it ended."""

from __future__ import annotations

import pandas as pd

from radtl_tf.experiment.plan.plan import Plan
from radtl_tf.records.disk import read_json
from radtl_tf.records.runs import BINARY


def test_every_run_leaves_its_folder(finished_plan: Plan) -> None:
    plan, predictions = finished_plan, pd.read_csv(finished_plan.folder.predictions, dtype={"patient": str})
    assert plan.remaining == []
    assert len(plan.runs) == 2 * (3 + 1) * 3  # two weights, three scenarios and a probe, three folds
    for run in plan.runs:
        names = {path.name for path in plan.folder.run(run).iterdir()}
        assert names == {"run.json", "history.csv", "predictions.csv", "weights.h5", "DONE.json"}
        history = pd.read_csv(plan.folder.run(run) / "history.csv")
        assert len(history) == (0 if run.scenario.is_reference else 3)
    assert tuple(predictions.columns) == BINARY.prediction_columns
    assert set(predictions.part) == {"inner", "test"}
    assert predictions.score.between(0, 1).all()


def test_the_run_record_says_how_the_run_ended(finished_plan: Plan) -> None:
    plan = finished_plan
    records = [read_json(plan.folder.run(run) / "run.json") for run in plan.runs]
    for run, record in zip(plan.runs, records, strict=True):
        assert (record["scenario"], record["repeat"], record["fold"]) == (run.scenario.name, run.repeat, run.fold)
        assert record["seconds"] > 0
        assert record["fixed_epochs"] and record["converged"] is None  # nine inner patients of a class are too few
        assert record["best_epoch"] == record["epochs"] == (0 if run.scenario.is_reference else 3)
