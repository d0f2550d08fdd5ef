"""weights list, verify and fetch, as a user types them."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from radtl_tf.models.backbones import BACKBONES, build_base
from radtl_tf.models.weight_catalogue import sha256_of
from radtl_tf.models.weight_file import write_weights


@pytest.fixture(autouse=True)
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Use an empty weights folder and an empty cache of Keras."""
    monkeypatch.setenv("RADTL_WEIGHTS", str(tmp_path))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "cache"))


def test_list_says_what_is_here_and_where_to_get_the_rest(tmp_path: Path, radtl: Any) -> None:
    (tmp_path / "RadImageNet-ResNet50-notop.h5").touch()  # its published sum is not that of an empty file
    (tmp_path / "RadImageNet-IRV2_notop.h5").touch()
    result = radtl("weights", "list")
    assert result.exit_code == 0
    lines = {tuple(line.split()[:2]): line for line in result.stdout.splitlines()}
    assert "refused" in lines["radimagenet", "ResNet50"]
    assert "missing" in lines["radimagenet", "DenseNet121"]
    assert f"found               CC-BY-4.0     {tmp_path}" in lines["radimagenet", "InceptionResNetV2"]
    assert "torch        Keras downloads it" in lines["imagenet", "DenseNet121"]
    assert f"Weights folder: {tmp_path}" in result.stderr
    assert result.stderr.count("www.radimagenet.com") == 1
    assert "get it again" in result.stderr


def test_list_is_json_for_a_machine(tmp_path: Path, radtl: Any) -> None:
    (tmp_path / "ImageNet-ResNet50_notop.h5").touch()
    rows = json.loads(radtl("weights", "list", "--json").stdout)
    found = {(row["name"], row["backbone"]): row for row in rows}
    assert found["imagenet", "ResNet50"]["file"] == str(tmp_path / "ImageNet-ResNet50_notop.h5")
    assert found["imagenet", "MobileNet"]["status"] == "keras"
    assert "CC-BY-4.0" in found["radimagenet", "InceptionV3"]["license"]
    assert "put RadImageNet-InceptionV3_notop.h5 into" in found["radimagenet", "InceptionV3"]["problem"]


def test_list_loads_no_keras() -> None:
    code = "from radtl_tf.cli.main import main; main(['weights', 'list'], standalone_mode=False)"
    check = f"{code}; import sys; sys.exit('keras' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", check], capture_output=True, check=False).returncode == 0


def test_verify_shows_what_a_file_holds(tmp_path: Path, tiny_backbone: str, radtl: Any) -> None:
    write_weights(tmp_path / "mine.h5", build_base(tiny_backbone, 32, seed=7))
    words = ["weights", "verify", tmp_path / "mine.h5", "--backbone", tiny_backbone]
    result = radtl(*words)
    assert result.exit_code == 0, result.output
    assert "mine.h5: accepted for Tiny" in result.stdout
    assert "6 layers: 18 tensors" in result.stdout
    assert sha256_of(tmp_path / "mine.h5") in result.stdout
    record = json.loads(radtl(*words, "--json").stdout)
    assert record["tensors"] == 18 and record["catalogue"] is None
    assert f"mean {record['golden']['mean']:.4g}, SD {record['golden']['sd']:.4g}, first" in result.stdout


def test_verify_warns(tmp_path: Path, tiny_backbone: str, radtl: Any) -> None:
    base = build_base(tiny_backbone, 32, seed=7)
    base.get_layer("conv2").kernel.assign(base.get_layer("conv2").kernel * 0)
    write_weights(tmp_path / "mine.h5", base)
    result = radtl("weights", "verify", tmp_path / "mine.h5", "--backbone", tiny_backbone)
    assert result.stderr == "Warning: The kernel of layer 'conv2' is zero everywhere.\n"


@pytest.mark.parametrize(
    ("content", "backbone", "line"),
    [
        (b"<!DOCTYPE html>", "Tiny", "(not HDF5): it looks like a web page, so the download went wrong."),
        (b"", "Tiny", "(not HDF5): it is empty."),
        (None, "Tiny", "(missing): there is no such file."),
        (b"", "Tinny", "Unknown backbone 'Tinny' (did you mean 'Tiny'?)"),
    ],
)
def test_a_refused_file_is_one_line_with_a_reason(
    content: bytes | None, backbone: str, line: str, tmp_path: Path, tiny_backbone: str, radtl: Any
) -> None:
    if content is not None:
        (tmp_path / "mine.h5").write_bytes(content)
    result = radtl("weights", "verify", tmp_path / "mine.h5", "--backbone", backbone, "--json")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("Error: ") and result.stderr.count("\n") == 1
    assert line in result.stderr


def test_fetch_of_what_has_to_be_obtained_says_where(tmp_path: Path, radtl: Any) -> None:
    (tmp_path / "RadImageNet-IRV2_notop.h5").touch()
    result = radtl("weights", "fetch", "radimagenet")
    assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (1, "", 1)
    assert "for ResNet50, DenseNet121, InceptionV3 are not here: ask for it at www.radimagenet.com" in result.stderr
    assert f"into {tmp_path}" in result.stderr
    here = radtl("weights", "fetch", "radimagenet", "--backbone", "InceptionResNetV2")
    assert (here.exit_code, here.stderr) == (0, "")
    assert str(tmp_path / "RadImageNet-IRV2_notop.h5") in here.stdout
    assert "did you mean 'radimagenet'" in radtl("weights", "fetch", "radimagnet").stderr


def replaced(application: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    row = BACKBONES["MobileNetV2"]
    monkeypatch.setitem(BACKBONES, "MobileNetV2", dataclasses.replace(row, application=application))


def test_fetch_lets_keras_download_and_says_where_the_file_is(
    tmp_path: Path, radtl: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = tmp_path / "cache" / "models" / "mobilenet_v2_weights_tf_dim_ordering_tf_kernels_1.0_224_no_top.h5"
    plain, calls = BACKBONES["MobileNetV2"].application, []

    def application(weights: str, **options: Any) -> Any:
        calls.append((weights, options["input_shape"]))
        kept.parent.mkdir(parents=True)
        kept.write_bytes(b"downloaded")
        return plain(weights=None, **options)

    replaced(application, monkeypatch)
    words = ["weights", "fetch", "imagenet", "--backbone", "MobileNetV2"]
    first, second = radtl(*words), radtl(*words)
    assert first.exit_code == 0, first.output
    assert first.stdout == second.stdout == f"MobileNetV2  {kept}  sha256 {sha256_of(kept)}\n"
    assert calls == [("imagenet", (224, 224, 3))]


def test_fetch_without_a_network_is_one_line(radtl: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def application(**_: Any) -> Any:
        raise Exception("URL fetch failure on ...: None -- [Errno -3] Temporary failure in name resolution")

    replaced(application, monkeypatch)
    result = radtl("weights", "fetch", "imagenet", "--backbone", "MobileNetV2")
    assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (1, "", 1)
    assert "go online once, or put ImageNet-MobileNetV2_notop.h5 into the weights folder" in result.stderr
