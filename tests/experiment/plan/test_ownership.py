"""An output folder belongs to the experiment of its first finished run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from radtl_tf.errors import OutputError
from radtl_tf.experiment.plan.ownership import is_begun, is_same, refuse_other, refuse_other_experiment, start_over
from radtl_tf.records.disk import write_json
from radtl_tf.records.folder import OutputFolder
from radtl_tf.records.reader import as_dict
from radtl_tf.records.safety.lock import working


@pytest.fixture
def folder(tmp_path: Path) -> OutputFolder:
    return OutputFolder(tmp_path / "out")


def test_a_folder_is_begun_when_a_run_is_finished(folder: OutputFolder) -> None:
    assert not is_begun(folder)
    write_json(folder.experiment, {})
    assert not is_begun(folder)
    write_json(folder.runs / "scenario" / ".0-1.99.part" / "DONE.json", {})  # killed before the final rename
    assert not is_begun(folder)
    write_json(folder.runs / "scenario" / "0-1" / "DONE.json", {"run": "scenario/0-1"})
    assert is_begun(folder)


def test_a_folder_is_begun_while_a_unit_is_trained(folder: OutputFolder) -> None:
    write_json(folder.experiment, {})
    with working(folder.root, "Tiny-mine-tf-0"):
        assert is_begun(folder)
    assert not is_begun(folder)


def test_the_same_experiment_may_evaluate_in_another_way(folder: OutputFolder) -> None:
    facts = {"experiment": {"seed": 1, "evaluation": {"subgroups": []}}, "folds_sha256": "x"}
    assert not is_same(folder, facts)
    write_json(folder.experiment, facts | {"versions": {}})
    assert is_same(folder, {**facts, "experiment": {"seed": 1, "evaluation": {"subgroups": ["sex"]}}})
    assert not is_same(folder, {**facts, "folds_sha256": "y"})


def test_an_automatic_batch_size_is_that_of_the_folder(folder: OutputFolder, make_experiment: Any) -> None:
    recorded = as_dict(make_experiment(training={"batch_size": 48}))
    write_json(folder.experiment, {"experiment": recorded})
    refuse_other_experiment(folder, make_experiment(training={"batch_size": "auto"}))
    for other in ({"batch_size": 16}, {"batch_size": "auto", "epochs": 9}):
        with pytest.raises(OutputError, match=next(reversed(other))):
            refuse_other_experiment(folder, make_experiment(training=other))


@pytest.mark.parametrize(
    ("written", "now", "said"),
    [
        ({"seed": 1}, {"seed": 1}, ""),
        ({"seed": 1}, {"seed": 2}, "seed: 1 .* 2 now"),
        ({"training": {"views": 3}}, {"training": {"views": 0}}, "training.views: 3 .* 0 now"),
        ({"training": {"views": 3}}, {"training": {}}, "training.views: 3 .* None now"),
        ({"task": {}}, {"task": {"classes": []}}, ""),  # an earlier version did not know the key
        ({"task": {}}, {"task": {"classes": ["a"]}}, r"task.classes: None .* \['a'\] now"),
        ({"task": {}}, {"task": {"missing": "refuse", "uncertain": "refuse"}}, ""),
        ({"task": {}}, {"task": {"missing": "no"}}, "task.missing: 'refuse' .* 'no' now"),
        ({"evaluation": {"subgroups": ["sex"]}}, {"evaluation": {"subgroups": []}}, ""),
    ],
)
def test_another_experiment_is_refused(folder: OutputFolder, written: Any, now: Any, said: str) -> None:
    refuse_other(folder, {"experiment": now})
    write_json(folder.experiment, {"format": 1, "experiment": written})
    if not said:
        return refuse_other(folder, {"experiment": now})
    with pytest.raises(OutputError, match=rf"\({said}\)"):
        refuse_other(folder, {"experiment": now})


def test_what_depends_on_the_experiment_goes_and_what_depends_on_the_data_or_is_not_ours_stays(
    folder: OutputFolder,
) -> None:
    goes = ["baselines.csv", "inputs.json", "predictions.csv", "similarity.csv", "saliency/a.png", "tensorboard/x/y"]
    stays = ["data/patient.key", "data/pixels-32.npy", "features/x/00.npy", "experiment.toml", "notes/own.txt"]
    for name in (*goes, *stays):
        (folder.root / name).parent.mkdir(parents=True, exist_ok=True)
        (folder.root / name).write_text("")
    start_over(folder)
    left = sorted(str(path.relative_to(folder.root)) for path in folder.root.rglob("*") if path.is_file())
    assert left == sorted(stays)
    start_over(folder)


def test_weights_without_the_keys_of_a_later_version_are_the_same(folder: OutputFolder) -> None:
    entry = {"files": {"Tiny": "tiny.h5"}, "pixels": "tf"}
    write_json(folder.experiment, {"experiment": {"weights": {"mine": entry}, "grid": {}}})
    now = entry | {"use": None, "backbones": []}
    same = {"experiment": {"weights": {"mine": now}, "grid": {"image_sizes": []}}}
    assert is_same(folder, same)
    refuse_other(folder, same)
    limited = {"experiment": {"weights": {"mine": now | {"backbones": ["Tiny"]}}, "grid": {}}}
    assert not is_same(folder, limited)
    with pytest.raises(OutputError, match="backbones"):
        refuse_other(folder, limited)
