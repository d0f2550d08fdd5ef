"""The facts of an exported model: of the setting, never of a patient."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from radtl_tf.deploy.card.facts import read_card

SETTING = "Tiny-mine-tf-frozen"
OF_NUMBERS_AND_STAGES = ("label", "label_unit", "label_mean", "label_sd", "label_range")


def test_the_facts_of_an_export(exported: Callable[[str], Path], finished_once: Path) -> None:
    card = read_card(exported(SETTING))
    assert (card["format"], card["setting"], card["fold"], card["version"]) == (2, SETTING, "all", 1)
    assert (card["kind"], card["classes"], card["positive"]) == ("binary", ["well", "sick"], "sick")
    assert card["data"]["images"] == card["data"]["patients"] == 60
    assert card["data"]["classes"] == {name: {"images": 30, "patients": 30} for name in ("well", "sick")}
    (weights,) = card["weights"]
    assert (weights["name"], weights["backbone"], weights["license"]) == ("mine", "Tiny", None)
    assert len(weights["sha256"]) == 64
    assert card["choice"]["chosen"] == SETTING and card["choice"]["by"] == "name"


def test_every_key_is_in_the_reference(exported: Callable[[str], Path]) -> None:
    page = (Path(__file__).parents[3] / "docs" / "reference" / "model-folder.md").read_text(encoding="utf-8")
    table = page.partition("## Keys")[2].partition("\n## ")[0]
    cells = (line.split("|")[1] for line in table.splitlines() if line.startswith("| `"))
    documented = [name for cell in cells for name in re.findall("`([^`]+)`", cell)]
    assert sorted(documented) == sorted([*read_card(exported(SETTING)), *OF_NUMBERS_AND_STAGES])


def test_no_patient_and_no_path_is_exported(exported: Callable[[str], Path], finished_once: Path) -> None:
    place = exported(SETTING) / "1" / "assets.extra"
    text = "".join(file.read_text() for file in place.iterdir() if file.suffix in (".json", ".md", ".yaml"))
    patients = pd.read_csv(finished_once / "out" / "folds.csv", dtype=str)["patient"].unique()
    assert not any(patient in text for patient in patients)
    assert str(finished_once) not in text and "labels.csv" not in text
    assert json.loads((place / "radtl.json").read_text())["use"].startswith("For research only.")
