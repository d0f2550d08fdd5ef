"""An option that cannot have an effect is refused."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from radtl_tf.cli.main import main

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


@pytest.mark.parametrize(("words", "option"), REFUSED)
def test_an_option_that_cannot_count_is_refused(words: str, option: str, folder: None) -> None:
    result = CliRunner().invoke(main, shlex.split(f"{words} {option}"))
    assert (result.exit_code, result.stdout) == (2, ""), result.output
    assert f"{option.split()[0]}" in result.stderr.rpartition("Error: ")[2]
    assert not Path("out1").exists()


def test_a_value_in_the_environment_is_refused_as_well(folder: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RADTL_DATA_CHECK_FOLDS", "5")
    assert CliRunner().invoke(main, ["data", "check", "images"]).exit_code == 2
