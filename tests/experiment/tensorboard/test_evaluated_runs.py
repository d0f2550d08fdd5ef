"""What the evaluation adds to TensorBoard."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.util.tensor_util import make_ndarray

from radtl_tf.evaluation.evaluate import Evaluation
from radtl_tf.experiment.report import report_experiment
from radtl_tf.experiment.tensorboard.evaluated_runs import write_evaluation
from radtl_tf.records.folder import OutputFolder
from radtl_tf.records.runs import Run


def value(folder: Path, tag: str) -> float:
    (event,) = EventAccumulator(str(folder)).Reload().Tensors(tag)
    return float(make_ndarray(event.tensor_proto))


@pytest.fixture(scope="module")
def reported(finished_once: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[OutputFolder, Evaluation]:
    """Return a finished experiment after two evaluations."""
    out = tmp_path_factory.mktemp("reported") / "out"
    shutil.copytree(finished_once / "out", out)
    report_experiment(out)
    return OutputFolder(out), report_experiment(out)


def test_every_trained_run_has_its_test_auroc_once(reported: tuple[OutputFolder, Evaluation]) -> None:
    folder, evaluation = reported
    scenarios = {scenario.name: scenario for scenario in evaluation.record.trained}
    rows = evaluation.folds[evaluation.folds["scenario"].isin(list(scenarios))]
    assert len(rows)
    for row in rows.itertuples():
        place = folder.tensorboard / Run(scenarios[row.scenario], row.repeat, row.fold).events
        assert value(place, "test/auroc") == pytest.approx(row.value)
        assert len(EventAccumulator(str(place)).Reload().Tensors("test/precision_recall")) == 1


def test_every_scenario_has_the_means_over_its_runs(reported: tuple[OutputFolder, Evaluation]) -> None:
    folder, evaluation = reported
    for scenario in evaluation.record.trained:
        place = folder.tensorboard / scenario.events / "mean"
        aurocs = evaluation.folds[evaluation.folds["scenario"] == scenario.name]["value"]
        assert value(place, "test/auroc") == pytest.approx(aurocs.mean())
        runs = [EventAccumulator(str(run)).Reload().Tensors("loss") for run in sorted(place.parent.glob("[0-9]*"))]
        firsts = [float(make_ndarray(losses[0].tensor_proto)) for losses in runs]
        first = EventAccumulator(str(place)).Reload().Tensors("loss")[0]
        assert float(make_ndarray(first.tensor_proto)) == pytest.approx(sum(firsts) / len(firsts), rel=1e-5)


def test_the_curves_of_the_report_are_images(reported: tuple[OutputFolder, Evaluation]) -> None:
    folder, _ = reported
    events = EventAccumulator(str(folder.tensorboard / "report")).Reload()
    (event,) = events.Tensors("roc")
    assert make_ndarray(event.tensor_proto)[2] == folder.figure("roc", ".png").read_bytes()


def test_runs_without_events_get_none(reported: tuple[OutputFolder, Evaluation], tmp_path: Path) -> None:
    folder, evaluation = reported
    out = OutputFolder(tmp_path / "out")
    shutil.copytree(folder.root, out.root, ignore=shutil.ignore_patterns("tensorboard", "data", "features"))
    write_evaluation(out.root, evaluation)
    assert not out.tensorboard.exists()
    (out.tensorboard / "of-an-earlier-version").mkdir(parents=True)
    write_evaluation(out.root, evaluation)
    assert {path.name for path in out.tensorboard.iterdir()} == {"of-an-earlier-version", "report"}
