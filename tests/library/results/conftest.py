"""The output of ``compare``, made once for all tests of results."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import matplotlib as mpl
import pandas as pd
import pytest

import radtl_tf as radtl
from radtl_tf.library.results.result import Result

mpl.use("Agg")
SETTING = "Tiny-mine-tf-frozen"


@pytest.fixture(scope="session")
def columns() -> dict[str, Any]:
    """Return the meaning of the columns of ``labels.csv``."""
    return {"positive": "sick", "patient": "patient_id"}


@pytest.fixture(scope="session")
def arguments(tiny_backbone: str, columns: dict[str, Any]) -> Callable[[Path], dict[str, Any]]:
    """Return a function from a folder of images and weights to the arguments of ``compare``."""
    return lambda folder: {
        "weights": {"mine": (folder / "tiny.h5", "tf"), "random": None},
        "backbones": [tiny_backbone],
        "cv": radtl.PatientFolds(3, inner=0.45),
        "learning_rates": [0.1],
        "epochs": 2,
        "image_size": 32,
        "batch_size": 16,
        "out": folder / "results",
        "path": "path",
        "root": folder,
        **columns,
    }


@pytest.fixture(scope="session")
def compared(tmp_path_factory: pytest.TempPathFactory, radiographs_in: Any, tiny_backbone: str, arguments: Any) -> Path:
    """Return a folder with radiographs, their table ``labels.csv``, weights, ``results`` and an exported ``model``."""
    from radtl_tf.models.backbones import build_base
    from radtl_tf.models.weights.file import write_weights

    place = tmp_path_factory.mktemp("compared")
    radiographs_in(place)
    write_weights(place / "tiny.h5", build_base(tiny_backbone, 32, seed=99))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RADTL_CACHE", str(place / "cache"))
        result = radtl.compare(pd.read_csv(place / "labels.csv", dtype=str), **arguments(place))
        result.export(place / "model", SETTING)
    return place


@pytest.fixture(scope="session")
def result(finished_once: Path) -> Result:
    """Return the result of an experiment with six scenarios and two probes, which tests must not change."""
    return Result(finished_once / "out")
