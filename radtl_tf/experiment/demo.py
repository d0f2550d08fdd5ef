"""Run the demo: draw radiographs, pre-train, compare weights on another task, export a model, score new images."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from radtl_tf.data.phantoms.write import write_phantoms
from radtl_tf.deploy.predict import Score, load_model, predict
from radtl_tf.deploy.saved_model import export
from radtl_tf.evaluation.evaluate import Evaluation
from radtl_tf.evaluation.question.best_setting import Ranking, inner_losses, rank_settings
from radtl_tf.experiment.run import run_experiment
from radtl_tf.experiment.weights.make import make_weights
from radtl_tf.logs import get_logger
from radtl_tf.places import weights_folder
from radtl_tf.progress import Watch, silent
from radtl_tf.records.disk import read_json, write_text
from radtl_tf.records.folder import OutputFolder
from radtl_tf.records.pretraining import pretraining_from
from radtl_tf.records.reader import read_experiment
from radtl_tf.records.runs import Scenario

_log = get_logger(__name__)

NOTE = "Synthetic radiographs: they show the pipeline and are never evidence."
BACKBONES = ("MobileNet", "ResNet50")
SIZE = 64
PATIENTS = 150
SOURCE_EPOCHS = 5
PIXELS = "tf"  # pixel convention of the demo's own weights, in pre-training and in the experiment

EXPERIMENT = """\
# The demo's experiment: are weights pre-trained on other phantoms a better start than random weights?
name = "demo"
note = "{note}"
seed = 726

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
count = 3

[grid]
backbones = {backbones}
weights = ["phantom", "random"]
tunings = [ {{ mode = "frozen", learning_rates = [1e-2, 1e-3] }},
            {{ mode = "top10",  learning_rates = [1e-3] }} ]

[weights.phantom]               # the demo pre-trains them on another task: supernumerary teeth
{files}
pixels = "{pixels}"

[training]
image_size = {size}
epochs = 10
batch_size = 8
"""


def run_demo(out: Path, watch: Watch = silent) -> tuple[Evaluation, list[Score]]:
    """Run the demo in the folder ``out``, or resume it; return the evaluation and the scores of the new images.

    Raises:
        OutputError: ``out`` cannot be written.
    """
    _log.info(f"1/5 Drawing panoramic and cephalometric radiographs in {out}")
    for folder, kind, seed in (("panoramic", "supernumerary", 1), ("cephalograms", "skull", 2)):
        if not (out / folder).exists():
            write_phantoms(out / folder, kind=kind, num_patients=PATIENTS, seed=seed)
    _log.info("2/5 Pre-training on the panoramic radiographs")
    for backbone in BACKBONES:
        _pretrain(out, backbone)
    _log.info("3/5 Running the experiment on the cephalograms")
    write_text(out / "experiment.toml", _experiment_text())
    evaluation = run_experiment(read_experiment(out / "experiment.toml"), out / "results", watch=watch)
    scores = _export_and_predict(out)
    _log.info(f"Done. {NOTE} Open {out / 'results' / 'report.html'} in a browser.")
    return evaluation, scores


def _experiment_text() -> str:
    files = "\n".join(f'files.{name} = "weights/{_file_name(name)}"' for name in BACKBONES)
    return EXPERIMENT.format(note=NOTE, backbones=json.dumps(BACKBONES), files=files, pixels=PIXELS, size=SIZE)


def _file_name(backbone: str) -> str:
    return f"phantom-{backbone}_notop.h5"


def _pretrain(out: Path, backbone: str) -> None:
    """Pre-train a weights file on the panoramic radiographs unless it exists."""
    file = out / "weights" / _file_name(backbone)
    make_weights(pretraining_from(_source(backbone), out), file, out / "data")
    _log.info(f"    {file}")


def _source(backbone: str) -> dict[str, Any]:
    """Return the contents of a source file for `radtl pretrain`."""
    return {
        "name": f"{backbone} on panoramic phantoms",
        "note": NOTE,
        "task": {"manifest": "panoramic/labels.csv", "positive": "present", "patient": "patient_id"},
        "model": {"backbone": backbone, "pixels": PIXELS},
        "training": {"image_size": SIZE, "epochs": SOURCE_EPOCHS, "batch_size": 8},
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
    if not model.exists():
        ranking = _ranking(results)
        _log.info(f"    {ranking.best}, the setting with the lowest inner loss ({ranking.loss:.3f})")
        if ranking.is_tie:
            _log.info(f"    A tie: {ranking.runner_up} ({ranking.runner_up_loss:.3f}) is within one standard error")
        export(results, ranking.best, model, weights_folder=weights_folder())
    _log.info("5/5 Scoring new DICOM files")
    if not new.exists():
        write_phantoms(new, kind="skull", num_patients=2, seed=3)
    return list(predict(load_model(model), sorted(new.rglob("*.dcm"))))
