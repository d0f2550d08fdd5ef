"""Every option of every command has an effect, or is refused."""

from __future__ import annotations

import functools
import importlib
import shlex
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import click
import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from radtl_tf.cli.main import main
from radtl_tf.data.decoding.reading import Outcome
from radtl_tf.data.decoding.worker_pool import read_all
from radtl_tf.data.manifest.paths import ImageFile
from radtl_tf.records.disk import write_json
from radtl_tf.records.reader import as_dict, read_experiment

# For each command: a valid call, or one that becomes valid with an entry; then, for each option, the words in which it
# has an effect. Words before " + " are in both calls that are compared; words after it contain the option.
# options that say what the labels of a table mean, of verbs whose call names none of them
OF_LABELS = {
    "--label": "--positive p + --label other",
    "--label-separator": "--kind multilabel --label finding + --label-separator |",
    "--positive": "+ --positive sick",
    "--kind": "+ --kind multiclass",
    "--class": "--kind multilabel --label finding --label-separator | + --class x --class y",
    "--label-unit": "--label gap --missing ignore + --label-unit years",
    "--patient": "--positive sick + --patient other",
    "--patient-pattern": r"--positive sick + --patient-pattern '(\d)\.'",
    "--one-image-per-patient": "--positive sick + --one-image-per-patient",
    "--unit": "--positive sick + --unit patient",
    "--missing": "--positive 1 --label gap + --missing no",
    "--uncertain": "--positive 1 --label unsure + --uncertain yes",
    "--images": "--positive sick + --images more",
    "--depth": "--positive sick + --depth 12",
    "--path-column": "--positive sick + --path-column bare",
    "--suffix": "--positive sick --path-column bare + --suffix .png",
    "--encoding": "--positive sick + --encoding utf-16",
    "--column": "--positive sick + --column site=finding",
}
TABLE: dict[str, tuple[str, dict[str, str]]] = {
    "demo": ("demo", {"--out": "+ --out out2"}),
    "doctor": ("doctor", {"--json": "+ --json"}),
    "init": (
        "init --manifest labels.csv --out out1",
        {
            "--preset": "--positive sick + --preset mei2022",
            "--manifest": "--positive sick + --manifest more/labels.csv",
            **OF_LABELS,
            "--out": "--positive sick + --out out2",
        },
    ),
    "data build": (
        "data build --out out1",
        {
            "--out": "labels.csv --one-image-per-patient --positive sick + --out out2",
            "--manual-dir": "aariz + --manual-dir more",
            "--label": "labels.csv --one-image-per-patient --positive p + --label other",
            "--label-separator": "labels.csv --one-image-per-patient --label finding --positive x "
            "+ --label-separator |",
            "--positive": "labels.csv --one-image-per-patient + --positive sick",
            "--kind": "labels.csv --one-image-per-patient + --kind multiclass",
            "--class": "labels.csv --one-image-per-patient --kind multilabel --label finding --label-separator | "
            "+ --class x --class y",
            "--label-unit": "labels.csv --one-image-per-patient --label gap --missing ignore + --label-unit years",
            "--patient": "labels.csv --positive sick --unit image + --patient patient_id",
            "--patient-pattern": r"labels.csv --positive sick --unit image + --patient-pattern '(\d)\.'",
            "--one-image-per-patient": "labels.csv --positive sick + --one-image-per-patient",
            "--unit": "labels.csv --positive sick --patient patient_id + --unit image",
            "--missing": "labels.csv --one-image-per-patient --positive 1 --label gap + --missing ignore",
            "--uncertain": "labels.csv --one-image-per-patient --positive 1 --label unsure + --uncertain no",
            "--images": "labels.csv --one-image-per-patient --positive sick + --images more",
            "--depth": "labels.csv --one-image-per-patient --positive sick + --depth 12",
            "--path-column": "labels.csv --one-image-per-patient --positive sick + --path-column bare",
            "--suffix": "labels.csv --one-image-per-patient --positive sick --path-column bare + --suffix .png",
            "--encoding": "labels.csv --one-image-per-patient --positive sick + --encoding utf-16",
            "--column": "labels.csv --one-image-per-patient --positive sick + --column site=finding",
        },
    ),
    "data check": (
        "data check labels.csv",
        {
            "--label": "+ --label other",
            "--label-separator": "--all --label finding + --label-separator |",
            "--positive": "+ --positive nobody",
            "--kind": "--positive sick + --kind multiclass",
            "--class": "--all --label finding --label-separator | + --class x --class y",
            "--label-unit": "--label gap --missing ignore --one-image-per-patient --folds 2 + --label-unit years",
            "--patient": "+ --patient patient_id",
            "--patient-pattern": r"+ --patient-pattern '(\d)\.'",
            "--one-image-per-patient": "+ --one-image-per-patient",
            "--unit": "--patient patient_id --folds 2 + --unit patient",
            "--missing": "--positive 1 --label gap + --missing ignore",
            "--uncertain": "--positive 1 --label unsure + --uncertain yes",
            "--images": "--all + --images more",
            "--depth": "+ --depth 4",
            "--path-column": "+ --path-column bare",
            "--suffix": "--path-column bare + --suffix .png",
            "--encoding": "+ --encoding utf-16",
            "--column": "+ --column site=finding",
            "--all": "+ --all",
            "--folds": "--patient patient_id + --folds 2",
            "--seed": "--all --patient patient_id --folds 2 + --seed 1",
            "--out": "+ --out out1",
            "--json": "+ --json",
        },
    ),
    "data fix": (
        "data fix labels.csv --out out1",
        {
            "--out": "+ --out out2",
            "--label": "+ --label nobody",
            "--patient": "+ --patient nobody",
            "--patient-pattern": "+ --patient-pattern nobody",
            "--images": "+ --images images",
            "--path-column": "+ --path-column bare",
            "--suffix": "--path-column bare + --suffix .png",
            "--encoding": "+ --encoding utf-16",
        },
    ),
    "data preview": (
        "data preview labels.csv --per-class 2 --out out1",
        {
            "--label": "--kind multiclass + --label other",
            "--label-separator": "--kind multilabel --label finding + --label-separator |",
            "--positive": "+ --positive sick",
            "--kind": "+ --kind multiclass",
            "--class": "--kind multilabel --label finding --label-separator | + --class x --class y",
            "--label-unit": "--label gap --missing ignore + --label-unit years",
            "--patient": "--kind multiclass --per-class 9 + --patient patient_id",
            "--patient-pattern": r"--kind multiclass --per-class 9 + --patient-pattern '(\d)\.'",
            "--one-image-per-patient": "--positive sick + --one-image-per-patient",
            "--unit": "--positive sick + --unit image",
            "--missing": "--positive 1 --label gap + --missing no",
            "--uncertain": "--positive 1 --label unsure + --uncertain ignore",
            "--images": "--positive sick + --images more",
            "--depth": "--positive sick + --depth 12",
            "--path-column": "--positive sick + --path-column bare",
            "--suffix": "--positive sick --path-column bare + --suffix .png",
            "--encoding": "--positive sick + --encoding utf-16",
            "--out": "--positive sick + --out out2",
            "--image-size": "--positive sick + --image-size 64",
            "--resize": "--positive sick + --resize stretch",
            "--augmentation": "--positive sick + --augmentation published",
            "--views": "--positive sick --augmentation published + --views 3",
            "--pixels": "--positive sick + --pixels tf",
            "--experiment": "--positive sick + --experiment experiment.toml",
            "--per-class": "--positive sick + --per-class 1",
            "--seed": "--positive sick + --seed 1",
        },
    ),
    "screen": (
        "screen labels.csv --weights random",
        {
            "--weights": "--positive sick + --weights MobileNet=random",
            "--backbone": "--positive sick + --backbone MobileNet",
            "--pixels": "--positive sick + --pixels tf",
            **OF_LABELS,
            "--image-size": "--positive sick + --image-size 64",
            "--resize": "--positive sick + --resize stretch",
            "--k": "--positive sick + --k 5",
            "--seed": "--positive sick + --seed 1",
            "--out": "--positive sick + --out out1",
            "--force": "--positive sick --out a.h5 + --force",
            "--margin": "--positive sick --out out1 + --margin 0.1",
            "--json": "--positive sick + --json",
        },
    ),
    "weights list": ("weights list", {"--json": "+ --json"}),
    "weights verify": (
        "weights verify a.h5 --backbone ResNet50",
        {
            "--backbone": "+ --backbone MobileNet",
            "--images": "+ --images more",
            "--image-size": "--images more + --image-size 64",
            "--resize": "--images more + --resize stretch",
            "--json": "+ --json",
        },
    ),
    "weights fetch": ("weights fetch imagenet", {"--backbone": "+ --backbone ResNet50"}),
    "weights convert": (
        "weights convert a.h5 --backbone ResNet50 --out out1",
        {
            "--backbone": "+ --backbone MobileNet",
            "--pixels": "+ --pixels tf",
            "--out": "+ --out out2",
        },
    ),
    "pretrain": (
        "pretrain source.toml --out out1",
        {
            "--out": "+ --out out2",
            "--data-dir": "+ --data-dir more",
            "--self-supervised": "+ --self-supervised",
            "--dry-run": "+ --dry-run",
        },
    ),
    "train": (
        "train --manifest labels.csv --weights random --learning-rate 0.1 --out out1",
        {
            "--manifest": "--positive sick + --manifest more/labels.csv",
            "--label": "--positive p + --label other",
            "--label-separator": "--positive x + --label-separator |",
            "--positive": "+ --positive sick",
            "--kind": "+ --kind multiclass",
            "--class": "--kind multilabel --label-separator | + --class x --class y",
            "--label-unit": "+ --label-unit years",
            "--patient": "--positive sick + --patient patient_id",
            "--patient-pattern": r"--positive sick + --patient-pattern '(\d)\.'",
            "--one-image-per-patient": "--positive sick + --one-image-per-patient",
            "--unit": "--positive sick + --unit image",
            "--missing": "--positive sick + --missing ignore",
            "--uncertain": "--positive sick + --uncertain ignore",
            "--images": "--positive sick + --images more",
            "--depth": "--positive sick + --depth 12",
            "--path-column": "--positive sick + --path-column bare",
            "--suffix": "--positive sick --path-column bare + --suffix .png",
            "--encoding": "--positive sick + --encoding utf-16",
            "--column": "--positive sick + --column site=finding",
            "--backbone": "--positive sick + --backbone MobileNet",
            "--weights": "--positive sick + --weights imagenet",
            "--pixels": "--positive sick + --pixels tf",
            "--tuning": "--positive sick + --tuning full",
            "--layers": "--positive sick --tuning topK + --layers 3",
            "--learning-rate": "--positive sick + --learning-rate 0.01",
            "--folds": "--positive sick + --folds 3",
            "--epochs": "--positive sick + --epochs 2",
            "--image-size": "--positive sick + --image-size 64",
            "--batch-size": "--positive sick + --batch-size 8",
            "--seed": "--positive sick + --seed 1",
            "--out": "--positive sick + --out out2",
            "--allow-changed": "--positive sick + --allow-changed",
        },
    ),
    "run": (
        "run experiment.toml --out out1",
        {
            "--out": "+ --out out2",
            "--dry-run": "+ --dry-run",
            "--prepare": "+ --prepare",
            "--only": "+ --only ResNet50-random-caffe-0",
            "--finish": "+ --finish",
            "--workers": "+ --workers 2",
            "--emit": "+ --emit slurm",
            "--ray": "+ --ray local",
            "--accept": "+ --accept shortcut",
            "--allow-changed": "+ --allow-changed",
        },
    ),
    "clean": (
        "clean",
        {"--cache": "+ --cache", "--yes": "finished --json + --yes", "--json": "finished + --json"},
    ),
    "status": ("status finished", {"--json": "+ --json"}),
    "report": ("report finished", {"--saliency": "+ --saliency 2", "--images": "+ --images 2"}),
    "tensorboard": ("tensorboard finished", {"--host": "+ --host 127.0.0.1", "--port": "+ --port 7000"}),
    "export": (
        "export finished --out out1",
        {
            "--setting": "+ --setting one",
            "--out": "+ --out out2",
            "--version-number": "+ --version-number 2",
            "--format": "+ --format onnx",
            "--fold": "+ --fold refit",
        },
    ),
    "test": (
        "test more --manifest labels.csv --out out1",
        {
            "--manifest": "+ --manifest more/labels.csv",
            "--compare": "+ --compare finished",
            "--label": "+ --label other",
            "--label-separator": "+ --label-separator |",
            "--positive": "+ --positive sick",
            "--patient": "+ --patient patient_id",
            "--patient-pattern": r"+ --patient-pattern '(\d)\.'",
            "--one-image-per-patient": "+ --one-image-per-patient",
            "--unit": "+ --unit image",
            "--missing": "+ --missing ignore",
            "--uncertain": "+ --uncertain ignore",
            "--images": "+ --images more",
            "--path-column": "+ --path-column bare",
            "--suffix": "--path-column bare + --suffix .png",
            "--encoding": "+ --encoding utf-16",
            "--threshold": "+ --threshold 0.5",
            "--out": "+ --out out2",
            "--json": "+ --json",
        },
    ),
    "predict": (
        "predict more images",
        {
            "--out": "+ --out out1",
            "--force": "--out a.h5 + --force",
            "--explain": "+ --explain out2",
            "--dicom-sr": "+ --dicom-sr out2",
            "--path-column": "labels.csv + --path-column bare",
        },
    ),
}

_OF_A_TABLE = {
    "--label": "label",
    "--label-separator": "|",
    "--positive": "sick",
    "--kind": "binary",
    "--class": "sick",
    "--patient": "patient_id",
    "--patient-pattern": "x",
    "--one-image-per-patient": "",
    "--unit": "image",
    "--missing": "ignore",
    "--uncertain": "ignore",
    "--images": "more",
    "--path-column": "bare",
    "--suffix": ".png",
    "--encoding": "utf-8",
}
REFUSED = [
    *(("data check images", f"{name} {value}") for name, value in _OF_A_TABLE.items()),
    *(("data check images", words) for words in ("--folds 5", "--seed 726")),
    *(
        ("data check unlabeled.csv", f"{name} {value}")
        for name, value in _OF_A_TABLE.items()
        if name
        not in ("--label", "--patient", "--patient-pattern", "--images", "--path-column", "--suffix", "--encoding")
    ),
    *(("data check unlabeled.csv --patient patient_id", words) for words in ("--folds 5", "--seed 726")),
    *(("data check labels.csv", words) for words in ("--unit image", "--folds 5", "--seed 726")),
    *(("data build aariz --out out1", f"{name} {value}") for name, value in _OF_A_TABLE.items()),
    ("data build aariz --out out1", "--depth 12"),
    ("data build radiograph_phantoms/skull --out out1", "--manual-dir more"),
    ("data build labels.csv --positive sick --patient patient_id --unit image --out out1", "--manual-dir more"),
    ("data preview labels.csv --positive sick --out out1", "--unit image"),
    ("data preview labels.csv --positive sick --out out1 --experiment experiment.toml", "--pixels tf"),
    ("data preview labels.csv --positive sick --out out1", "--one-image-per-patient"),
    ("data preview labels.csv --positive sick --out out1", "--views 2"),
    ("screen labels.csv --positive sick --weights random", "--force"),
    ("screen labels.csv --positive sick --weights random", "--margin 0.1"),
    ("train --manifest labels.csv --positive sick --weights a.h5 --learning-rate 1 --out out1", "--pixels native"),
    ("predict more images", "--force"),
    ("predict more images", "--path-column bare"),
    ("run experiment.toml --out out1 --prepare", "--workers 2"),
    ("run experiment.toml --out out1 --workers 2", "--emit slurm"),
    ("run experiment.toml --out out1 --prepare", "--ray local"),
    ("run experiment.toml --out out1 --dry-run", "--only ResNet50-random-caffe-0"),
    ("run --out out1 --only ResNet50-random-caffe-0", "--accept shortcut"),
    ("run --out out1 --finish", "--allow-changed"),
    ("weights verify a.h5 --backbone ResNet50", "--image-size 224"),
    ("weights verify a.h5 --backbone ResNet50", "--resize pad"),
]

OUTPUTS = ("out1", "out2", "out1.changes.csv", "out2.changes.csv")
EXPERIMENT = """
name = "small"
[task]
manifest = "labels.csv"
positive = "sick"
patient = "patient_id"
[grid]
backbones = ["ResNet50"]
weights = ["random"]
tunings = [ { mode = "frozen", learning_rates = [0.01] } ]
"""
SOURCE = """
name = "Own"
[task]
manifest = "labels.csv"
positive = "sick"
patient = "patient_id"
[model]
backbone = "ResNet50"
[record]
license = "CC0-1.0"
"""


def verbs(group: click.Group = main, path: tuple[str, ...] = ()) -> Iterator[tuple[str, click.Command]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from verbs(command, (*path, name))
        else:
            yield " ".join((*path, name)), command


def test_the_table_has_every_option_and_no_other() -> None:
    offered = {
        verb: {parameter.opts[0] for parameter in command.params if isinstance(parameter, click.Option)}
        for verb, command in verbs()
    }
    assert {verb: set(options) for verb, (_, options) in TABLE.items()} == offered


@pytest.mark.parametrize(
    ("verb", "option"), [(verb, option) for verb, (_, options) in TABLE.items() for option in options]
)
def test_an_option_counts(verb: str, option: str, call: Callable[[str], tuple[Any, ...]]) -> None:
    base, options = TABLE[verb]
    common, _, words = options[option].partition("+ ")
    assert option in shlex.split(words)
    plain, changed = call(f"{base} {common}"), call(f"{base} {common} {words}")
    assert plain != changed
    assert min(plain[0], changed[0]) == 0  # one of the two calls is valid


@pytest.mark.parametrize(("words", "option"), REFUSED)
def test_an_option_that_cannot_count_is_refused(words: str, option: str, folder: None) -> None:
    result = CliRunner().invoke(main, shlex.split(f"{words} {option}"))
    assert (result.exit_code, result.stdout) == (2, ""), result.output
    assert f"{option.split()[0]}" in result.stderr.rpartition("Error: ")[2]
    assert not Path("out1").exists()


def test_a_value_in_the_environment_is_refused_as_well(folder: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RADTL_DATA_CHECK_FOLDS", "5")
    assert CliRunner().invoke(main, ["data", "check", "images"]).exit_code == 2


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write all files that the calls of the table use, and return their folder."""
    root = tmp_path_factory.mktemp("options")
    random = np.random.default_rng(0)
    rows = []
    for number in range(24):
        for place, size in (("images", (32, 32)), ("more/images", (40, 32))):
            (root / place).mkdir(parents=True, exist_ok=True)
            Image.fromarray(random.integers(0, 256, size, np.uint8)).save(root / place / f"{number:02}.png")
        patient = number - (0 if number < 16 else 15 if number < 20 else 14)  # some have two images, some two labels
        label, finding = ("well", "sick")[number % 2], ("x", "y", "x|y", "z")[number % 4]
        gap, unsure = ("1", "0", "")[number % 3], ("1", "0", "-1")[number % 3]
        cells = f"{label},{finding},{'pq'[number % 3 > 0]},{gap},{unsure},p{patient}"
        rows.append(f"images/{number:02}.png,{cells},images/{number:02}\n")
    text = "path,label,finding,other,gap,unsure,patient_id,bare\n" + "".join(rows)
    files = {
        "labels.csv": text,
        "more/labels.csv": text,
        "unlabeled.csv": text.replace("label", "diagnosis", 1),
        "experiment.toml": EXPERIMENT,
        "source.toml": SOURCE,
        "a.h5": "",
    }
    (root / "finished").mkdir()
    for name, content in files.items():
        (root / name).write_text(content)
    data = {"sha256": "", "examples": 24, "patients": 20, "classes": ["well", "sick"], "counts": {}, "unit": "image"}
    facts = {"format": 1, "experiment": as_dict(read_experiment(root / "experiment.toml")), "data": data}
    facts |= {"folds_sha256": "", "weights": [], "versions": {}, "scenarios": []}
    write_json(root / "finished" / "experiment.json", facts)
    return root


@pytest.fixture
def folder(written: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Change to the folder of the calls, and remove their output afterwards."""
    monkeypatch.chdir(written)
    monkeypatch.setenv("RADTL_WEIGHTS", str(written))
    yield
    for place in OUTPUTS:
        shutil.rmtree(written / place, ignore_errors=True)
        (written / place).unlink(missing_ok=True)


@pytest.fixture
def call(folder: None, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], tuple[Any, ...]]:
    """Return a function from a call to its exit code, stdout, calls of the library, and written files.

    Functions that are slow, train or need a model are replaced by ones that only record their arguments.
    """
    asked: list[str] = []
    for place in (*NOTED, *STAND_INS):  # first, so that no module imports a stand-in and keeps it
        importlib.import_module(place.rpartition(".")[0])
    for place in NOTED:
        monkeypatch.setattr(place, _noting(place, asked))
    for place, stand_in in STAND_INS.items():
        monkeypatch.setattr(place, stand_in)

    def run(words: str) -> tuple[Any, ...]:
        asked.clear()
        result = CliRunner().invoke(main, shlex.split(words))
        assert result.exception is None or isinstance(result.exception, SystemExit), result.output
        files = [place for place in map(Path, OUTPUTS) if place.is_file()]
        written = {str(file): file.read_bytes() for file in files}
        for file in files:
            file.unlink()
        return result.exit_code, result.stdout, tuple(asked), written

    return run


NOTED = (
    "radtl_tf.experiment.demo.run_demo",
    "radtl_tf.data.tfds.builders.build_manifest",
    "radtl_tf.data.tfds.builders.build_named",
    "radtl_tf.experiment.preview.write_preview",
    "radtl_tf.models.weights.sources.fetch",
    "radtl_tf.experiment.weights.convert.convert_weights",
    "radtl_tf.experiment.weights.make.make_weights",
    "radtl_tf.experiment.weights.make.price_weights",
    "radtl_tf.experiment.run.run_experiment",
    "radtl_tf.experiment.run.plan_experiment",
    *(DRAW := ("radtl_tf.experiment.saliency.draw_saliency", "radtl_tf.experiment.saliency.show_images")),
    "radtl_tf.experiment.run.prepare_experiment",
    "radtl_tf.experiment.units.workers.run_command",
    "radtl_tf.experiment.report.report_experiment",
    "radtl_tf.experiment.tensorboard.page.serve",
    "radtl_tf.deploy.export.export",
)


def _noting(place: str, asked: list[str]) -> Callable[..., None]:
    def note(*args: object, **settings: object) -> None:
        known = {name: value for name, value in settings.items() if name != "watch"}
        asked.append(f"{place} {[value for value in args if not callable(value)]} {known}")
        if place not in DRAW:
            raise click.exceptions.Exit(0)

    return note


def _verified(*args: object, **settings: object) -> Any:
    asked = f"{args} {settings}"
    return SimpleNamespace(as_dict=lambda: {"asked": asked}, asked=asked, warnings=(), conventions=None)


def _assessed(*args: object, threshold: float | None, **_: object) -> Any:
    asked = f"{args} {threshold}"
    return SimpleNamespace(results={"asked": asked}, shown=(asked,))


@functools.cache
def _outcomes(sources: tuple[ImageFile, ...], depth: int | None) -> list[Outcome]:
    """Open the images of a manifest once for all calls."""
    return list(read_all([source.path for source in sources], depth=depth))


def _pixels(paths: Any, depth: int | None) -> list[tuple[None, str]]:
    return [(None, f"{path} {depth}") for path in paths]


def _screened(*args: object, **settings: object) -> Any:
    """Return a screen whose table is what was asked, and whose experiment file is its margin."""

    class Asked:
        def __repr__(self) -> str:
            return f"{args} {settings}"

        def as_dict(self) -> dict[str, str]:
            return {"asked": repr(self)}

        def write_experiment(self, path: Path, margin: float | None, overwrite: bool) -> None:
            if path.name in OUTPUTS:
                path.write_text(f"{margin} {overwrite}")

    return Asked()


STAND_INS: Mapping[str, Any] = {
    "radtl_tf.library.screen.screen.dataset_of": str,
    "radtl_tf.library.screen.screen.screen": _screened,
    "radtl_tf.experiment.cluster.ray_pool.require_ray": lambda: None,
    "radtl_tf.experiment.tensorboard.page.events_of": lambda folder: folder,
    "radtl_tf.experiment.machine.examine": lambda: {"section": ["line"]},
    "radtl_tf.data.check.check_source.read_manifest_images": lambda manifest, watch, depth: _outcomes(
        manifest.images, depth
    ),
    "radtl_tf.experiment.preview.pixels_of_all": _pixels,
    "radtl_tf.experiment.weights.verify.verify_weights": _verified,
    "radtl_tf.cli.weights._lines": lambda found: [("asked", found.asked)],
    "radtl_tf.experiment.external_test.assess": _assessed,
    "radtl_tf.report.pages.external.as_text": lambda asked: asked,
    "radtl_tf.deploy.card.facts.version_folder": lambda model: model,
    "radtl_tf.library.results.scores.scoring": lambda *asked: SimpleNamespace(
        columns=("path", str(asked)), rows=lambda watch: nullcontext(())
    ),
}
