"""From axes to scenarios and runs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from radtl_tf.errors import ExperimentError, WeightsError
from radtl_tf.experiment.plan.scenarios import scenarios_of, starts_of, weights_records
from radtl_tf.records.runs import Scenario, runs_of


def test_scenarios_are_the_product_and_a_probe_beside_each_frozen_setting(make_experiment: Any, tmp_path: Path) -> None:
    experiment = make_experiment(folds={"repeats": 2})
    scenarios = scenarios_of(experiment, weights_records(experiment, tmp_path))
    assert [scenario.name for scenario in scenarios] == [
        f"Tiny-{weights}-tf-{rest}"
        for weights in ("mine", "random")
        for rest in ("frozen-0.1", "frozen-0.01", "probe", "topK2-0.01")
    ]
    runs = runs_of(experiment, scenarios)
    assert len(runs) == len({run.name for run in runs}) == 8 * 2 * 3


def test_image_sizes_are_an_axis_at_the_end_of_the_names(make_experiment: Any, tmp_path: Path) -> None:
    experiment = replace(make_experiment(), grid=replace(make_experiment().grid, image_sizes=(32, "32x64")))
    scenarios = scenarios_of(experiment, weights_records(experiment, tmp_path))
    names = [scenario.setting.name for scenario in scenarios if scenario.setting.weights == "mine"]
    assert list(dict.fromkeys(names)) == [
        f"Tiny-mine-tf-{tuning}-{size}px" for size in ("32", "32x64") for tuning in ("frozen", "probe", "topK2")
    ]
    assert [Scenario.from_dict(scenario.as_dict()) for scenario in scenarios] == scenarios
    assert scenarios[-1].setting.network == "Tiny at 32x64 px"


def test_conventions_are_an_axis_with_resolved_names(make_experiment: Any, tmp_path: Path) -> None:
    experiment = make_experiment(grid={"pixels": ["native", "caffe", "tf"]})
    records = weights_records(experiment, tmp_path)
    assert [(name, pixels) for _, name, pixels in records] == [  # native is tf for both, so one record is enough
        ("mine", "tf"),
        ("mine", "caffe"),
        ("random", "tf"),
        ("random", "caffe"),
    ]
    assert {record.native_pixels for record in records.values()} == {"tf"}


@pytest.mark.parametrize(
    ("listed", "expected"),
    [
        (["native"], ["radimagenet", "zero_one"]),
        (["zero_one"], ["zero_one", "radimagenet"]),
        (["caffe", "tf"], ["caffe", "tf", "radimagenet", "zero_one"]),
    ],
)
def test_weights_of_an_uncertain_convention_have_a_record_for_both(
    make_experiment: Any, tmp_path: Path, listed: list[str], expected: list[str]
) -> None:
    weights = {"mine": {"files": {"Tiny": "tiny.h5"}, "pixels": "radimagenet"}}
    experiment = make_experiment(grid={"pixels": listed}, weights=weights)
    records = weights_records(experiment, tmp_path)
    assert [pixels for _, name, pixels in records if name == "mine"] == expected
    assert [pixels for _, name, pixels in records if name == "random"] == [
        "tf" if entry == "native" else entry for entry in listed
    ]
    for (_, name, pixels), record in records.items():
        assert (record.name, record.pixels) == (name, pixels)
    names = [scenario.setting.pixels for scenario in scenarios_of(experiment, records)]
    assert set(names) == {*expected, *(pixels for _, _, pixels in records)}


def test_all_missing_files_are_named_at_once(make_experiment: Any, tmp_path: Path) -> None:
    weights = {name: {"files": {"Tiny": f"no-{name}.h5"}, "pixels": "tf"} for name in ("mine", "yours")}
    experiment = make_experiment(grid={"weights": ["mine", "random", "yours"]}, weights=weights)
    with pytest.raises(WeightsError, match=r"no-mine\.h5.*no-yours\.h5") as caught:
        weights_records(experiment, tmp_path)
    assert "\n" not in str(caught.value)


def test_one_file_under_two_names_is_no_comparison(make_experiment: Any, tmp_path: Path) -> None:
    (tmp_path / "copy.h5").write_bytes((tmp_path / "tiny.h5").read_bytes())
    own = {"mine": {"files": {"Tiny": "tiny.h5"}, "pixels": "tf"}, "same": {"files": {"Tiny": "copy.h5"}}}
    grid = {"weights": ["mine", "random", "same"]}
    with pytest.raises(WeightsError, match="'mine'.*'same'"):
        weights_records(make_experiment(grid=grid, weights={**own, "same": {**own["same"], "pixels": "tf"}}), tmp_path)
    other = make_experiment(grid=grid, weights={**own, "same": {**own["same"], "pixels": "caffe"}})
    assert len(weights_records(other, tmp_path)) == 3  # one file under two conventions is a question


def test_unknown_words_name_the_nearest(make_experiment: Any, tmp_path: Path) -> None:
    with pytest.raises(ExperimentError, match="'ResNet50'"):
        weights_records(make_experiment(grid={"backbones": ["ResNet5"]}), tmp_path)
    with pytest.raises(ExperimentError, match="'caffe'"):
        weights_records(make_experiment(grid={"pixels": ["cafe"]}), tmp_path)


def test_weights_start_only_the_backbones_that_they_name(make_experiment: Any, tmp_path: Path) -> None:
    weights = {
        "mine": {"files": {"Tiny": "tiny.h5"}, "pixels": "tf", "backbones": ["Tiny"]},
        "wide": {"use": "random", "backbones": ["MobileNet"]},
        "random": {"backbones": ["Tiny"]},
    }
    grid = {"backbones": ["Tiny", "MobileNet"], "weights": ["mine", "wide", "random"]}
    question = {"compare": ["mine", "wide"]}
    experiment = make_experiment(grid=grid, weights=weights, question=question)
    assert starts_of(experiment) == [("Tiny", "mine"), ("Tiny", "random"), ("MobileNet", "wide")]
    records = weights_records(experiment, tmp_path)
    assert {key[:2]: record.source for key, record in records.items()} == {
        ("Tiny", "mine"): "file",
        ("Tiny", "random"): "random",
        ("MobileNet", "wide"): "random",
    }
    started = {(one.setting.backbone, one.setting.weights) for one in scenarios_of(experiment, records)}
    assert started == set(starts_of(experiment))


@pytest.mark.parametrize(
    ("weights", "said"),
    [
        ({"random": {"backbones": ["Tini"]}}, "'Tini'.*'Tiny'"),
        ({"random": {"use": "imagenet", "files": {"Tiny": "tiny.h5"}}}, "use and files"),
        ({"random": {"embeddings": "x.npz", "use": "imagenet"}}, "embeddings"),
        ({"random": {"backbones": ["Tiny"]}, "mine": {"backbones": ["Tiny"]}}, "MobileNet"),
    ],
)
def test_contradictory_starts_are_refused(make_experiment: Any, weights: dict[str, Any], said: str) -> None:
    mine = {"files": {"Tiny": "tiny.h5"}, "pixels": "tf"}
    entries = {**weights, "mine": {**mine, **weights.get("mine", {})}}
    with pytest.raises(ExperimentError, match=said):
        make_experiment(grid={"backbones": ["Tiny", "MobileNet"]}, weights=entries)


def test_weights_to_use_must_be_known(make_experiment: Any, tmp_path: Path) -> None:
    weights = {"mine": {"files": {"Tiny": "tiny.h5"}, "pixels": "tf"}, "random": {"use": "imagnet"}}
    with pytest.raises(ExperimentError, match="'imagnet'.*'imagenet'"):
        weights_records(make_experiment(weights=weights), tmp_path)
