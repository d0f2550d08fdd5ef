"""Example images: the cases of the saliency maps, only on request, and removed with their folder."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from radtl_tf.errors import OutputError
from radtl_tf.report.saliency import selection
from radtl_tf.report.saliency.case_choice import KINDS
from radtl_tf.report.saliency.examples import read_examples, render_examples, write_examples

Outcome = Callable[..., Path]


@pytest.fixture
def shown(outcome: Outcome, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder of an experiment with two example images of each kind."""
    random = np.random.default_rng(0)
    monkeypatch.setattr(selection, "read_pixels", lambda *_: random.random((500, 8, 8, 1), dtype=np.float32))
    folder = outcome(backbones=("ResNet50",), tunings={"frozen": (0.01,)}, num_patients=120)
    write_examples(folder, 2)
    return folder


def test_each_kind_is_shown_with_the_scores_of_both_weights(shown: Path) -> None:
    found = read_examples(shown)
    assert found is not None
    assert [case.kind for case in found.cases] == [kind for kind in KINDS for _ in range(2)]
    assert sum(found.found.values()) == len((shown / "folds.csv").read_text().splitlines()[1:]) // 5
    section = render_examples(shown) or ""
    assert section.count("<img") == 8
    assert all(
        f"<b>{name}</b> {case.scores[at]:.3f}" in section
        for case in found.cases
        for at, name in enumerate(found.weights)
    )
    assert re.findall(r'src="(?!data:image/)', section) == []


def test_a_folder_holds_no_id_and_its_removal_removes_the_images(shown: Path) -> None:
    names = {path.name for path in (shown / "images").iterdir()}
    assert {re.sub(r"\d{5}", "0", name) for name in names} == {"images.json", "0-radiograph.png"}
    assert set(re.findall(r"[0-9a-f]{24}", (shown / "images" / "images.json").read_text())) == set()
    shutil.rmtree(shown / "images")
    assert read_examples(shown) is None and render_examples(shown) is None


def test_damaged_pictures_are_named(shown: Path) -> None:
    next((shown / "images").glob("*.png")).unlink()
    with pytest.raises(OutputError):
        render_examples(shown)
    (shown / "images" / "images.json").write_text("{}")
    with pytest.raises(OutputError):
        read_examples(shown)
