"""A frozen model on another hospital's data: files, messages and refused input."""

from __future__ import annotations

import json
import re
import shutil
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image, ImageOps

from radtl_tf.deploy.card.integrity import digest_of
from radtl_tf.deploy.engines.engine import open_model
from radtl_tf.deploy.export import export
from radtl_tf.deploy.predict import predict
from radtl_tf.errors import DataError, ExperimentError, OutputError
from radtl_tf.evaluation.inference.delong import delong
from radtl_tf.experiment.external_test import assess
from radtl_tf.progress import Progress
from radtl_tf.records.disk import write_json
from radtl_tf.records.experiment import Task
from radtl_tf.records.folder import OutputFolder
from radtl_tf.report.pages.external import as_text

pytestmark = pytest.mark.slow

Hospital = Callable[..., Path]


@pytest.fixture(scope="module")
def models(finished_once: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Return two exported models of the finished experiment."""
    folder = tmp_path_factory.mktemp("models")
    for name in ("mine", "random"):
        export(
            OutputFolder(finished_once / "out"), f"Tiny-{name}-tf-frozen", folder / name, weights_folder=finished_once
        )
    return folder / "mine", folder / "random"


@pytest.fixture
def hospital(tmp_path: Path) -> Hospital:
    """Return a function that writes radiographs like those of training, of other patients, and their manifest."""

    def write(name: str = "hospital", *, brighter: int = 0, each: int = 1, patients: int = 40) -> Path:
        rng = np.random.default_rng(77)
        (tmp_path / name).mkdir()
        rows = ["path,label,patient_id"]
        for number in range(patients * each):
            patient = number // each
            blocks = rng.uniform(20, 120, (5, 4)).repeat(8, axis=0).repeat(8, axis=1)
            blocks[:20] += 80 * (patient % 2)
            pixels = np.clip(blocks + brighter, 0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(tmp_path / name / f"{number}.png")
            rows.append(f"{number}.png,{('well', 'sick')[patient % 2]},secret-{patient:03d}")
        (tmp_path / name / "labels.csv").write_text("\n".join(rows) + "\n")
        return tmp_path / name / "labels.csv"

    return write


def task(manifest: Path, **changes: Any) -> Task:
    return Task(**{"manifest": manifest, "patient": "patient_id", **changes})


def left_over(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir() if path.name.endswith(".part") or path.name == "out"]


def test_a_test_of_one_model_is_written_whole(models: tuple[Path, Path], hospital: Hospital, tmp_path: Path) -> None:
    manifest, out = hospital(), tmp_path / "out"
    tested = assess(models[:1], task(manifest), out)
    assert sorted(path.name for path in out.iterdir()) == ["external.html", "patient.key", "results.json", "scores.csv"]
    assert stat.S_IMODE((out / "patient.key").stat().st_mode) == 0o600
    scores = pd.read_csv(out / "scores.csv")
    assert list(scores.columns) == ["model", "example", "patient", "truth", "score", "training_image"]
    assert set(scores["training_image"]) == {"no"}
    assert tested.overlaps[0].number == 0
    files = [manifest.parent / f"{number}.png" for number in range(40)]
    assert scores["score"].tolist() == pytest.approx([one.score for one in predict(open_model(models[0]), files)])
    assert scores["truth"].tolist() == [0, 1] * 20
    expected = delong(scores["truth"], scores["score"])
    results = json.loads((out / "results.json").read_text())
    first = results["estimates"][0]
    assert (first["metric"], first["value"]) == ("auroc", pytest.approx(expected.value()))
    assert results["counts"]["patients"] == 40
    assert results["comparisons"] == []
    assert tested.external.sentence in (out / "external.html").read_text().replace("&#39;", "'")
    for path in out.iterdir():
        assert b"secret-" not in path.read_bytes()
    assert left_over(tmp_path) == ["out"]


def test_drift_is_said_where_it_was_planted_and_not_elsewhere(
    models: tuple[Path, Path], hospital: Hospital, tmp_path: Path
) -> None:
    same = assess(models[:1], task(hospital()), tmp_path / "usual")
    bright = assess(models[:1], task(hospital("brighter", brighter=70)), tmp_path / "bright")
    assert not any(one.is_drift for one in same.drifts)
    assert {one.name for one in bright.drifts if one.is_drift} >= {"mean", "border"}
    sentence = bright.results["inputs"]["sentence"]
    assert "mean (" in sentence and "mean (" not in same.results["inputs"]["sentence"]
    assert sentence in (tmp_path / "bright" / "external.html").read_text()


def test_two_models_are_compared_on_the_same_cases(
    models: tuple[Path, Path], hospital: Hospital, tmp_path: Path
) -> None:
    tested = assess(models, task(hospital()), tmp_path / "out")
    (test,) = tested.external.comparisons
    assert test.method == "paired DeLong"
    assert (test.a, test.b) == ("Tiny-mine-tf-frozen", "Tiny-random-tf-frozen")
    scores = pd.read_csv(tmp_path / "out" / "scores.csv").pivot(index="example", columns="model", values="score")
    truth = [0, 1] * 20
    expected = delong(truth, scores[[test.a, test.b]]).compare()
    assert test.difference == pytest.approx(expected.difference)
    twice = assess([models[0], models[0]], task(hospital("again")), tmp_path / "twice")
    assert [one["name"] for one in twice.results["models"]] == ["Tiny-mine-tf-frozen (1)", "Tiny-mine-tf-frozen (2)"]
    assert twice.results["comparisons"][0]["p_value"] is None  # JSON has no NaN


def test_a_threshold_adds_what_is_called_positive(
    models: tuple[Path, Path], hospital: Hospital, tmp_path: Path
) -> None:
    tested = assess(models, task(hospital()), tmp_path / "out", threshold=0.4)
    scores = pd.read_csv(tmp_path / "out" / "scores.csv").query("model == 'Tiny-mine-tf-frozen' and truth == 1")
    found = {one["metric"]: one for one in tested.results["estimates"] if one["model"] == "Tiny-mine-tf-frozen"}
    assert found["sensitivity"]["value"] == pytest.approx((scores["score"] >= 0.4).mean())
    assert [one["metric"] for one in tested.results["comparisons"]] == ["auroc", "accuracy"]
    assert "Sensitivity" in (tmp_path / "out" / "external.html").read_text()


@pytest.mark.parametrize(("unit", "method"), [("patient", "DeLong"), ("image", "patient bootstrap")])
def test_several_images_per_patient(
    unit: str, method: str, models: tuple[Path, Path], hospital: Hospital, tmp_path: Path
) -> None:
    tested = assess(models[:1], task(hospital(each=3, patients=20), unit=unit), tmp_path / "out")
    assert tested.external.counts["images"] == 60
    assert tested.external.counts["patients"] == 20
    assert method in tested.external.estimates[0].method


def sealed_again(facts: dict[str, Any]) -> dict[str, Any]:
    """Return the facts of a model with the digest that fits them."""
    return {**facts, "digest": digest_of(facts)}


def test_a_model_without_a_summary_of_its_images_is_tested_and_says_so(
    models: tuple[Path, Path], hospital: Hospital, tmp_path: Path
) -> None:
    model = shutil.copytree(models[0], tmp_path / "old")
    card = model / "1" / "assets.extra" / "radtl.json"
    facts = json.loads(card.read_text())
    write_json(card, sealed_again({**facts, "inputs": None, "class_weights": "balanced"}))
    tested = assess([model], task(hospital()), tmp_path / "out")
    assert tested.drifts == () and tested.results["inputs"] is None
    assert all(word in " ".join(tested.external.notes) for word in ("training images", "probabilities"))


def broken_image(manifest: Path) -> None:
    (manifest.parent / "3.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    (manifest.parent / "5.png").unlink()


def without_column(manifest: Path) -> None:
    manifest.write_text(manifest.read_text().replace("patient_id", "who"))


def one_class(manifest: Path) -> None:
    manifest.write_text(manifest.read_text().replace("sick", "well"))


def positives_only(manifest: Path) -> None:
    manifest.write_text(manifest.read_text().replace("well", "sick"))


def other_class(manifest: Path) -> None:
    manifest.write_text(manifest.read_text().replace("well", "healthy"))


def empty_label(manifest: Path) -> None:
    manifest.write_text(manifest.read_text().replace("sick", "", 1))


@pytest.mark.parametrize(
    ("spoil", "values"),
    [
        (empty_label, r"labels\.csv: 1 label .* line 3"),
        (broken_image, "2 of 40 images.* line 5: "),
        (without_column, "'patient_id'"),
        (one_class, "'sick'"),
        (positives_only, r"\b1 classes.*\b2\b"),
        (other_class, r"\b20 images .*'healthy'.*'well', 'sick'"),
    ],
)
def test_bad_data_are_one_line_and_leave_nothing(
    spoil: Callable[[Path], None], values: str, models: tuple[Path, Path], hospital: Hospital, tmp_path: Path
) -> None:
    manifest = hospital()
    spoil(manifest)
    with pytest.raises(DataError, match=values) as caught:
        assess(models[:1], task(manifest), tmp_path / "out")
    assert "\n" not in str(caught.value)
    assert "secret-" not in str(caught.value)
    assert left_over(tmp_path) == []


def test_what_does_not_fit_the_model_is_refused(models: tuple[Path, Path], hospital: Hospital, tmp_path: Path) -> None:
    manifest = hospital()
    with pytest.raises(DataError, match="'well'.*'sick'"):
        assess(models[:1], task(manifest, positive="well"), tmp_path / "out")
    with pytest.raises(OutputError, match=re.escape(str(tmp_path))):
        assess([models[0], tmp_path], task(manifest), tmp_path / "out")
    with pytest.raises(ExperimentError, match="one_image_per_patient"):
        assess(models[:1], task(manifest, one_image_per_patient=True), tmp_path / "out")
    model = shutil.copytree(models[0], tmp_path / "three")
    card = model / "1" / "assets.extra" / "radtl.json"
    write_json(card, sealed_again({**json.loads(card.read_text()), "classes": ["a", "b", "sick"]}))
    with pytest.raises(DataError, match="3 classes"):
        assess([model], task(manifest), tmp_path / "out")
    assert left_over(tmp_path) == []


def test_what_exists_is_not_overwritten(models: tuple[Path, Path], hospital: Hospital, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "kept.txt").write_text("kept")
    with pytest.raises(OutputError, match="exists"):
        assess(models[:1], task(hospital()), tmp_path / "out")
    assert (tmp_path / "out" / "kept.txt").read_text() == "kept"
    with pytest.raises(OutputError, match="below"):
        assess(models[:1], task(tmp_path / "hospital" / "labels.csv"), tmp_path / "out" / "kept.txt" / "below")


def test_every_image_is_counted_as_it_is_read_and_scored(
    models: tuple[Path, Path], hospital: Hospital, tmp_path: Path
) -> None:
    seen: list[Progress] = []
    assess(models, task(hospital(patients=24)), tmp_path / "out", watch=seen.append)
    assert seen[:24] == [Progress("Images", number, 24) for number in range(1, 25)]
    assert seen[24:] == [Progress("Scores", number, 48) for number in range(1, 49)]


def test_training_images_in_a_test_are_counted_and_the_result_called_too_good(
    models: tuple[Path, Path], finished_once: Path, hospital: Hospital, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    manifest = hospital()
    for number in range(6):  # of 40: three are training images, three are training images that were mirrored and saved
        with Image.open(finished_once / "images" / f"{number:03d}.png") as image:
            changed = image if number < 3 else ImageOps.mirror(image)
            changed.save(manifest.parent / f"{number}.png")
    tested = assess(models, task(manifest), tmp_path / "out")
    for overlap, name in zip(tested.overlaps, ("Tiny-mine-tf-frozen", "Tiny-random-tf-frozen"), strict=True):
        assert (overlap.model, overlap.number) == (name, 6)
        assert overlap.exact is not None and np.flatnonzero(overlap.exact).tolist() == [0, 1, 2]
    results = json.loads((tmp_path / "out" / "results.json").read_text())["training_images"]
    assert [(one["exact"], one["near"]) for one in results["models"]] == [(3, 3), (3, 3)]
    assert "too good" in results["sentence"] and "too good" in caplog.text
    assert results["sentence"] in (tmp_path / "out" / "external.html").read_text()
    scores = pd.read_csv(tmp_path / "out" / "scores.csv")
    assert scores["training_image"].tolist() == (["exact"] * 3 + ["near"] * 3 + ["no"] * 34) * 2
    assert results["sentence"] in as_text(*tested.shown)


def test_a_model_without_hashes_is_tested_and_says_so(
    models: tuple[Path, Path], hospital: Hospital, tmp_path: Path
) -> None:
    shutil.copytree(models[0], tmp_path / "model")
    (hashes,) = (tmp_path / "model").glob("**/training_images.npz")
    hashes.unlink()
    tested = assess([tmp_path / "model"], task(hospital()), tmp_path / "out")
    assert tested.results["training_images"]["models"][0]["exact"] is None
    assert pd.read_csv(tmp_path / "out" / "scores.csv")["training_image"].isna().all()
