from __future__ import annotations

import dataclasses
import hashlib
import inspect
import os
import re
from pathlib import Path
from typing import Any

import keras
import pytest

from radtl_tf.errors import ExperimentError, WeightsError
from radtl_tf.models.backbones import BACKBONES
from radtl_tf.models.pixels import CONVENTIONS
from radtl_tf.models.weights import catalogue as weight_catalogue
from radtl_tf.models.weights.catalogue import (
    CatalogueRow,
    MissingFilesError,
    availability,
    catalogue,
    check_sum,
    files_present,
    find,
    hashed_meanwhile,
    known_sum,
    published_size,
    recognize,
    rows_of,
    sha256_of,
)

PUBLISHED = [  # by Keras
    name
    for name, row in BACKBONES.items()
    if not name.startswith("Tiny") and not name.endswith("Torch") and row.transformer is None
]
EMPTY_SUM = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"  # SHA-256 of no bytes (FIPS 180-4)
EMPTY_MD5 = "d41d8cd98f00b204e9800998ecf8427e"  # MD5 of no bytes (RFC 1321, A.5)


def row(source: Any = "file", sha256: str | None = None, backbone: str = "ResNet50") -> CatalogueRow:
    return CatalogueRow("known", ("A.h5", "a.h5"), backbone, source, sha256, "caffe", "", "", "ask the author")


def test_catalogue_is_sound() -> None:
    rows = catalogue()
    assert {(row.name, row.backbone) for row in rows} == {
        *(("imagenet", name) for name in PUBLISHED),
        *(("radimagenet", name) for name in ("ResNet50", "DenseNet121", "InceptionV3", "InceptionResNetV2")),
    }
    assert {row.pixels for row in rows} <= set(CONVENTIONS)
    assert all(row.pixels == BACKBONES[row.backbone].pixels for row in rows if row.name == "imagenet")
    assert all(row.pixels == "radimagenet" and row.source == "file" for row in rows if row.name == "radimagenet")
    assert {row.trained_at for row in rows} == {192, 224, 299, 300}
    trained_at = {row.backbone: row.trained_at for row in rows if row.name == "imagenet"}
    assert (trained_at["EfficientNetV2B0"], trained_at["EfficientNetV2S"]) == (192, 300)  # tested at 224 and 384
    assert all(len(row.sha256 or "0" * 64) == 64 and len(row.md5 or "0" * 32) == 32 for row in rows)
    assert all(row.license and row.citation and row.obtain for row in rows)
    files = [file for row in rows for file in row.files]
    assert len(files) == len(set(files))
    assert {"RadImageNet-IRV2_notop.h5", "RadImageNet-IRV2-notop.h5"} <= set(files)


QUICK = ["MobileNet", "MobileNet025", "MobileNetV2"]
SLOW = [name for name in PUBLISHED if name not in (*QUICK, "ConvNeXtBase", "EfficientNetV2S")]


@pytest.mark.parametrize("name", [*QUICK, *(pytest.param(name, marks=pytest.mark.slow) for name in SLOW)])
def test_the_last_name_is_the_one_that_keras_asks_for(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    (row,), asked = rows_of("imagenet", name), []

    def get_file(file: str, *_: Any, file_hash: str | None = None, **__: Any) -> None:
        asked.append((file, file_hash))
        raise LookupError

    monkeypatch.setattr("keras.src.utils.file_utils.get_file", get_file)
    with pytest.raises(LookupError):
        BACKBONES[name].application(include_top=False, weights="imagenet", input_shape=(224, 224, 3))
    ((file, checksum),) = asked
    assert file == row.files[-1]
    assert (row.sha256 or row.md5) in (None, checksum)


@pytest.mark.parametrize("row", [row for row in catalogue() if row.source == "keras" and (row.sha256 or row.md5)])
def test_checksums_are_those_in_the_source_of_keras(row: CatalogueRow) -> None:
    module = inspect.getmodule(getattr(keras.applications, row.backbone))
    assert f'"{row.sha256 or row.md5}"' in inspect.getsource(
        keras.src.applications.resnet if module is None or row.backbone == "ResNet50V2" else module
    )


def test_rows_of_a_name_and_of_a_backbone() -> None:
    assert [row.backbone for row in rows_of("radimagenet")][:2] == ["ResNet50", "DenseNet121"]
    assert [row.pixels for row in rows_of("imagenet", "DenseNet121")] == ["torch"]


@pytest.mark.parametrize(
    ("name", "backbone", "message"),
    [
        ("radimagnet", None, "'radimagnet' .*'radimagenet'"),
        ("imagenet", "resnet50", "'imagenet' .*'resnet50' .*'ResNet50'"),
        ("radimagenet", "MobileNet", r" ResNet50, DenseNet121, InceptionV3, InceptionResNetV2\.$"),
    ],
)
def test_what_the_catalogue_lacks_is_refused_with_the_nearest_words(
    name: str, backbone: str | None, message: str
) -> None:
    with pytest.raises(ExperimentError, match=message):
        rows_of(name, backbone)


def test_a_file_is_found_under_each_of_its_names(tmp_path: Path) -> None:
    assert find(row(), tmp_path) is None
    (tmp_path / "a.h5").touch()
    assert find(row(), tmp_path) == tmp_path / "a.h5"


def test_availability_of_a_file_to_be_obtained(tmp_path: Path) -> None:
    missing = availability(row(), tmp_path)
    assert (missing.status, missing.file) == ("missing", None)
    assert all(part in missing.problem for part in ("'known'", "ResNet50", "ask the author", "A.h5", str(tmp_path)))
    (tmp_path / "A.h5").touch()
    assert availability(row(), tmp_path).status == "found"
    assert availability(row(sha256=EMPTY_SUM), tmp_path).status == "found"
    refused = availability(row(sha256="0" * 64), tmp_path)
    assert (refused.status, refused.file) == ("refused", tmp_path / "A.h5")
    assert "files.ResNet50 in [weights.known]" in str(refused.problem)


def test_availability_of_what_keras_downloads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "cache"))
    assert availability(row("keras"), tmp_path).status == "keras"
    kept = tmp_path / "cache" / "models" / "a.h5"
    kept.parent.mkdir(parents=True)
    kept.touch()
    assert (availability(row("keras"), tmp_path).status, availability(row("keras"), tmp_path).file) == (
        "downloaded",
        kept,
    )
    (tmp_path / "A.h5").touch()
    assert (availability(row("keras"), tmp_path).status, availability(row("keras"), tmp_path).file) == (
        "found",
        tmp_path / "A.h5",
    )


@pytest.mark.parametrize("home", ["set", "unset"])
def test_the_cache_is_where_keras_looks(home: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keras finds the file without a download, because its URL is invalid."""
    if home == "set":
        monkeypatch.setattr("keras.src.backend.config._KERAS_DIR", str(tmp_path))
        monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    else:
        monkeypatch.setattr("keras.src.backend.config._KERAS_DIR", str(tmp_path / ".keras"))
        monkeypatch.delenv("KERAS_HOME", raising=False)
        monkeypatch.setenv("HOME", str(tmp_path))
        (tmp_path / ".keras").mkdir()
    kept = weight_catalogue._keras_cache() / "a.h5"
    kept.parent.mkdir(parents=True)
    kept.touch()
    assert Path(keras.utils.get_file("a.h5", "file:///nowhere/a.h5", cache_subdir="models")) == kept


def test_absent_files_are_named_in_one_line(tmp_path: Path) -> None:
    text = str(MissingFilesError([row(), row(backbone="DenseNet121")], tmp_path))
    assert re.search(r"'known' .*ResNet50, DenseNet121 .*ask the author.*A\.h5, A\.h5", text)
    assert "\n" not in text


def test_sum_is_checked_where_one_is_published(tmp_path: Path) -> None:
    (tmp_path / "A.h5").touch()
    assert check_sum(row(), tmp_path / "A.h5") == EMPTY_SUM
    assert check_sum(row(sha256=EMPTY_SUM), tmp_path / "A.h5") == EMPTY_SUM
    with pytest.raises(WeightsError, match=f"{EMPTY_SUM}.* 0000"):
        check_sum(row(sha256="0" * 64), tmp_path / "A.h5")


def test_md5_is_checked_where_keras_publishes_no_sha256(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "A.h5").touch()
    with_md5 = dataclasses.replace(row("keras"), md5=EMPTY_MD5)
    monkeypatch.setattr(weight_catalogue, "catalogue", lambda: (with_md5,))
    assert check_sum(with_md5, tmp_path / "A.h5") == EMPTY_SUM
    assert recognize(tmp_path / "A.h5", EMPTY_SUM, "ResNet50") == (with_md5, "sum")
    assert availability(with_md5, tmp_path).status == "found"
    other = dataclasses.replace(with_md5, md5="0" * 32)
    assert availability(other, tmp_path).status == "refused"
    with pytest.raises(WeightsError, match=f"{EMPTY_MD5}.* 0000"):
        check_sum(other, tmp_path / "A.h5")


def test_a_file_is_recognized_by_its_sum_before_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    named, summed = row(), CatalogueRow("other", ("B.h5",), "ResNet50", "file", EMPTY_SUM, "tf", "", "", "")
    monkeypatch.setattr(weight_catalogue, "catalogue", lambda: (named, summed))
    assert recognize(Path("A.h5"), EMPTY_SUM, "ResNet50") == (summed, "sum")
    assert recognize(Path("x/a.h5"), "1" * 64, "ResNet50") == (named, "name")
    assert recognize(Path("A.h5"), EMPTY_SUM, "DenseNet121") is None
    assert recognize(Path("mine.h5"), "1" * 64, "ResNet50") is None


def test_a_published_name_with_another_sum_has_no_known_size(monkeypatch: pytest.MonkeyPatch) -> None:
    summed = dataclasses.replace(row(sha256=EMPTY_SUM), trained_at=224)
    monkeypatch.setattr(weight_catalogue, "catalogue", lambda: (summed,))
    assert published_size(Path("mine.h5"), EMPTY_SUM, "ResNet50") == 224
    assert published_size(Path("A.h5"), "1" * 64, "ResNet50") is None
    monkeypatch.setattr(weight_catalogue, "catalogue", lambda: (dataclasses.replace(summed, sha256=None),))
    assert published_size(Path("A.h5"), "1" * 64, "ResNet50") == 224  # no sum is published


def test_a_file_is_hashed_once_until_it_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hashed = []
    monkeypatch.setattr(weight_catalogue, "sha256_of", lambda path: hashed.append(path) or sha256_of(path))
    file = tmp_path / "A.h5"
    file.touch()
    assert [known_sum(file), known_sum(file)] == [EMPTY_SUM] * 2
    assert len(hashed) == 1
    file.write_bytes(b"longer")
    assert known_sum(file) == sha256_of(file) != EMPTY_SUM
    file.write_bytes(b"Longer")
    os.utime(file, ns=(0, 0))
    assert known_sum(file) == sha256_of(file)
    assert len(hashed) == 3


def test_the_files_of_a_grid_are_found_without_reading_them(tmp_path: Path) -> None:
    row = next(row for row in catalogue() if row.name == "imagenet" and row.backbone == "ResNet50")
    published, mine = tmp_path / row.files[0], tmp_path / "mine.h5"
    for file in (published, mine):
        file.write_bytes(b"1")
    declared = {"own": {"ResNet50": mine, "MobileNet": tmp_path / "missing.h5"}}
    found = files_present(["imagenet", "own", "random"], ["ResNet50", "MobileNet"], declared, tmp_path)
    assert found == [published, mine]


def test_files_are_hashed_while_something_else_is_done(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "mine.h5"
    file.write_bytes(b"weights")
    with hashed_meanwhile([tmp_path / "missing.h5", file]):
        pass
    monkeypatch.setattr("radtl_tf.models.weights.catalogue.sha256_of", lambda path: 1 / 0)
    assert known_sum(file) == hashlib.sha256(b"weights").hexdigest()
