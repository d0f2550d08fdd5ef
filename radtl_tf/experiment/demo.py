"""Run the demo: pre-train on findings in drawn radiographs, compare weights on another task, export, score new images.

Source and target are related by design: the findings of the source are the five traits that together tell the sex in
the target. The patients differ. So the pre-trained weights help much more here than with real radiographs.

Phantom minus random weights with three seeds, each with other target patients, folds and random weights: AUROC +0.33
(95 % interval 0.06 to 0.59), +0.34 (0.16 to 0.51), +0.26 (0.12 to 0.39). With one repeat the first was undecided.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from radtl_tf.data.phantoms.write import KINDS, write_phantoms
from radtl_tf.deploy.card.facts import find_version
from radtl_tf.deploy.engines.engine import open_model
from radtl_tf.deploy.export import export
from radtl_tf.deploy.predict import Score, predict
from radtl_tf.evaluation.evaluate import Evaluation
from radtl_tf.evaluation.question.best_setting import Ranking, inner_losses, rank_settings
from radtl_tf.experiment.run import run_experiment
from radtl_tf.experiment.weights.make import make_weights
from radtl_tf.logs import get_logger
from radtl_tf.places import shipped, weights_folder
from radtl_tf.progress import Watch, silent
from radtl_tf.records.disk import read_json, write_bytes, write_text
from radtl_tf.records.folder import OutputFolder
from radtl_tf.records.pretraining import Place, pretraining_from
from radtl_tf.records.reader import as_dict, read_experiment
from radtl_tf.records.runs import Scenario

_log = get_logger(__name__)

NOTE = "Synthetic radiographs: they show the pipeline and are never evidence."
SHIPPED = "MobileNet025"  # its weights are part of the package: experiments/pretrain-findings.toml made them
TRAINED = "MobileNet050"  # pre-trained by the demo itself
SIZE = 64
SOURCE_PATIENTS, SOURCE_HEIGHT, SOURCE_EPOCHS = 400, 96, 12
TARGET_PATIENTS = 200
SEED = 726
PIXELS = "tf"  # pixel convention of both weights, in pre-training and in the experiment

EXPERIMENT = """\
# The demo's experiment: are weights pre-trained on other phantoms a better start than random weights?
name = "demo"
note = "{note}"
seed = {seed}

[task]
manifest = "cephalograms/labels.csv"
kind = "binary"
label = "label"
positive = "male"
patient = "patient_id"
unit = "patient"

[question]
compare = ["phantom", "random"]
metric = "auroc"
over = "selected"
margin = 0.02

[folds]
count = 5
repeats = 3                     # random weights are drawn again in each repeat: one draw alone decides little

[grid]
backbones = {backbones}
weights = ["phantom", "random"]
tunings = [ {{ mode = "frozen", learning_rates = [1e-2, 1e-3] }},
            {{ mode = "top10",  learning_rates = [1e-3] }} ]

[weights.phantom]               # pre-trained on another task and other patients: five findings in synthetic skulls
{files}
pixels = "{pixels}"

[training]
image_size = {size}
epochs = 15
batch_size = 16
"""


def run_demo(out: Path, watch: Watch = silent) -> tuple[Evaluation, list[Score]]:
    """Run the demo in the folder ``out``, or resume it; return the evaluation and the scores of the new images.

    Raises:
        OutputError: ``out`` cannot be written.
    """
    _log.info(f"1/5 Drawing radiographs with findings, and others to tell the sex, in {out}")
    _draw(out / "findings", "skull-findings", SOURCE_PATIENTS, seed=1, height=SOURCE_HEIGHT)
    _draw(out / "cephalograms", "skull", TARGET_PATIENTS, seed=2)
    _log.info(f"2/5 Pre-training {TRAINED} on the findings; the weights of {SHIPPED} ship with the package")
    _copy_shipped(out)
    make_weights(pretraining_from(_source(), out), _weights(out, TRAINED), out / "data")
    _log.info("3/5 Running the experiment: who is male?")
    write_text(out / "experiment.toml", _experiment_text())
    evaluation = run_experiment(read_experiment(out / "experiment.toml"), out / "results", watch=watch)
    return evaluation, _export_and_predict(out)


def report_of(out: Path) -> Path:
    """Return the report of the demo in the folder ``out``."""
    return OutputFolder(out / "results").report


def _draw(folder: Path, kind: str, num_patients: int, *, seed: int, height: int | None = None) -> None:
    if not folder.exists():
        write_phantoms(folder, kind=kind, num_patients=num_patients, seed=seed, height=height)


def _weights(folder: Path, backbone: str) -> Path:
    return folder / "weights" / f"phantom-{backbone}_notop.h5"


def _copy_shipped(out: Path) -> None:
    """Copy the weights file that ships, and its record, so that the experiment file needs no other folder."""
    here, there = Place(shipped("weights") / _weights(out, SHIPPED).name), Place(_weights(out, SHIPPED))
    there.weights.parent.mkdir(parents=True, exist_ok=True)
    write_bytes(there.sidecar, here.sidecar.read_bytes())
    write_bytes(there.weights, here.weights.read_bytes())


def _experiment_text() -> str:
    backbones = (SHIPPED, TRAINED)
    files = "\n".join(f'files.{name} = "{_weights(Path(), name).as_posix()}"' for name in backbones)
    return EXPERIMENT.format(
        note=NOTE, seed=SEED, backbones=json.dumps(backbones), files=files, pixels=PIXELS, size=SIZE
    )


def _source() -> dict[str, Any]:
    """Return the contents of a source file for `radtl pretrain`."""
    task = as_dict(KINDS["skull-findings"].task())
    return {
        "name": f"{TRAINED} on findings in phantoms",
        "note": NOTE,
        "task": {key: task[key] for key in ("kind", "label_separator", "patient")}
        | {"manifest": "findings/labels.csv"},
        "model": {"backbone": TRAINED, "pixels": PIXELS},
        "training": {"image_size": SIZE, "epochs": SOURCE_EPOCHS, "batch_size": 16, "learning_rate": 2e-3},
        "record": {"license": "CC0-1.0: trained on synthetic radiographs only"},
    }


def _ranking(results: OutputFolder) -> Ranking:
    """Rank the settings; on a tie, the demo reports it and still exports the first one."""
    scenarios = [Scenario.from_dict(row) for row in read_json(results.experiment)["scenarios"]]
    return rank_settings(inner_losses(results, scenarios))


def _export_and_predict(out: Path) -> list[Score]:
    """Export the setting with the lowest inner loss and score radiographs that no run has seen."""
    model, new, results = out / "model", out / "new", OutputFolder(out / "results")
    _log.info(f"4/5 Exporting a SavedModel to {model}")
    if find_version(model) is None:
        ranking = _ranking(results)
        _log.info(f"    {ranking.best}, the setting with the lowest inner loss ({ranking.loss:.3f})")
        if ranking.is_tie:
            _log.info(f"    A tie: {ranking.runner_up} ({ranking.runner_up_loss:.3f}) is within one standard error")
        export(results, ranking.best, model, weights_folder=weights_folder())
    _log.info("5/5 Scoring new DICOM files")
    _draw(new, "skull", 2, seed=3)
    return list(predict(open_model(model), sorted(new.rglob("*.dcm"))))
