from __future__ import annotations

import dataclasses
import socket
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from radtl_tf.errors import ExperimentError, WeightsError
from radtl_tf.models.backbones import BACKBONES, build_base
from radtl_tf.models.weights import catalogue as weight_catalogue
from radtl_tf.models.weights import sources as weight_sources
from radtl_tf.models.weights.catalogue import CatalogueRow, sha256_of
from radtl_tf.models.weights.file import write_weights
from radtl_tf.models.weights.sources import WeightsRecord, fetch, initialize, resolve
from radtl_tf.records.experiment import WeightsEntry


def values(base: keras.Model) -> list[np.ndarray]:
    return [keras.ops.convert_to_numpy(weight) for weight in base.weights]


def equal(first: keras.Model, second: keras.Model) -> bool:
    return all(np.array_equal(a, b) for a, b in zip(values(first), values(second), strict=True))


@pytest.fixture
def published(tiny_backbone: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return a function that adds the tiny backbone to the catalogue."""

    def add(source: str = "file", sha256: str | None = None) -> None:
        row = CatalogueRow("known", ("A.h5", "a.h5"), tiny_backbone, source, sha256, "caffe", "", "", "ask the author")
        for module in (weight_sources, weight_catalogue):
            monkeypatch.setattr(module, "catalogue", lambda: (row,))

    return add


def test_random_takes_the_pixels_of_the_backbone(tmp_path: Path) -> None:
    record = resolve("random", "DenseNet121", entries={}, folder=tmp_path)
    assert record == WeightsRecord("random", "DenseNet121", "random", None, "torch", "torch", None)


def test_random_is_drawn_from_the_seed(tmp_path: Path, tiny_backbone: str) -> None:
    base = build_base(tiny_backbone, 32, seed=1)
    initialize(base, resolve("random", tiny_backbone, entries={}, folder=tmp_path), seed=8)
    assert equal(base, build_base(tiny_backbone, 32, seed=8))


def test_declared_file_comes_first(tmp_path: Path, tiny_backbone: str, published: Any) -> None:
    published()
    for seed, name in enumerate(("A.h5", "mine.h5")):
        write_weights(tmp_path / name, build_base(tiny_backbone, 32, seed=seed))
    entry = WeightsEntry(files={tiny_backbone: tmp_path / "mine.h5"}, pixels="tf")
    record = resolve("known", tiny_backbone, entries={"known": entry}, folder=tmp_path)
    assert (record.source, record.file, record.pixels) == ("file", tmp_path / "mine.h5", "tf")
    assert record.sha256 == sha256_of(tmp_path / "mine.h5")
    base = build_base(tiny_backbone, 32, seed=5)
    initialize(base, record, seed=5)
    assert equal(base, build_base(tiny_backbone, 32, seed=1))


@pytest.mark.parametrize("source", ["file", "keras"])
@pytest.mark.parametrize("name", ["A.h5", "a.h5"])
def test_published_file_in_the_folder_comes_next(
    tmp_path: Path, tiny_backbone: str, published: Any, source: str, name: str
) -> None:
    published(source)
    write_weights(tmp_path / name, build_base(tiny_backbone, 32, seed=1))
    record = resolve("known", tiny_backbone, entries={}, folder=tmp_path)
    assert (record.source, record.file, record.pixels) == ("file", tmp_path / name, "caffe")


def test_entry_without_files_changes_the_pixels_only(tmp_path: Path) -> None:
    entries = {"imagenet": WeightsEntry(pixels="zero_one")}
    record = resolve("imagenet", "ResNet50", entries=entries, folder=tmp_path)
    assert (record.source, record.pixels, record.native_pixels) == ("keras", "zero_one", "zero_one")


def test_other_pixels_are_recorded_beside_the_native_ones(tmp_path: Path) -> None:
    record = resolve("imagenet", "ResNet50", entries={}, pixels="radimagenet", folder=tmp_path)
    assert (record.pixels, record.native_pixels) == ("radimagenet", "caffe")


def test_missing_file_says_where_to_get_it_and_where_to_put_it(tmp_path: Path) -> None:
    with pytest.raises(WeightsError) as caught:
        resolve("radimagenet", "InceptionResNetV2", entries={}, folder=tmp_path)
    assert "www.radimagenet.com" in str(caught.value)
    assert "RadImageNet-IRV2_notop.h5" in str(caught.value) and str(tmp_path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_other_sum_than_the_published_one_is_refused_unless_declared(
    tmp_path: Path, tiny_backbone: str, published: Any
) -> None:
    published(sha256="0" * 64)
    write_weights(tmp_path / "A.h5", build_base(tiny_backbone, 32, seed=1))
    with pytest.raises(WeightsError, match=r"\b0000.*files\.Tiny"):
        resolve("known", tiny_backbone, entries={}, folder=tmp_path)
    entries = {"known": WeightsEntry(files={tiny_backbone: tmp_path / "A.h5"})}
    assert resolve("known", tiny_backbone, entries=entries, folder=tmp_path).pixels == "caffe"


@pytest.mark.parametrize(
    ("name", "entry", "error", "named"),
    [
        ("radimagnet", None, ExperimentError, "'radimagnet' .*'radimagenet'"),
        ("mine", WeightsEntry(files={"ResNet50": Path("x.h5")}), ExperimentError, r"pixels .*weights\.mine"),
        ("mine", WeightsEntry(files={"ResNet50": Path("x.h5")}, pixels="tf"), WeightsError, r"x\.h5"),
        ("mine", WeightsEntry(pixels="tf"), WeightsError, r"files\.ResNet50"),
        ("mine", WeightsEntry(pixels="cafe"), ExperimentError, "'caffe'"),
    ],
)
def test_impossible_weights_are_refused(
    tmp_path: Path, name: str, entry: WeightsEntry | None, error: type[Exception], named: str
) -> None:
    with pytest.raises(error, match=named):
        resolve(name, "ResNet50", entries={name: entry} if entry else {}, folder=tmp_path)


def test_changed_file_is_refused_and_assigns_nothing(tmp_path: Path, tiny_backbone: str) -> None:
    write_weights(tmp_path / "mine.h5", build_base(tiny_backbone, 32, seed=1))
    entries = {"mine": WeightsEntry(files={tiny_backbone: tmp_path / "mine.h5"}, pixels="tf")}
    record = resolve("mine", tiny_backbone, entries=entries, folder=tmp_path)
    write_weights(tmp_path / "mine.h5", build_base(tiny_backbone, 32, seed=2))
    base = build_base(tiny_backbone, 32, seed=3)
    with pytest.raises(WeightsError, match=r"mine\.h5 .*changed"):
        initialize(base, record, seed=3)
    assert equal(base, build_base(tiny_backbone, 32, seed=3))


def test_catalogued_sum_is_read_in_this_process(
    tmp_path: Path, tiny_backbone: str, published: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_weights(tmp_path / "A.h5", build_base(tiny_backbone, 32, seed=1))
    published(sha256=sha256_of(tmp_path / "A.h5"))
    monkeypatch.setattr("radtl_tf.models.weights.file.read_apart", lambda *_: pytest.fail("read apart"))
    base = build_base(tiny_backbone, 32, seed=3)
    initialize(base, resolve("known", tiny_backbone, entries={}, folder=tmp_path), seed=3)
    assert equal(base, build_base(tiny_backbone, 32, seed=1))


def replaced(name: str, application: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(BACKBONES, name, dataclasses.replace(BACKBONES[name], application=application))


def test_keras_own_download_is_copied(
    tmp_path: Path, tiny_backbone: str, published: Any, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    published("keras")
    plain = BACKBONES[tiny_backbone].application

    def application(weights: str | None, **options: Any) -> keras.Model:
        if weights is None:
            return plain(weights=None, **options)
        print("Downloading")
        assert weights == "imagenet" and options["input_shape"] == (224, 224, 3) and socket.getdefaulttimeout() == 10
        model = plain(weights=None, **options)
        for weight in model.weights:
            weight.assign(keras.ops.full(weight.shape, 7))
        return model

    replaced(tiny_backbone, application, monkeypatch)
    base = build_base(tiny_backbone, 32, seed=3)
    initialize(base, resolve("known", tiny_backbone, entries={}, folder=tmp_path), seed=3)
    assert all((value == 7).all() for value in values(base))
    assert capsys.readouterr().out == ""
    assert socket.getdefaulttimeout() is None


def test_failed_download_is_one_polite_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    base = build_base("MobileNet", 32, seed=3)
    record = resolve("imagenet", "MobileNet", entries={}, folder=tmp_path)

    def application(**_: Any) -> keras.Model:
        raise Exception("URL fetch failure on ...: None -- [Errno -3] Temporary failure in name resolution")

    replaced("MobileNet", application, monkeypatch)
    with pytest.raises(WeightsError, match=r"ImageNet-MobileNet_notop\.h5"):
        initialize(base, record, seed=3)
    monkeypatch.undo()
    assert equal(base, build_base("MobileNet", 32, seed=3))


def test_a_file_is_hashed_once_for_all_conventions(
    tmp_path: Path, tiny_backbone: str, published: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    published()
    write_weights(tmp_path / "A.h5", build_base(tiny_backbone, 32, seed=1))
    hashed = []
    monkeypatch.setattr(weight_catalogue, "sha256_of", lambda path: hashed.append(path) or sha256_of(path))
    records = [resolve("known", tiny_backbone, entries={}, pixels=name, folder=tmp_path) for name in ("tf", "torch")]
    assert {record.sha256 for record in records} == {sha256_of(tmp_path / "A.h5")}
    assert len(hashed) == 1


def test_fetch_gives_no_missing_or_refused_file(tmp_path: Path, published: Any, tiny_backbone: str) -> None:
    published(sha256="0" * 64)
    with pytest.raises(WeightsError, match="'known' .*Tiny .*ask the author"):
        list(fetch("known", None, folder=tmp_path))
    write_weights(tmp_path / "A.h5", build_base(tiny_backbone, 32, seed=1))
    with pytest.raises(WeightsError, match=r"\b0000"):
        list(fetch("known", None, folder=tmp_path))


def test_fetch_says_when_keras_kept_no_file(
    tmp_path: Path, tiny_backbone: str, published: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    published("keras")
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    plain = BACKBONES[tiny_backbone].application
    replaced(tiny_backbone, lambda **options: plain(**{**options, "weights": None}), monkeypatch)
    with pytest.raises(WeightsError, match=r"\ba\.h5"):
        list(fetch("known", tiny_backbone, folder=tmp_path))


def test_kernel_of_zeros_is_logged(tmp_path: Path, tiny_backbone: str, caplog: Any) -> None:
    base = build_base(tiny_backbone, 32, seed=1)
    kernel = base.get_layer("conv3").kernel
    kernel.assign(keras.ops.zeros(kernel.shape))
    write_weights(tmp_path / "mine.h5", base)
    entries = {"mine": WeightsEntry(files={tiny_backbone: tmp_path / "mine.h5"}, pixels="tf")}
    initialize(base, resolve("mine", tiny_backbone, entries=entries, folder=tmp_path), seed=0)
    assert "'conv3'" in caplog.text


def test_the_record_beside_a_file_names_its_pixels(tmp_path: Path, tiny_backbone: str) -> None:
    file = tmp_path / "mine.h5"
    write_weights(file, build_base(tiny_backbone, 32, seed=1))
    entries = {"mine": WeightsEntry(files={tiny_backbone: file})}
    with pytest.raises(ExperimentError, match="'mine' .*pixel"):
        resolve("mine", tiny_backbone, entries=entries, folder=tmp_path)
    record = tmp_path / "mine.h5.json"
    record.write_text('{"pixels": "torch"}')
    assert resolve("mine", tiny_backbone, entries=entries, folder=tmp_path).native_pixels == "torch"
    said = {"mine": WeightsEntry(files={tiny_backbone: file}, pixels="caffe")}
    assert resolve("mine", tiny_backbone, entries=said, folder=tmp_path).native_pixels == "caffe"
    record.write_text("none")
    with pytest.raises(WeightsError, match=r"mine\.h5\.json"):
        resolve("mine", tiny_backbone, entries=entries, folder=tmp_path)


def test_an_entry_takes_known_weights_under_its_own_name(tmp_path: Path) -> None:
    entries = {"convnext": WeightsEntry(use="imagenet"), "scratch": WeightsEntry(use="random", pixels="tf")}
    known = resolve("convnext", "ConvNeXtTiny", entries=entries, folder=tmp_path)
    assert (known.name, known.source, known.pixels) == ("convnext", "keras", "torch")
    drawn = resolve("scratch", "ResNet50", entries=entries, folder=tmp_path)
    assert (drawn.name, drawn.source, drawn.pixels) == ("scratch", "random", "tf")


def test_a_missing_folder_is_said_before_its_pixels(tmp_path: Path) -> None:
    entries = {"mine": WeightsEntry(files={"DINOv2Small": tmp_path / "gone"})}
    with pytest.raises(WeightsError, match="gone"):
        resolve("mine", "DINOv2Small", entries=entries, folder=tmp_path)
