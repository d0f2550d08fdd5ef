"""The steps of docs/how-to/adding-a-data-set.md work, with the code from the page."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from radtl_tf.data.tfds import builders
from radtl_tf.data.tfds.builders import build_named, examined_from, known_datasets

PAGE = Path(__file__).resolve().parents[2] / "docs" / "how-to" / "adding-a-data-set.md"


@pytest.fixture
def knees(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Make the folder that the page describes, in a separate folder of data sets."""
    blocks = re.findall(r"```(\w*)\n(.*?)```", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL)
    (builder,) = (text for kind, text in blocks if kind == "python")
    readme, tags = (text for kind, text in blocks if kind == "text")
    folder = tmp_path / "datasets" / "knees"
    folder.mkdir(parents=True)
    for name, text in (("knees_dataset_builder.py", builder), ("README.md", readme), ("TAGS.txt", tags)):
        (folder / name).write_text(text)
    for name in ("CITATIONS.bib", "checksums.tsv"):
        (folder / name).write_text("")
    monkeypatch.setattr(builders, "shipped", lambda name: tmp_path / name)
    yield folder
    for name in [name for name in sys.modules if name.split(".")[0] == "knees"]:
        del sys.modules[name]


def test_the_page_makes_a_data_set(knees: Path, tmp_path: Path, encoded: Callable[..., bytes]) -> None:
    source = tmp_path / "downloads"
    (source / "films").mkdir(parents=True)
    for name in "ab":
        (source / "films" / f"{name}.png").write_bytes(encoded(np.full((5, 4), ord(name), np.uint8)))
    (source / "knees.csv").write_text("film,effusion,patient,age\na.png,yes,7,50\nb.png,no,7,51\n")
    assert known_datasets() == ["knees"]
    images = examined_from(build_named("knees", tmp_path / "data", source))
    assert [image.labels for image in images] == [("effusion",), ("none",)]
    assert images[0].patient == images[1].patient != "7"
    assert [image.reading.metadata["age"] for image in images] == ["50", "51"]
