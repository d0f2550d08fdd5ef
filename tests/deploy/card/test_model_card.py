"""The model card says what the facts say, and nothing that they do not."""

from __future__ import annotations

from typing import Any

import pytest

from radtl_tf.deploy.card.model_card import model_card


def test_the_numbers_of_the_facts_are_in_the_card(facts: dict[str, Any]) -> None:
    text = model_card(facts)
    assert facts["use"] in text
    for row in ("| none | 180 | 170 |", "| pneu\\|monia | 220 | 211 |", "| youden | 0.4321 |"):
        assert row in text
    assert "| AUROC | 0.878 | 0.817 to 0.938 |" in text
    assert "| Brier | 0.149 | none |" in text
    assert "| sensitivity at youden | 0.800 | 0.700 to 0.900 |" in text
    assert "| sex: F | 190 | 180 | 100 | 0.870 (0.800 to 0.940) |" in text
    assert "| sex: O | 2 | 2 | 2 | 2 of 2 test parts lack a class |" in text
    assert all(words in text for words in ("MIT", "He et al. 2016", "ab" * 32, "cd" * 32, "0.410000", "0.520000"))
    assert "0.1000 + 1.2000" in text
    assert "MCC" not in text and "Calibration slope" not in text


@pytest.mark.parametrize(("fold", "sentence"), [("all", "2 networks"), ("refit", "all patients"), (1, "fold 1")])
def test_it_says_which_networks_it_holds(fold: Any, sentence: str, facts: dict[str, Any]) -> None:
    assert sentence in model_card({**facts, "fold": fold})


def test_what_is_not_known_is_said_to_be_missing(facts: dict[str, Any]) -> None:
    weights = [{**facts["weights"][0], "license": None, "citation": None}]
    nothing = {"metrics": [], "subgroups": [], "operating_points": [], "calibration": None, "weights": weights}
    full, text = model_card(facts), model_card({**facts, **nothing})
    for words in ("Not evaluated", "No threshold", "No recalibration", "not known", "Not checked"):
        assert words in text
    assert full.count("Not evaluated") == 0
    random = [{**facts["weights"][0], "source": "random", "file": None, "sha256": None}]
    assert "random weights" in model_card({**facts, "weights": random})


def test_the_note_and_the_parity_table_are_shown(facts: dict[str, Any]) -> None:
    row = {"format": "onnx", "signature": "grey", "images": 64, "max_difference": 1.9e-6, "tolerance": 1e-5}
    text = model_card({**facts, "note": "Synthetic radiographs.", "parity": {"checked": True, "rows": [row]}})
    assert "**Synthetic radiographs.**" in text
    assert "| onnx | grey | 64 | 1.9e-06 | 1e-05 |" in text
    text = model_card({**facts, "parity": {"checked": False, "reason": "the output folder has no images"}})
    assert "Not checked: the output folder has no images." in text


def test_the_precision_of_the_runs_is_named_if_the_model_has_another(facts: dict[str, Any]) -> None:
    parity = {"checked": True, "rows": []}
    for precision, is_named in (("float32", False), ("mixed_bfloat16", True)):
        text = model_card({**facts, "parity": parity, "precision": precision})
        assert ("computes in float32" in text) == is_named


def test_several_classes_need_no_positive_class(facts: dict[str, Any]) -> None:
    del facts["positive"]
    for kind in ("multiclass", "multilabel"):
        text = model_card({**facts, "kind": kind})
        assert '["probabilities"]' in text and '["score"]' not in text


def test_a_number_has_its_unit_its_range_and_no_thresholds(number_facts: dict[str, Any]) -> None:
    row = {"format": "onnx", "signature": "", "images": 64, "max_difference": 1.9e-6, "tolerance": 1e-5}
    parity = {"checked": True, "relative_to": "SD of the training labels", "rows": [row]}
    text = model_card({**number_facts, "parity": parity})
    assert "“age” in years" in text and "mean 11.5, SD\n2.5, from 8 to 16" in text
    assert "| MAE (years) | 0.812 | 0.700 to 0.930 |" in text and "| Bias (years) | -0.020 |" in text
    assert "SD of the training labels" in text and "8 to 16 years: the model has seen none" in text
    assert "Classes" not in text and "threshold was chosen" in text and "Platt" not in text
    assert '["score"]' in text and '["probabilities"]' not in text


def test_stages_are_listed_from_low_to_high(stage_facts: dict[str, Any]) -> None:
    text = model_card(stage_facts)
    assert "from low to high: CS1, CS2, CS3." in text and "| CS2 | 9 | 8 |" in text
    assert "| AUROC of above CS1 | 0.910 | none | cases above this stage against the others |" in text
    assert "| Quadratic weighted kappa | 0.700 |" in text
    assert '["label"]' in text and '["probabilities"]' in text and "Platt" not in text
