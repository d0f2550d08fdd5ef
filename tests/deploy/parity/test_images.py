"""The images of a check are held out, spread over classes and runs, and as training read them."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from radtl_tf.data.decoding.images import decode
from radtl_tf.deploy.choice import best_runs
from radtl_tf.deploy.parity import table
from radtl_tf.deploy.parity.images import HeldOut, NoImagesError, held_out
from radtl_tf.records.experiment_facts import read_facts
from radtl_tf.records.folder import OutputFolder


def chosen(folder: OutputFolder, most: int, monkeypatch: pytest.MonkeyPatch) -> HeldOut:
    monkeypatch.setattr(table, "MOST", most)
    facts = read_facts(folder.experiment)
    scenarios = [one for one in facts.scenarios if one.setting.name == "Tiny-mine-tf-frozen"]
    return held_out(folder, facts, best_runs(folder, scenarios, range(3)))


def test_they_are_spread_over_classes_and_runs(finished_once: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = chosen(OutputFolder(finished_once / "out"), 12, monkeypatch).rows
    assert set(rows["part"]) == {"test"}
    assert Counter(zip(rows["run"], rows["truth"], strict=True)) == dict.fromkeys(
        [(run, truth) for run in range(3) for truth in (0, 1)], 2
    )
    assert len(set(rows["example"])) == 12


def test_there_are_no_more_than_were_tested(finished_once: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(chosen(OutputFolder(finished_once / "out"), 1000, monkeypatch).rows) == 60


def test_pixels_are_those_of_the_files(finished_once: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = chosen(OutputFolder(finished_once / "out"), 5, monkeypatch)
    for number, pixels in zip(found.rows["example"], found.images(), strict=True):
        assert np.array_equal(pixels, decode(finished_once / "images" / f"{number:03d}.png").pixels)


def test_without_the_data_set_the_kept_pixels_serve(finished: OutputFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    for place in finished.data.iterdir():
        if place.is_dir():
            shutil.rmtree(place)
    found = chosen(finished, 5, monkeypatch)
    kept = np.load(finished.pixels(32))
    for number, pixels in zip(found.rows["example"], found.images(), strict=True):
        assert pixels / 65535 == pytest.approx(kept[number, ..., 0], abs=1e-5)


def test_without_any_images_the_error_says_so(finished: OutputFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.rmtree(finished.data)
    with pytest.raises(NoImagesError):
        list(chosen(finished, 5, monkeypatch).images())
