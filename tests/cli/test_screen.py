"""The command ``screen``."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from radtl_tf.experiment.plan.scenarios import starts_of
from radtl_tf.records.reader import read_experiment


@pytest.fixture
def words(finished_once: Path, tiny_backbone: str, tmp_path: Path) -> list[object]:
    """Return the words of a screen of two candidates."""
    shutil.copytree(finished_once / "images", tmp_path / "images")
    shutil.copyfile(finished_once / "labels.csv", tmp_path / "labels.csv")
    shutil.copyfile(finished_once / "tiny.h5", tmp_path / "tiny.h5")
    asked = ["--weights", tmp_path / "tiny.h5", "--weights", f"{tiny_backbone}=random"]
    task = [tmp_path / "labels.csv", "--positive", "sick", "--image-size", 32]
    return ["screen", *task, *asked, "--backbone", tiny_backbone, "--pixels", "tf"]


def test_it_ranks_and_writes_the_experiment(
    words: list[object], tmp_path: Path, tiny_backbone: str, radtl: Any
) -> None:
    out = tmp_path / "best.toml"
    result = radtl(*words, "--json", "--out", out)
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert {one["weights"] for one in found["candidates"]} == {"tiny", "random"}
    assert found["experiment"] == str(out) and found["next"].startswith(f"radtl run {out}")
    experiment = read_experiment(out)
    assert {name for _, name in starts_of(experiment)} == {"tiny", "random"}
    assert experiment.training.image_size == 32
    refused = radtl(*words, "--out", out)
    assert (refused.exit_code, refused.stdout) == (1, "")
    again = radtl(*words, "--out", out, "--force")
    assert again.exit_code == 0 and "without a test" in again.stdout


@pytest.mark.parametrize(
    ("more", "code"),
    [
        (("--margin", 0.1), 2),
        (("--force",), 2),
        (("--k", 0), 2),
        (("--weights", "no-such"), 1),
        (("--weights", "lost/mine.h5"), 1),
        (("--label", "nobody"), 1),
        (("--patient", "nobody"), 1),
    ],
)
def test_wrong_words_are_one_line(words: list[object], more: tuple[object, ...], code: int, radtl: Any) -> None:
    result = radtl(*words, *more)
    assert (result.exit_code, result.stdout) == (code, "")
    assert result.stderr.rpartition("Error: ")[2].count("\n") == 1
