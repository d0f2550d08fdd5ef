"""Presets are valid experiment files that fit a user's manifest."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from radtl_tf.cli.init import PRESETS
from radtl_tf.errors import DataError, ExperimentError, WeightsError
from radtl_tf.experiment.plan.scenarios import starts_of, weights_records
from radtl_tf.experiment.presets import filled_preset
from radtl_tf.places import shipped
from radtl_tf.records.experiment import Task
from radtl_tf.records.pretraining import read_pretraining
from radtl_tf.records.reader import experiment_from, read_experiment


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    file = tmp_path / "my data" / "table.csv"
    file.parent.mkdir()
    (file.parent / "a.png").write_bytes(b"x")
    file.write_text('path,sex,id\na.png,"f ""1""",001\na.png,m,002\n')
    return file


@pytest.mark.parametrize("preset", [name for name in PRESETS if name != "okazaki2025-age"])
def test_a_preset_takes_the_manifest_and_its_columns(preset: str, manifest: Path, tmp_path: Path) -> None:
    chosen = Task(manifest=manifest, label="sex", positive='f "1"', patient="id", unit="image")
    text = filled_preset(preset, chosen, folder=tmp_path)
    experiment = experiment_from(tomllib.loads(text), tmp_path)
    task = experiment.task
    assert task.manifest == manifest
    assert (task.label, task.positive, task.patient, task.unit) == ("sex", 'f "1"', "id", "image")


def test_the_preset_of_ages_takes_numbers_only(manifest: Path, tmp_path: Path) -> None:
    chosen = Task(manifest=manifest, label="id", kind="regression", label_unit="years", one_image_per_patient=True)
    experiment = experiment_from(tomllib.loads(filled_preset("okazaki2025-age", chosen, folder=tmp_path)), tmp_path)
    asked = experiment.question
    assert asked and (experiment.task.label_unit, asked.metric, asked.margin) == ("years", "mae", 0.25)
    with pytest.raises(ExperimentError, match="is for a regression"):
        filled_preset("okazaki2025-age", replace(chosen, kind="multiclass", label_unit=None), folder=tmp_path)


def test_another_preset_leaves_the_margin_of_a_number_to_the_user(manifest: Path, tmp_path: Path) -> None:
    chosen = Task(manifest=manifest, label="id", kind="regression", label_unit="years", one_image_per_patient=True)
    text = filled_preset("quick", chosen, folder=tmp_path)
    with pytest.raises(ExperimentError, match="largest difference in years"):
        experiment_from(tomllib.loads(text), tmp_path)
    written = text.replace("# margin =  ", "margin = 1.0")
    assert experiment_from(tomllib.loads(written), tmp_path).question.metric == "mae"


def test_the_preset_of_stages_takes_their_order(manifest: Path, tmp_path: Path) -> None:
    stages = ("low", "middle", "high")
    chosen = Task(manifest=manifest, label="sex", kind="ordinal", classes=stages, one_image_per_patient=True)
    experiment = experiment_from(tomllib.loads(filled_preset("cvm-stage", chosen, folder=tmp_path)), tmp_path)
    assert (experiment.task.kind, experiment.task.classes) == ("ordinal", stages)


def test_a_preset_takes_a_task_of_several_labels(manifest: Path, tmp_path: Path) -> None:
    chosen = Task(
        manifest=manifest, label="sex", patient="id", kind="multilabel", label_separator="|", classes=("f", "m")
    )
    text = filled_preset("quick", chosen, folder=tmp_path)
    task = experiment_from(tomllib.loads(text), tmp_path).task
    assert (task.kind, task.label_separator, task.classes, task.positive) == ("multilabel", "|", ("f", "m"), None)
    with pytest.raises(ExperimentError, match="multiclass"):
        filled_preset("quick", replace(chosen, kind="multiclass", positive="m"), folder=tmp_path)


def test_a_preset_takes_columns_of_labels_an_image_folder_and_images_without_patients(
    manifest: Path, tmp_path: Path
) -> None:
    chosen = Task(
        manifest=manifest,
        label=("sex", "id"),
        kind="multilabel",
        images=manifest.parent,
        one_image_per_patient=True,
    )
    text = filled_preset("quick", chosen, folder=tmp_path)
    assert experiment_from(tomllib.loads(text), tmp_path).task == chosen
    assert 'images = "my data"' in text  # relative to the file


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"label": "sx"}, "'sx' .*'sex'"),
        ({"patient": "patient_id"}, "'patient_id'"),
        ({"positive": None}, "positive class.* f .* m,"),
        ({"positive": "x"}, "'x'"),
    ],
)
def test_what_does_not_fit_is_said(change: dict[str, str], said: str, manifest: Path, tmp_path: Path) -> None:
    chosen = replace(Task(manifest=manifest, label="sex", positive="m", patient="id"), **change)
    with pytest.raises(DataError, match=said):
        filled_preset("quick", chosen, folder=tmp_path)


def test_every_file_in_experiments_is_valid(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RADTL_REAL", "/real")
    files = [path for path in shipped("experiments").glob("*.toml") if not path.stem.startswith("pretrain-")]
    names = {path.stem: read_experiment(path).name for path in files}
    assert set(PRESETS) <= set(names)
    assert all(stem == name for stem, name in names.items())


def test_every_source_in_experiments_is_valid() -> None:
    sources = [read_pretraining(path) for path in shipped("experiments").glob("pretrain-*.toml")]
    assert {source.task.kind for source in sources} == {"binary", "multiclass", "multilabel"}


def test_okazaki_is_the_24_settings() -> None:
    experiment = read_experiment(shipped("experiments") / "okazaki2024.toml")
    rates = sum(len(tuning.learning_rates) for tuning in experiment.grid.tunings)
    assert len(experiment.grid.backbones) * rates == 24
    assert (experiment.training.image_size, experiment.folds.count, experiment.training.epochs) == (256, 5, 30)


def test_a_column_of_names_is_not_shown(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"x")
    file = tmp_path / "labels.csv"
    file.write_text("path,name\n" + "".join(f"a.png,NAME{number}\n" for number in range(7)))
    with pytest.raises(DataError, match=r"\b7\b") as caught:
        filled_preset("quick", Task(manifest=file, label="name", patient="name"), folder=tmp_path)
    assert "NAME" not in str(caught.value)


@pytest.mark.parametrize(
    ("rows", "unit"), [("sick,1 well,2", None), ("sick,1 sick,1 well,2", "patient"), ("sick,1 well,1 well,2", "image")]
)
def test_images_are_the_cases_where_a_patient_has_several_labels(rows: str, unit: str | None, tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"x")
    file = tmp_path / "labels.csv"
    file.write_text("path,label,id\n" + "".join(f"a.png,{row}\n" for row in rows.split()))
    text = filled_preset("quick", Task(manifest=file, positive="sick", patient="id"), folder=tmp_path)
    assert experiment_from(tomllib.loads(text), tmp_path).task.unit == unit


@pytest.mark.parametrize(
    ("cells", "separator", "kind", "positive"),
    [
        ("x y z", None, "multiclass", None),
        ("no yes no", None, "binary", "yes"),
        ("0.0 1.0 1.0", None, "binary", "1.0"),
        ("x|y x y", "|", "multilabel", None),
    ],
)
def test_labels_decide_the_kind_where_none_is_given(
    cells: str, separator: str | None, kind: str, positive: str | None, tmp_path: Path
) -> None:
    (tmp_path / "a.png").write_bytes(b"x")
    file = tmp_path / "labels.csv"
    file.write_text("path,label\n" + "".join(f"a.png,{cell}\n" for cell in cells.split()))
    chosen = Task(manifest=file, one_image_per_patient=True, label_separator=separator)
    task = experiment_from(tomllib.loads(filled_preset("quick", chosen, folder=tmp_path, infer=True)), tmp_path).task
    assert (task.kind, task.positive) == (kind, positive)
    with pytest.raises(DataError):
        filled_preset("quick", chosen, folder=tmp_path)


def test_encoders_are_five_starts_with_a_network_each(tmp_path: Path) -> None:
    experiment = read_experiment(shipped("experiments") / "encoders2026.toml")
    assert starts_of(experiment) == [
        ("ResNet50", "radimagenet"),
        ("ResNet50", "imagenet"),
        ("ConvNeXtTiny", "convnext"),
        ("DINOv2Base", "dinov2"),
        ("DINOv2Base", "rad-dino"),
    ]
    with pytest.raises(WeightsError, match=r"dinov2-base.*rad-dino.*RadImageNet"):  # all that is missing, at once
        weights_records(experiment, tmp_path)
