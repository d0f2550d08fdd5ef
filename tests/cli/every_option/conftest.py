"""The folder in which the calls of the tests of options run, and the function that calls them."""

from __future__ import annotations

import importlib
import runpy
import shlex
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from radtl_tf.cli.main import main
from radtl_tf.records.disk import write_json
from radtl_tf.records.reader import as_dict, read_experiment

replaced = SimpleNamespace(**runpy.run_path(str(Path(__file__).with_name("stand_ins.py"))))

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


@pytest.fixture(scope="session")
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
    for place in replaced.OUTPUTS:
        shutil.rmtree(written / place, ignore_errors=True)
        (written / place).unlink(missing_ok=True)


@pytest.fixture
def call(folder: None, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], tuple[Any, ...]]:
    """Return a function from a call to its exit code, stdout, calls of the library, and written files.

    Functions that are slow, train or need a model are replaced by ones that only record their arguments.
    """
    asked: list[str] = []
    for place in (*replaced.NOTED, *replaced.STAND_INS):  # first, so that no module imports a stand-in and keeps it
        importlib.import_module(place.rpartition(".")[0])
    for place in replaced.NOTED:
        monkeypatch.setattr(place, replaced.noting(place, asked))
    for place, stand_in in replaced.STAND_INS.items():
        monkeypatch.setattr(place, stand_in)

    def run(words: str) -> tuple[Any, ...]:
        asked.clear()
        result = CliRunner().invoke(main, shlex.split(words))
        assert result.exception is None or isinstance(result.exception, SystemExit), result.output
        files = [place for place in map(Path, replaced.OUTPUTS) if place.is_file()]
        written = {str(file): file.read_bytes() for file in files}
        for file in files:
            file.unlink()
        return result.exit_code, result.stdout, tuple(asked), written

    return run
