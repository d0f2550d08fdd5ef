"""The keys of a source file."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from radtl_tf.errors import ExperimentError, OutputError
from radtl_tf.places import shipped
from radtl_tf.records.pretraining import Place, Pretraining, portable, pretraining_from, read_pretraining, read_sidecar

RAW: dict[str, Any] = {
    "name": "archive",
    "task": {"manifest": "labels.csv", "kind": "multiclass", "patient": "patient_id"},
    "model": {"backbone": "ResNet50", "weights": "mine"},
    "weights": {"mine": {"files": {"ResNet50": "mine.h5"}, "pixels": "tf"}},
    "record": {"license": "CC0-1.0"},
}


def changed(place: str, value: Any) -> dict[str, Any]:
    raw = copy.deepcopy(RAW)
    *parents, key = place.split(".")
    section = raw
    for parent in parents:
        section = section.setdefault(parent, {})
    if value is ...:
        del section[key]
    else:
        section[key] = value
    return raw


def test_defaults_and_absolute_paths(tmp_path: Path) -> None:
    found = pretraining_from(RAW, tmp_path)
    assert isinstance(found, Pretraining)
    assert (found.seed, found.training.schedule, found.training.validation) == (726, "cosine", 0.1)
    assert found.task.manifest == tmp_path / "labels.csv"
    assert found.weights["mine"].files["ResNet50"] == tmp_path / "mine.h5"


@pytest.mark.parametrize(
    ("place", "value", "said"),
    [
        ("training.epoch", 3, ("'training.epoch'", "'epochs'")),
        ("model.backbon", "x", ("'model.backbon'", "'backbone'")),
        ("record.licence", "x", ("'record.licence'", "'license'")),
        ("trainig", {}, ("'trainig'", "'training'")),
        ("weights.mine.file", {}, ("'weights.mine.file'", "'files'")),
        ("record", ..., ("'record'",)),
        ("record.license", "", ("record.license",)),
        ("model.backbone", ..., ("'model.backbone'",)),
        ("training.schedule", "cosin", ("'cosin'", "'cosine'")),
        ("training.validation", 0.7, ("0.7", "at most 0.5")),
        ("training.batch_size", 1, ("batch_size = 1", "at least 2")),
        ("training.learning_rate", 0, ("learning_rate = 0", "above 0")),
        ("task.positive", "x", ("task.positive", "multiclass")),
        ("task.manifest", ..., ("'manifest'", "'dataset'")),
        ("name", "two\nlines", ("name", "line break")),
    ],
)
def test_a_wrong_file_gets_one_line(place: str, value: Any, said: tuple[str, ...], tmp_path: Path) -> None:
    with pytest.raises(ExperimentError) as caught:
        pretraining_from(changed(place, value), tmp_path)
    assert [word for word in said if word not in str(caught.value)] == []
    assert "\n" not in str(caught.value)


def test_the_file_is_named(tmp_path: Path) -> None:
    file = tmp_path / "source.toml"
    file.write_text("name = 3")
    with pytest.raises(ExperimentError, match=r"source\.toml: "):
        read_pretraining(file)


def test_what_is_recorded_names_no_folder(tmp_path: Path) -> None:
    record = portable(pretraining_from(RAW, tmp_path))
    assert str(tmp_path) not in json.dumps(record)
    assert record["task"]["manifest"] == "labels.csv"
    assert record == portable(pretraining_from(RAW, tmp_path / "elsewhere"))


def test_places_lie_beside_the_file() -> None:
    place = Place(Path("a/own.h5"))
    assert [path.as_posix() for path in (place.sidecar, place.work, place.files.data)] == [
        "a/own.h5.json",
        "a/own.h5.work",
        "a/own.h5.work/data",
    ]


def test_a_sidecar_is_read_where_there_is_one(tmp_path: Path) -> None:
    assert read_sidecar(tmp_path / "own.h5") is None
    (tmp_path / "own.h5.json").write_text('{"pixels": "tf"}')
    assert read_sidecar(tmp_path / "own.h5") == {"pixels": "tf"}
    (tmp_path / "own.h5.json").write_text("{")
    with pytest.raises(OutputError, match="damaged"):
        read_sidecar(tmp_path / "own.h5")


def test_every_source_file_that_ships_is_valid() -> None:
    names = {path.stem: read_pretraining(path).name for path in shipped("experiments").glob("pretrain-*.toml")}
    assert {"pretrain-phantoms", "pretrain-radimagenet"} <= set(names)


@pytest.mark.parametrize("more", [{"kind": "regression", "label_unit": "years"}, {"kind": "ordinal", "classes": "abc"}])
def test_numbers_and_stages_are_not_learned_before(more: dict[str, Any], tmp_path: Path) -> None:
    raw = changed("task", {**RAW["task"], **{key: list(one) if key == "classes" else one for key, one in more.items()}})
    with pytest.raises(ExperimentError, match=f"{more['kind']}.*'multiclass'"):
        pretraining_from(raw, tmp_path)
