"""The code of each tutorial runs from top to bottom, in a folder with phantoms."""

from __future__ import annotations

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
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)


@pytest.fixture(scope="module")
def phantoms(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with ``labels.csv``, synthetic radiographs of 60 patients, and weights ``mine.h5``."""
    folder = tmp_path_factory.mktemp("phantoms") / "data"
    write_phantoms(folder, kind="supernumerary", num_patients=60, seed=1, height=64)
    write_weights(folder / "mine.h5", build_base("MobileNet", 32, seed=99))
    return folder


@pytest.mark.parametrize("page", TUTORIALS, ids=lambda page: page.stem)
def test_tutorial(page: Path, phantoms: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(phantoms)
    monkeypatch.setenv("RADTL_CACHE", str(phantoms.parent / "cache"))  # shared, so that images are decoded once
    blocks = BLOCK.findall(page.read_text(encoding="utf-8"))
    assert blocks
    names: dict[str, Any] = {}
    for block in blocks:
        exec(compile(block, page.name, "exec"), names)
