"""The facts of an exported model, as a card gets them."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.fixture
def facts() -> dict[str, Any]:
    """Return the facts of a binary model of two folds."""
    return {
        "radtl_tf": "0.2.0",
        "version": 1,
        "experiment": "chest films, 2026",
        "note": "",
        "use": "For research only. Not a medical device and not for clinical use.",
        "setting": "ResNet50-imagenet-caffe-frozen",
        "fold": "all",
        "choice": {
            "chosen": "ResNet50-imagenet-caffe-frozen",
            "by": "lowest inner loss",
            "lowest": "ResNet50-imagenet-caffe-frozen",
            "lowest_inner_loss": 0.41,
            "runner_up": "ResNet50-random-caffe-frozen",
            "runner_up_inner_loss": 0.52,
            "standard_error": 0.01,
        },
        "kind": "binary",
        "classes": ["none", "pneu|monia"],
        "positive": "pneu|monia",
        "members": ["ResNet50-imagenet-caffe-frozen-0.01/0-0", "ResNet50-imagenet-caffe-frozen-0.01/0-1"],
        "weights": [
            {
                **{"name": "imagenet", "backbone": "ResNet50", "source": "file", "pixels": "caffe"},
                **{"file": "w.h5", "sha256": "ab" * 32, "license": "MIT", "citation": "He et al. 2016"},
            }
        ],
        "data_sha256": "cd" * 32,
        "data": {
            **{"dataset": None, "images": 400, "patients": 371, "unit": "image"},
            "classes": {"none": {"images": 180, "patients": 170}, "pneu|monia": {"images": 220, "patients": 211}},
        },
        "folds": {"count": 2, "repeats": 1},
        "metrics": [
            {"metric": "auroc", "mean": 0.878, "low": 0.817, "high": 0.938, "method": "t"},
            {"metric": "Brier", "mean": 0.149, "low": None, "high": None, "method": "t"},
            {"metric": "youden: sensitivity", "mean": 0.8, "low": 0.7, "high": 0.9, "method": "t"},
            {"metric": "MCC", "mean": 0.5, "low": 0.4, "high": 0.6, "method": "t"},
            {"metric": "calibration slope", "mean": None, "low": None, "high": None, "method": "none"},
        ],
        "subgroups": [
            {
                **{"name": "sex", "value": "F", "images": 190, "patients": 180, "positives": 100},
                **{"auroc": 0.87, "low": 0.8, "high": 0.94, "reason": ""},
            },
            {
                **{"name": "sex", "value": "O", "images": 2, "patients": 2, "positives": 2},
                **{"auroc": None, "low": None, "high": None, "reason": "2 of 2 test parts lack a class"},
            },
        ],
        "operating_points": [{"name": "youden", "threshold": 0.4321}],
        "calibration": {"method": "Platt scaling", "intercept": 0.1, "slope": 1.2},
        "inputs": None,
    }


@pytest.fixture
def number_facts(facts: dict[str, Any]) -> dict[str, Any]:
    """Return the facts of a model that predicts an age."""
    facts.pop("positive", None)
    return {
        **facts,
        **{"kind": "regression", "classes": [], "label": "age", "label_unit": "years"},
        **{"label_mean": 11.5, "label_sd": 2.5, "label_range": [8.0, 16.0]},
        **{"subgroups": [], "operating_points": [], "calibration": None},
        "data": {**facts["data"], "classes": {}},
        "metrics": [
            {"metric": "mae", "mean": 0.812, "low": 0.7, "high": 0.93, "method": "t"},
            {"metric": "RMSE", "mean": 1.04, "low": None, "high": None, "method": "t"},
            {"metric": "bias", "mean": -0.02, "low": None, "high": None, "method": "t"},
        ],
    }


@pytest.fixture
def stage_facts(facts: dict[str, Any]) -> dict[str, Any]:
    """Return the facts of a model of three stages."""
    facts.pop("positive", None)
    return {
        **facts,
        **{"kind": "ordinal", "classes": ["CS1", "CS2", "CS3"], "label": "stage"},
        **{"subgroups": [], "operating_points": [], "calibration": None},
        "data": {**facts["data"], "classes": {name: {"images": 9, "patients": 8} for name in ("CS1", "CS2", "CS3")}},
        "metrics": [
            {"metric": "auroc", "mean": 0.9, "low": 0.8, "high": 0.95, "method": "t"},
            {"metric": "auroc: above CS1", "mean": 0.91, "low": None, "high": None, "method": "t"},
            {"metric": "quadratic weighted kappa", "mean": 0.7, "low": None, "high": None, "method": "t"},
        ],
    }
