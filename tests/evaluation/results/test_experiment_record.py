from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from radtl_tf.errors import DataError, OutputError
from radtl_tf.evaluation.results.experiment_record import read_record

Outcome = Callable[..., Path]


def rewrite(path: Path, **changes: object) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def test_what_a_folder_says(finished: Path) -> None:
    record = read_record(finished)
    assert (record.num_folds, record.num_repeats) == (5, 1)
    assert len(record.runs) == len(record.scenarios) * 5
    assert len(record.trained) == 16
    assert len(record.settings) == 8
    assert set(record.folds["part"]) == {"train", "inner", "test"}
    assert record.folds["patient"].str.len().eq(24).all()


def test_folds_of_another_draw_are_refused(outcome: Outcome) -> None:
    folder = outcome()
    folds = folder / "folds.csv"
    folds.write_text(folds.read_text().replace(",inner", ",train", 1))
    with pytest.raises(DataError, match=r"folds\.csv"):
        read_record(folder)


def test_a_folder_of_another_version_is_refused(outcome: Outcome) -> None:
    folder = outcome()
    rewrite(folder / "experiment.json", format=2)
    with pytest.raises(DataError, match=r"\b2\b.*\b1\b"):
        read_record(folder)


@pytest.mark.parametrize("name", ["experiment.json", "folds.csv"])
def test_a_missing_file_is_named(outcome: Outcome, name: str) -> None:
    folder = outcome()
    (folder / name).unlink()
    with pytest.raises((DataError, OutputError), match=name):
        read_record(folder)


def test_a_damaged_experiment_is_refused(outcome: Outcome) -> None:
    folder = outcome()
    (folder / "experiment.json").write_text("{")
    with pytest.raises(OutputError, match=r"experiment\.json"):
        read_record(folder)


@pytest.mark.parametrize(
    ("pixels", "expected"),
    [
        (("native",), {"imagenet": "caffe", "radimagenet": "radimagenet"}),
        (("radimagenet", "native"), {"imagenet": "caffe", "radimagenet": "radimagenet"}),
        (("radimagenet", "caffe"), {"imagenet": "caffe", "radimagenet": "radimagenet"}),
        (("caffe", "tf"), {"imagenet": "caffe", "radimagenet": "caffe"}),
    ],
)
def test_the_headline_takes_the_own_convention_if_the_grid_has_it(
    outcome: Outcome, pixels: tuple[str, ...], expected: dict[str, str]
) -> None:
    record = read_record(outcome(pixels=pixels, backbones=("ResNet50",), signal={"imagenet": 1.0, "radimagenet": 1.0}))
    for weights, convention in expected.items():
        assert {scenario.setting.pixels for scenario in record.family(weights)} == {convention}
    assert [len(record.family("imagenet", entry)) for entry in record.axis] == [4] * len(record.axis)


def test_uncertain_weights_have_two_readings_if_both_were_run(outcome: Outcome) -> None:
    signal = {"imagenet": 1.0, "radimagenet": 1.0}
    record = read_record(outcome(signal=signal, alternatives={"radimagenet": "zero_one"}))
    assert record.candidates("imagenet") == ["native"]
    assert record.candidates("radimagenet") == ["native", "alternative"]
    assert record.conventions("alternative", "radimagenet") == ["zero_one"]
    assert record.conventions("alternative", "imagenet") == ["caffe", "tf"]  # its own, of either backbone
    assert {s.setting.pixels for s in record.family("radimagenet", "alternative")} == {"zero_one"}
    assert {s.name for s in record.probes("radimagenet", "alternative")} == {
        f"{backbone}-radimagenet-zero_one-probe" for backbone in ("ResNet50", "InceptionV3")
    }


def test_weights_of_one_backbone_have_the_conventions_of_that_backbone(outcome: Outcome) -> None:
    record = read_record(outcome())
    weights = tuple(one for one in record.facts.weights if (one.name, one.backbone) != ("imagenet", "InceptionV3"))
    limited = replace(record, facts=replace(record.facts, weights=weights))
    assert record.conventions("native", "imagenet") == ["caffe", "tf"]
    assert limited.conventions("native", "imagenet") == ["caffe"]
    assert limited.candidates("imagenet") == ["native"]


def test_a_folder_that_has_one_convention_only_is_read_under_that(outcome: Outcome) -> None:
    folder = outcome(signal={"imagenet": 1.0, "radimagenet": 1.0}, backbones=("ResNet50",))
    facts = json.loads((folder / "experiment.json").read_text())
    weights = [{**entry, "alternative_pixels": "zero_one"} for entry in facts["weights"]]
    rewrite(folder / "experiment.json", weights=weights)
    assert read_record(folder).candidates("radimagenet") == ["native"]
    weights = [{key: value for key, value in entry.items() if key != "alternative_pixels"} for entry in weights]
    rewrite(folder / "experiment.json", weights=weights)
    assert read_record(folder).candidates("radimagenet") == ["native"]
