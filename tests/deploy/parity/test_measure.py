"""An export proves that every signature and format gives the probabilities of its networks, or leaves nothing."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from radtl_tf.deploy import export as export_module
from radtl_tf.deploy.card.facts import read_card
from radtl_tf.deploy.export import export
from radtl_tf.deploy.formats.table import FORMATS
from radtl_tf.deploy.parity import measure as measure_module
from radtl_tf.deploy.parity.table import LABEL_SD, PROBABILITY, Row
from radtl_tf.errors import ExperimentError, OutputError
from radtl_tf.records.folder import OutputFolder

SETTING = "Tiny-mine-tf-topK2"
SIGNATURES = {"serving_default", "pixels"}


@pytest.fixture
def four_images(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("radtl_tf.deploy.parity.table.MOST", 4)


@pytest.mark.slow
def test_every_format_and_signature_is_in_the_table(every_format: Path) -> None:
    rows = read_card(every_format)["parity"]["rows"]
    assert {row["format"] for row in rows} == {*FORMATS, "predictions.csv"}
    assert {row["signature"] for row in rows if row["format"] == "saved_model"} >= SIGNATURES
    assert {row["images"] for row in rows} == {8}
    for row in rows:
        assert row["max_difference"] <= row["tolerance"]
    tight = [row for row in rows if row["format"] != "litert-float16"]
    assert max(row["max_difference"] for row in tight) <= 1e-5
    (rounded,) = [row for row in rows if row["format"] == "litert-float16"]
    assert 0 < rounded["max_difference"] < 1e-2
    for name in FORMATS:
        assert read_card(FORMATS[name].folder(every_format, 1))["parity"]["rows"] == rows


@pytest.mark.slow
@pytest.mark.parametrize("name", ["saved_model", "keras"])
def test_a_model_with_other_weights_is_not_exported(
    name: str, finished: OutputFolder, tmp_path: Path, four_images: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    spoil(monkeypatch, lambda head: head.bias.assign(head.bias + [0.0, 0.01]))
    with pytest.raises(ExperimentError, match=name):
        export(finished, SETTING, tmp_path / "new" / "model", weights_folder=tmp_path, formats=[name])
    assert not (tmp_path / "new").exists()


@pytest.mark.slow
def test_one_bad_format_keeps_the_others_from_being_exported(
    finished: OutputFolder, tmp_path: Path, four_images: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = export_module.write

    def damaged(format: Any, ensemble: Any, folder: Path, card: Any) -> None:
        write(format, ensemble, folder, card)
        if format.name == "keras":
            (folder / "model.keras").write_bytes(b"damaged")

    (tmp_path / "model").mkdir()
    monkeypatch.setattr(export_module, "write", damaged)
    with pytest.raises(OutputError, match="keras"):
        formats = ["saved_model", "keras"]
        export(finished, SETTING, tmp_path / "model", weights_folder=tmp_path, formats=formats)
    assert list((tmp_path / "model").iterdir()) == []


def test_runs_whose_predictions_differ_are_not_exported(
    finished: OutputFolder, tmp_path: Path, four_images: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("radtl_tf.deploy.parity.measure._consumed", lambda *args: {})
    monkeypatch.setattr(export_module, "write", lambda format, ensemble, folder, card: None)
    for table in finished.runs.glob("Tiny-mine-tf-topK2-*/0-*/predictions.csv"):
        lines = table.read_text().splitlines()
        at = lines[0].split(",").index("score")
        shifted = [[*cells[:at], "0.999", *cells[at + 1 :]] for cells in (line.split(",") for line in lines[1:])]
        table.write_text("\n".join([lines[0], *map(",".join, shifted)]) + "\n")
    with pytest.raises(ExperimentError, match=r"predictions\.csv"):
        export(finished, SETTING, tmp_path / "model", weights_folder=tmp_path, formats=["keras"])


def test_without_images_the_card_says_that_nothing_was_checked(
    finished: OutputFolder, tmp_path: Path, four_images: None
) -> None:
    shutil.rmtree(finished.data)
    export(finished, SETTING, tmp_path / "model", weights_folder=tmp_path, formats=["keras"])
    parity = read_card(tmp_path / "model")["parity"]
    assert (parity["checked"], set(parity)) == (False, {"checked", "reason"})


def spoil(monkeypatch: pytest.MonkeyPatch, change: Callable[[Any], None]) -> None:
    """Let the model be written with changed heads, and the networks have their own again afterwards."""
    write = export_module.write

    def spoiled(format: Any, ensemble: Any, folder: Path, card: Any) -> None:
        kept = [head.bias.numpy() for _, head in ensemble.members]
        for _, head in ensemble.members:
            change(head)
        write(format, ensemble, folder, card)
        for (_, head), bias in zip(ensemble.members, kept, strict=True):
            head.bias.assign(bias)

    monkeypatch.setattr(export_module, "write", spoiled)


@pytest.mark.parametrize(("rounding", "allowed"), [(1e-9, 1e-5), (2e-5, 6e-5), (1.0, 3e-4)])
def test_rounding_gives_room_up_to_a_limit(rounding: float, allowed: float) -> None:
    (row,) = measure_module._with_room([Row("saved_model", "grey", 8, 2e-5, 1e-5)], rounding)
    assert row.tolerance == pytest.approx(allowed)
    assert row.max_difference == 2e-5


class Images:
    """Held-out images without an experiment."""

    rows = pd.DataFrame({"run": [0, 0, 0]})

    def images(self) -> Iterator[np.ndarray]:
        yield from np.random.default_rng(0).integers(0, 65536, (3, 40, 32)).astype(np.uint16)


def test_the_differences_of_a_regression_are_relative_to_the_sd_of_the_labels(
    make_ensemble: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    ensemble, format = make_ensemble("regression"), FORMATS["onnx"]

    def consumed(format: Any, folder: Path, images: Path, output: str) -> dict[str, Any]:
        assert output == "score"
        greys = np.stack([np.load(images / f"{at}.resized.npy") for at in range(3)])
        return {"": ensemble.outputs(greys)["score"].numpy() + 0.01}

    monkeypatch.setattr(measure_module, "_consumed", consumed)
    found = measure_module.measure(ensemble, Images(), {format: tmp_path}, recorded=False, label_sd=100.0)  # type: ignore[arg-type]
    assert found.relative_to == LABEL_SD
    assert found.rows[0].max_difference == pytest.approx(1e-4, rel=0.01)
    assert not found.rows[0].is_within


def test_the_stages_of_an_ordinal_model_are_compared_as_probabilities(
    make_ensemble: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    ensemble, format = make_ensemble("ordinal"), FORMATS["onnx"]

    def consumed(format: Any, folder: Path, images: Path, output: str) -> dict[str, Any]:
        greys = np.stack([np.load(images / f"{at}.resized.npy") for at in range(3)])
        return {"": ensemble.outputs(greys)[output].numpy()}

    monkeypatch.setattr(measure_module, "_consumed", consumed)
    found = measure_module.measure(ensemble, Images(), {format: tmp_path}, recorded=False)  # type: ignore[arg-type]
    assert found.relative_to == PROBABILITY and found.rows[0].is_within
