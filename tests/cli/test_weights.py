"""The commands ``weights list``, ``verify``, ``fetch`` and ``convert``."""

from __future__ import annotations

import dataclasses
import json
import re
import runpy
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import keras
import numpy as np
import pytest
from click.testing import Result

from radtl_tf.cli.weights import weights
from radtl_tf.models.backbones import BACKBONES, Backbone, build_base
from radtl_tf.models.pixels import CONVENTIONS, convention, to_network
from radtl_tf.models.weights.catalogue import CatalogueRow, sha256_of
from radtl_tf.models.weights.file import write_weights
from radtl_tf.models.weights.reader import read
from radtl_tf.places import PACKAGE

spoiled = SimpleNamespace(**runpy.run_path(str(Path(__file__).parents[1] / "models" / "spoiled.py")))
oracle = SimpleNamespace(**runpy.run_path(str(Path(__file__).parents[1] / "models" / "vit_oracle.py")))


@pytest.fixture(autouse=True)
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Use an empty weights folder and an empty cache of Keras."""
    monkeypatch.setenv("RADTL_WEIGHTS", str(tmp_path))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "cache"))


def test_list_says_what_is_here_and_where_to_get_the_rest(tmp_path: Path, radtl: Any) -> None:
    (tmp_path / "RadImageNet-ResNet50-notop.h5").touch()  # its published sha256 differs from that of an empty file
    (tmp_path / "RadImageNet-IRV2_notop.h5").touch()
    result = radtl("weights", "list")
    assert result.exit_code == 0
    lines = {tuple(line.split()[:2]): line for line in result.stdout.splitlines()}
    assert "refused" in lines["radimagenet", "ResNet50"]
    assert "missing" in lines["radimagenet", "DenseNet121"]
    assert re.search(rf"found +CC-BY-4\.0 +{tmp_path}", lines["radimagenet", "InceptionResNetV2"])
    assert re.search("torch +Keras", lines["imagenet", "DenseNet121"])
    assert str(tmp_path) in result.stderr
    assert result.stderr.count("www.radimagenet.com") == 1


def test_list_is_json_for_a_machine(tmp_path: Path, radtl: Any) -> None:
    (tmp_path / "ImageNet-ResNet50_notop.h5").touch()
    rows = json.loads(radtl("weights", "list", "--json").stdout)["weights"]
    found = {(row["name"], row["backbone"]): row for row in rows}
    assert found["imagenet", "ResNet50"]["file"] == str(tmp_path / "ImageNet-ResNet50_notop.h5")
    assert found["imagenet", "MobileNet"]["status"] == "keras"
    assert "CC-BY-4.0" in found["radimagenet", "InceptionV3"]["license"]
    assert "RadImageNet-InceptionV3_notop.h5" in found["radimagenet", "InceptionV3"]["problem"]


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
    assert "matched       6 layers: 18 tensors, " in result.stdout
    assert "missing       nothing" in result.stdout and "left over     nothing" in result.stdout
    assert re.search(r"catalogue +not listed.*\[weights\.NAME\]", result.stdout)
    assert sha256_of(tmp_path / "mine.h5") in result.stdout
    record = json.loads(radtl(*words, "--json").stdout)
    assert record["tensors"] == 18 and record["catalogue"] is None
    assert f"mean {record['golden']['mean']:.4g}, SD {record['golden']['sd']:.4g}, first" in result.stdout


def test_verify_takes_the_folder_of_a_vision_transformer(tmp_path: Path, tiny_transformer: str, radtl: Any) -> None:
    oracle.write_folder(tmp_path / "mine")
    words = ["weights", "verify", tmp_path / "mine", "--backbone"]
    result = radtl(*words, tiny_transformer)
    assert result.exit_code == 0, result.output
    assert sha256_of(tmp_path / "mine" / "model.safetensors") in result.stdout
    assert re.search(r"pixels +unknown", result.stdout) and re.search(r"golden image +98 px", result.stdout)
    pixels = {"image_mean": [0.5307] * 3, "image_std": [0.2583] * 3}
    (tmp_path / "mine" / "preprocessor_config.json").write_text(json.dumps(pixels))
    assert re.search(r"pixels +mean0\.5307sd0\.2583", radtl(*words, tiny_transformer).stdout)


def test_verify_refuses_folders_of_other_networks_in_one_line(
    tmp_path: Path, tiny_transformer: str, radtl: Any
) -> None:
    (tmp_path / "no-preset").mkdir()
    changes: dict[str, dict[str, Any]] = {
        "width": {"hidden_size": 48},
        "architecture": {"model_type": "vit"},
        "patches": {"patch_size": 16},
        "tensors": {"image_size": 84},  # 6 x 6 patches, but the file has positions of 5 x 5
    }
    for name, change in changes.items():
        oracle.write_folder(tmp_path / name, **change)
    expected = {"no-preset": "config.json", "width": "hidden_size = 48", "architecture": "'vit'"}
    expected |= {"patches": "patch_size = 16", "tensors": "shape"}
    for name, part in expected.items():
        refused = radtl("weights", "verify", tmp_path / name, "--backbone", tiny_transformer)
        assert refused.exit_code == 1 and refused.stdout == "", name
        assert part in refused.stderr and refused.stderr.count("\n") == 1, (name, refused.stderr)


def test_verify_warns(tmp_path: Path, tiny_backbone: str, radtl: Any) -> None:
    base = build_base(tiny_backbone, 32, seed=7)
    base.get_layer("conv2").kernel.assign(base.get_layer("conv2").kernel * 0)
    write_weights(tmp_path / "mine.h5", base)
    result = radtl("weights", "verify", tmp_path / "mine.h5", "--backbone", tiny_backbone)
    assert re.fullmatch("Warning: .*'conv2' .*\n", result.stderr)


def test_verify_says_what_the_catalogue_knows(
    tmp_path: Path, tiny_backbone: str, radtl: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A row without license and citation is valid."""
    file = tmp_path / "mine.h5"
    write_weights(file, build_base(tiny_backbone, 32, seed=7))
    row = CatalogueRow("known", ("mine.h5",), tiny_backbone, "file", None, "caffe", "", "", "ask the author")
    for sha256, words in {None: "only the file name", "0" * 64: "only the file name", sha256_of(file): "same"}.items():
        rows = (dataclasses.replace(row, sha256=sha256),)
        monkeypatch.setattr("radtl_tf.models.weights.catalogue.catalogue", lambda rows=rows: rows)
        lines = radtl("weights", "verify", file, "--backbone", tiny_backbone).stdout.splitlines()
        (place,) = (at for at, line in enumerate(lines) if re.match(f"catalogue +known, .*{words}", line))
        assert re.match("pixels +caffe", lines[place + 1]) and re.match("license +not", lines[place + 2])
    assert re.search("found +not", radtl("weights", "list").stdout)


def small_network(*, input_shape: tuple[int, int, int], **_: Any) -> keras.Model:
    """Return the network for the damaged files."""
    layers = keras.layers
    images = keras.Input(input_shape)
    first = layers.BatchNormalization(name="bn1")(layers.Conv2D(4, 3, name="conv1")(images))
    second = layers.Conv2D(4, 1, use_bias=False, name="conv2_a")(first)
    last = layers.Conv2D(4, 1, use_bias=False, name="conv2_b")(second)
    return keras.Model(images, layers.GlobalAveragePooling2D()(last))


@pytest.fixture
def verify_small(tmp_path: Path, radtl: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[[], Result]:
    """Return a function that verifies the small file."""
    monkeypatch.setitem(BACKBONES, "Small", Backbone("Small", small_network, "tf", 16, True, 4))
    return lambda: radtl("weights", "verify", tmp_path / "small.h5", "--backbone", "Small", "--json")


def check_refused(result: Result, reason: str) -> None:
    assert result.exit_code == 1
    assert json.loads(result.stdout)["error"]["type"] == "WeightsError"
    assert isinstance(result.exception, SystemExit)  # no traceback
    assert result.stderr.startswith("Error: Weights file ") and result.stderr.count("\n") == 1
    assert re.search(rf"small\.h5 refused {reason}", result.stderr)


WAYS = [False, pytest.param(True, marks=pytest.mark.slow)]


@pytest.mark.parametrize("apart", WAYS, ids=["here", "apart"])
@pytest.mark.parametrize("name", spoiled.TABLE)
def test_a_spoiled_file_is_refused_in_one_line(
    name: str, apart: bool, tmp_path: Path, verify_small: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not apart:  # starting a process for each costs a minute
        monkeypatch.setattr("radtl_tf.models.weights.file.read_apart", read)
    code, spoil = spoiled.TABLE[name]
    spoiled.write_small(tmp_path / "small.h5", spoil)
    check_refused(verify_small(), rf"\({code}\): ")


@pytest.mark.parametrize("name", [name for name in spoiled.FILES if name != "folder"])  # click refuses a folder
def test_what_is_no_weights_file_is_refused_in_one_line(name: str, tmp_path: Path, verify_small: Any) -> None:
    reason, spoil = spoiled.FILES[name]
    spoil(spoiled.write_small(tmp_path / "small.h5"))
    check_refused(verify_small(), reason)


def test_the_small_file_is_accepted_unspoiled(tmp_path: Path, verify_small: Any) -> None:
    spoiled.write_small(tmp_path / "small.h5")
    assert json.loads(verify_small().stdout)["matched"] == ["conv1", "bn1", "conv2_a", "conv2_b"]


def test_an_unknown_backbone_is_one_line(tmp_path: Path, tiny_backbone: str, radtl: Any) -> None:
    result = radtl("weights", "verify", tmp_path / "mine.h5", "--backbone", "Tinny")
    assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (1, "", 1)
    assert re.search("'Tinny' .*'Tiny'", result.stderr)


@pytest.fixture
def settled(tmp_path: Path, tiny_backbone: str, radiographs_in: Any) -> list[str]:
    """Write 60 radiographs and weights with their batch statistics in the convention ``torch``; return the command."""
    radiographs_in(tmp_path)
    base = build_base(tiny_backbone, 40, seed=7)
    for layer in base.layers:
        layer.momentum = 0.0  # the moving statistics are those of the last batch
    grey = np.random.default_rng(0).uniform(20, 200, (30, 5, 5, 1)).repeat(8, 1).repeat(8, 2) / 255
    base(to_network(grey, convention("torch")), training=True)
    write_weights(tmp_path / "mine.h5", base)
    return ["weights", "verify", str(tmp_path / "mine.h5"), "--backbone", tiny_backbone]


def test_verify_scores_conventions_on_ones_own_images(settled: list[str], tmp_path: Path, radtl: Any) -> None:
    (tmp_path / "images" / "000.png").write_bytes(b"broken")
    words = [*settled, "--images", tmp_path / "images", "--image-size", 40, "--resize", "stretch"]
    result = radtl(*words)
    assert result.exit_code == 0, result.output
    assert re.search(r"\b59 of 60 images, 40 px, .*stretch", result.stderr)
    assert "Warning: 1 of 60 images " in result.stderr
    assert "000.png" not in result.output  # a file name can be a patient's name
    table = result.stdout.split("\n\n")[1].splitlines()
    assert table[0].split() == ["convention", "agreement", "spread", "shrunk", "meaning"]
    assert table[1].split()[0] == "torch" and table[1].endswith(" -2.118 to 2.64")
    assert table[6].startswith("best: torch; ")
    record = json.loads(radtl(*words, "--json").stdout)["conventions"]
    assert (record["best"], record["declared"], record["agrees"]) == ("torch", None, None)
    assert [f"{score['agreement']:.3f}" for score in record["scores"]] == [line.split()[1] for line in table[1:6]]


@pytest.mark.parametrize(
    ("pixels", "words"),
    [("torch", "agrees"), ("tf", "says tf")],
)
def test_the_declared_convention_is_compared(
    pixels: str, words: str, settled: list[str], tmp_path: Path, radtl: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = CatalogueRow("known", ("mine.h5",), settled[-1], "file", None, pixels, "", "", "ask the author")
    monkeypatch.setattr("radtl_tf.models.weights.catalogue.catalogue", lambda: (row,))
    result = radtl(*settled, "--images", tmp_path / "images", "--image-size", 40)
    assert re.search(f"best: torch; .*{words}", result.stdout)


def test_images_beyond_the_most_are_left_out_evenly(
    settled: list[str], tmp_path: Path, radtl: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("radtl_tf.experiment.weights.verify.MAX_IMAGES", 4)
    for number in (0, 19, 39, 59):
        (tmp_path / "images" / f"{number:03}.png").write_bytes(b"broken")
    result = radtl(*settled, "--images", tmp_path / "images")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "Warning: 4 of 4 images " in result.stderr
    assert result.stderr.splitlines()[-1].startswith("Error: ")


@pytest.mark.parametrize(
    ("words", "code", "line"),
    [
        (["--image-size", "40"], 2, "--image-size"),
        (["--resize", "pad"], 2, "--resize"),
        (["--images", "images", "--image-size", "0"], 2, "--image-size"),
        (["--images", "images", "--resize", "pat"], 2, "--resize"),
        (["--images", "nowhere"], 1, "nowhere"),
    ],
)
def test_options_that_make_no_sense_are_refused(
    words: list[str], code: int, line: str, settled: list[str], tmp_path: Path, radtl: Any, monkeypatch: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    result = radtl(*settled, *words)
    assert (result.exit_code, result.stdout) == (code, "")
    assert line in result.stderr


def test_weights_that_were_never_trained_cannot_be_scored(
    tmp_path: Path, tiny_backbone: str, radtl: Any, radiographs_in: Any
) -> None:
    radiographs_in(tmp_path)
    write_weights(tmp_path / "mine.h5", build_base(tiny_backbone, 32, seed=7))
    words = ["weights", "verify", tmp_path / "mine.h5", "--backbone", tiny_backbone]
    result = radtl(*words, "--images", tmp_path / "images", "--image-size", 32)
    assert result.exit_code == 1 and "never trained" in result.stderr.splitlines()[-1]


def test_fetch_of_what_has_to_be_obtained_says_where(tmp_path: Path, radtl: Any) -> None:
    (tmp_path / "RadImageNet-IRV2_notop.h5").touch()
    result = radtl("weights", "fetch", "radimagenet")
    assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (1, "", 1)
    assert re.search(rf" ResNet50, DenseNet121, InceptionV3 .*www\.radimagenet\.com.* {tmp_path}", result.stderr)
    here = radtl("weights", "fetch", "radimagenet", "--backbone", "InceptionResNetV2")
    assert (here.exit_code, here.stderr) == (0, "")
    assert str(tmp_path / "RadImageNet-IRV2_notop.h5") in here.stdout
    assert "'radimagenet'" in radtl("weights", "fetch", "radimagnet").stderr


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
    assert "ImageNet-MobileNetV2_notop.h5" in result.stderr


def test_convert_refuses_a_pickle_in_one_line(tmp_path: Path, radtl: Any) -> None:
    (tmp_path / "net.pth").write_bytes(b"PK")
    words = ["--backbone", "ResNet50Torch", "--pixels", "torch", "--out", tmp_path / "net.h5"]
    result = radtl("weights", "convert", tmp_path / "net.pth", *words)
    assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (1, "", 1)
    assert "torch.load('net.pth'" in result.stderr and "'net.safetensors'" in result.stderr


DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "how-to" / "weights.md").read_text(encoding="utf-8")


def test_the_commands_of_the_page_are_commands() -> None:
    commands = [line.partition("#")[0].split() for line in re.findall(r"^radtl (weights .*)$", PAGE, re.MULTILINE)]
    assert {words[1] for words in commands} == set(weights.commands)
    for _, verb, *words in commands:
        weights.commands[verb].make_context(verb, words)


def test_the_page_explains_every_refusal() -> None:
    source = "".join(path.read_text() for path in PACKAGE.glob("models/weights/*.py"))
    codes = set(re.findall(r"refusal\(\s*\"([^\"]+)\"", source)) | set(re.findall(r"code = \"(\w+)\" if", source))
    section = PAGE.partition("## Why a file is refused")[2].partition("\n## ")[0]
    assert set(re.findall(r"^\| `([^`]+)` \|", section, re.MULTILINE)) == codes


def test_the_page_has_every_convention_with_its_range() -> None:
    page = (DOCS / "explanation" / "pixel-conventions.md").read_text(encoding="utf-8")
    for row in CONVENTIONS.values():
        assert f"| `{row.name}` | {row.channels} | {row.low:.4g} to {row.high:.4g} |" in page
