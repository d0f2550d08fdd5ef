"""The code of each tutorial and each example of a public function runs, in a folder with phantoms."""

from __future__ import annotations

import doctest
import importlib
import re
from pathlib import Path
from typing import Any

import matplotlib as mpl
import pytest

from radtl_tf.data.phantoms.write import write_phantoms
from radtl_tf.models.backbones import build_base
from radtl_tf.models.weights.file import write_weights

mpl.use("Agg")

TUTORIALS = sorted((Path(__file__).resolve().parents[1] / "docs" / "tutorials").glob("*.md"))
LAST = next(page for page in TUTORIALS if page.stem == "the-model-to-go-on-with")
MODULES = (
    "radtl_tf.api",
    "radtl_tf.library.results.result",
    "radtl_tf.library.screen.screen",
)  # their examples use the output of the tutorials
EXPERIMENT = """\
name = "example"
[task]
manifest = "labels.csv"
positive = "present"
patient = "patient_id"
unit = "image"
[folds]
count = 2
[grid]
backbones = ["MobileNet"]
weights = ["random"]
tunings = [ { mode = "frozen", learning_rates = [1e-2] } ]
[training]
image_size = 32
epochs = 1
"""
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)


@pytest.fixture(scope="module")
def phantoms(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with ``labels.csv``, synthetic radiographs of 60 patients, and weights ``mine.h5``."""
    folder = tmp_path_factory.mktemp("phantoms") / "data"
    write_phantoms(folder, kind="supernumerary", num_patients=60, seed=1, height=64)
    write_weights(folder / "mine.h5", build_base("MobileNet", 32, seed=99))
    (folder / "experiment.toml").write_text(EXPERIMENT, encoding="utf-8")
    return folder


@pytest.fixture
def session(phantoms: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in the folder, with one cache, so that images are decoded once."""
    monkeypatch.chdir(phantoms)
    monkeypatch.setenv("RADTL_CACHE", str(phantoms.parent / "cache"))


@pytest.mark.slow
@pytest.mark.parametrize("page", TUTORIALS, ids=lambda page: page.stem)
def test_tutorial(page: Path, session: None) -> None:
    run_blocks(page)


def run_blocks(page: Path) -> None:
    """Run the code of a page from top to bottom."""
    blocks = BLOCK.findall(page.read_text(encoding="utf-8"))
    assert blocks
    names: dict[str, Any] = {}
    for block in blocks:
        exec(compile(block, page.name, "exec"), names)


@pytest.mark.slow
@pytest.mark.parametrize("module", MODULES)
def test_examples_of_public_names(module: str, session: None) -> None:
    if not Path("model").exists():  # this test runs alone, or in parallel with the tutorial that makes it
        run_blocks(LAST)
    results = doctest.testmod(importlib.import_module(module))
    assert results.attempted > 0
    assert results.failed == 0
