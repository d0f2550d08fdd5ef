from __future__ import annotations

import csv
import time
from pathlib import Path

import numpy as np
import pydicom
import pytest
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedGroupKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from radtl_tf.data.decoding.images import decode
from radtl_tf.data.manifest.reader import read_manifest
from radtl_tf.data.manifest.rows import cases_of
from radtl_tf.data.phantoms.write import COLUMNS, KINDS, Phantom, _patient, draw_phantoms, write_phantoms
from radtl_tf.errors import ExperimentError, OutputError

SMALL = {"num_patients": 8, "seed": 4, "height": 48}


CLASSED = sorted(name for name, kind in KINDS.items() if not kind.growing)


@pytest.fixture(params=CLASSED)
def kind(request: pytest.FixtureRequest) -> str:
    """Return each kind of phantom in turn."""
    return str(request.param)


def rows_of(manifest: Path) -> list[dict[str, str]]:
    with manifest.open(newline="") as file:
        return list(csv.DictReader(file))


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_manifest_is_one_that_experiments_read(tmp_path: Path, kind: str) -> None:
    path = write_phantoms(tmp_path / "new", kind=kind, **SMALL)
    assert path == tmp_path / "new" / "labels.csv"
    manifest = read_manifest(path)
    assert tuple(manifest.table.columns) == COLUMNS
    cases = cases_of(manifest, KINDS[kind].task(), bytes(32))
    assert cases.classes == KINDS[kind].classes and len(cases.patient_ids) == 8
    first = np.unique(cases.patients, return_index=True)[1]
    assert (cases.truth[first].sum(axis=0) == 4).all()
    assert set(np.bincount(cases.patients)) <= {1, 2, 3} and len(cases.examples) > 8


def test_the_files_show_what_was_drawn(tmp_path: Path, kind: str) -> None:
    manifest = write_phantoms(tmp_path / "new", kind=kind, **SMALL)
    for row, phantom in zip(rows_of(manifest), draw_phantoms(kind, **SMALL), strict=True):
        decoded = decode(manifest.parent / row["path"])
        expected = phantom.picture
        if "window from percentiles 0.5 and 99.5" in decoded.notes:
            low, high = np.percentile(expected, (0.5, 99.5))
            expected = np.clip((expected - low) / (high - low), 0, 1)
        assert np.abs(decoded.pixels / 65535 - expected).max() < 0.01
        assert row["label"] == KINDS[kind].label(phantom.truth)


def test_file_names_and_headers_do_not_hold_the_label(tmp_path: Path, kind: str) -> None:
    manifest = write_phantoms(tmp_path / "new", kind=kind, **SMALL)
    for number, row in enumerate(rows_of(manifest)):
        assert row["path"] == f"images/{number:06d}.dcm"
        header = pydicom.dcmread(manifest.parent / row["path"], stop_before_pixels=True)
        text = str(header).lower().replace("presentation", "")
        assert not any(name in text for name in KINDS[kind].classes)
        assert header.PatientID == row["patient_id"] and int(header.PatientAge[:3]) == int(row["age"])
        assert bool(header.PatientSex) == (kind == "supernumerary")


def test_how_an_image_is_taken_does_not_follow_the_label(kind: str) -> None:
    num_labels = len(KINDS[kind].classes) if KINDS[kind].multilabel else 1
    for patient in range(10):
        negative, positive = (list(_patient(kind, patient, (has,) * num_labels, 4, 32)) for has in (False, True))
        assert [(one.age, one.film) for one in negative] == [(one.age, one.film) for one in positive]


def test_the_same_arguments_give_the_same_bytes(tmp_path: Path, kind: str) -> None:
    folders = [tmp_path / name for name in ("one", "two", "other")]
    for folder, seed in zip(folders, (4, 4, 5), strict=True):
        write_phantoms(folder, kind=kind, **{**SMALL, "seed": seed})
    one, two, other = map(contents, folders)
    assert one == two and one.keys() >= {"labels.csv", "phantoms.json", "images/000000.dcm"}
    assert one["images/000000.dcm"] != other["images/000000.dcm"]


def test_patients_do_not_depend_on_how_many_there_are(kind: str) -> None:
    phantoms = list(draw_phantoms(kind, **SMALL))
    same = next(one for one in phantoms if (one.patient, one.image) == (3, 0))
    again = next(_patient(kind, 3, same.truth, 4, 48))
    np.testing.assert_array_equal(again.picture, same.picture)
    assert len({one.picture.tobytes() for one in phantoms}) == len(phantoms)


def test_an_empty_folder_is_filled_and_the_same_phantoms_are_kept(tmp_path: Path) -> None:
    manifest = write_phantoms(tmp_path, kind="skull", **SMALL)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    assert write_phantoms(tmp_path, kind="skull", **SMALL) == manifest
    assert before == {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}


def test_a_folder_with_other_things_is_refused(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(OutputError):
        write_phantoms(tmp_path, kind="skull", **SMALL)
    assert contents(tmp_path) == {"thesis.txt": b"mine"}
    with pytest.raises(OutputError, match=r"thesis\.txt"):
        write_phantoms(tmp_path / "thesis.txt", kind="skull", **SMALL)
    write_phantoms(tmp_path / "new", kind="skull", **SMALL)
    with pytest.raises(OutputError, match="phantoms"):
        write_phantoms(tmp_path / "new", kind="skull", **{**SMALL, "seed": 5})


def test_a_killed_run_leaves_no_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(*_: object) -> bytes:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr("radtl_tf.data.phantoms.write.dicom_bytes", killed)
        write_phantoms(tmp_path / "new", kind="skull", **SMALL)
    assert not (tmp_path / "new").exists()
    write_phantoms(tmp_path / "new", kind="skull", **SMALL)
    assert [path.name for path in tmp_path.iterdir()] == ["new"]


def test_unknown_kinds_and_too_few_patients_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ExperimentError, match="'skull'"):
        write_phantoms(tmp_path / "new", kind="skul", num_patients=8, seed=0)
    with pytest.raises(ExperimentError, match=r"\b1 patients"):
        write_phantoms(tmp_path / "new", kind="skull", num_patients=1, seed=0)
    assert not list(tmp_path.iterdir())


def auroc(features: NDArray[np.float32], phantoms: list[Phantom]) -> float:
    """Return the patients' AUROC (the first label's) of a logistic regression, cross-validated over patients."""
    truth, patients = np.array([(one.truth[0], one.patient) for one in phantoms]).T
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    folds = StratifiedGroupKFold(5, shuffle=True, random_state=0)
    scores = cross_val_predict(model, features, truth, groups=patients, cv=folds, method="decision_function")
    per_patient = [(truth[patients == number][0], scores[patients == number].mean()) for number in set(patients)]
    return float(roc_auc_score(*zip(*per_patient, strict=True)))


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["skull", "supernumerary"])  # findings are drawn far apart, to pre-train on
def test_trivial_features_do_not_give_the_label_away(kind: str) -> None:
    areas = np.mean([trivial_aurocs(kind, seed) for seed in (1, 2, 3)], axis=0)  # a single AUROC varies by 0.07
    assert areas[0] < 0.65 and areas[1] < 0.75


def trivial_aurocs(kind: str, seed: int) -> tuple[float, float]:
    """Return the AUROCs of mean and standard deviation, and of 16 x 16 pixels."""
    phantoms = list(draw_phantoms(kind, num_patients=100, seed=seed, height=48))
    pictures = np.stack([one.picture for one in phantoms])
    brightness = np.stack([pictures.mean((1, 2)), pictures.std((1, 2))], 1)
    blocks = pictures.reshape(len(pictures), 16, 3, 16, -1).mean((2, 4)).reshape(len(pictures), -1)
    return auroc(brightness, phantoms), auroc(blocks, phantoms)


def test_drawing_is_quick(kind: str) -> None:
    started = time.process_time()
    number = sum(1 for _ in draw_phantoms(kind, num_patients=10, seed=0))
    assert (time.process_time() - started) / number < 0.1  # 0.03 s measured; a slow machine may take longer


@pytest.mark.parametrize("kind", ["skull-age", "skull-stages"])
def test_the_head_grows_with_the_label(tmp_path: Path, kind: str) -> None:
    path = write_phantoms(tmp_path / "new", kind=kind, **SMALL)
    cases = cases_of(read_manifest(path), KINDS[kind].task(), bytes(32))
    ages = np.array([one.truth[0] for one in draw_phantoms(kind, **SMALL)])
    assert (ages.min(), ages.max()) == (6, 18)
    if kind == "skull-age":
        np.testing.assert_allclose(cases.truth, ages)
    else:
        np.testing.assert_array_equal(cases.truth, np.minimum((ages - 6) // 3, 3))
        assert cases.classes == ("S1", "S2", "S3", "S4")
    for patient in range(3):
        child, adult = (next(_patient(kind, patient, (age,), 4, 48)) for age in (6.0, 18.0))
        assert child.film == adult.film and (adult.picture > 0.2).sum() > 1.15 * (child.picture > 0.2).sum()
