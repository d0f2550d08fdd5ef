"""The verb demo: the whole job on synthetic radiographs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from radtl_tf.cli.options import FOLDER, load_tensorflow, log

NOTE = "Synthetic radiographs: this shows the pipeline and is never evidence."
BACKBONES = ("MobileNet", "ResNet50")
SIZE = 64
PATIENTS = 150
SOURCE_EPOCHS = 5
PIXELS = "tf"  # the convention of the weights that the demo makes, in pre-training and after it

EXPERIMENT = """\
# The demo's experiment: is it better to start from weights that have seen other phantoms, or from random ones?
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

[weights.phantom]               # made by the demo itself on another task: supernumerary teeth
{files}
pixels = "{pixels}"

[training]
image_size = {size}
epochs = 10
batch_size = 8
"""


@click.command()
@click.option(
    "--out", type=FOLDER, default="radtl-demo", show_default=True, help="Folder to work in; call again to resume."
)
def demo(out: Path) -> None:
    """Run the whole job on synthetic radiographs, with no download: a few minutes.

    Draws radiographs as DICOM files, pre-trains two small backbones on one task, compares those weights with random
    ones on another, writes the report, exports a model and scores a new radiograph.
    """
    load_tensorflow()
    from radtl_tf.cli.run import run_experiment
    from radtl_tf.data.phantoms.write import write_phantoms
    from radtl_tf.records.folder import write_text
    from radtl_tf.records.reader import read_experiment

    log(f"1/5 Drawing panoramic and cephalometric radiographs in {out}")
    for folder, kind, seed in (("panoramic", "supernumerary", 1), ("cephalograms", "skull", 2)):
        if not (out / folder).exists():
            write_phantoms(out / folder, kind=kind, num_patients=PATIENTS, seed=seed)
    log("2/5 Pre-training on the panoramic radiographs")
    for backbone in BACKBONES:
        _pretrain(out, backbone)
    log("3/5 Running the experiment on the cephalograms")
    write_text(out / "experiment.toml", _experiment_text())
    run_experiment(read_experiment(out / "experiment.toml"), out / "results")
    _export_and_predict(out)
    log(f"Done. {NOTE} Open {out / 'results' / 'report.html'} in a browser.")


def _experiment_text() -> str:
    files = "\n".join(f'files.{name} = "weights/{_file_name(name)}"' for name in BACKBONES)
    return EXPERIMENT.format(note=NOTE, backbones=json.dumps(BACKBONES), files=files, pixels=PIXELS, size=SIZE)


def _file_name(backbone: str) -> str:
    return f"phantom-{backbone}_notop.h5"


def _pretrain(out: Path, backbone: str) -> None:
    """Make a weights file from the panoramic radiographs unless it is there."""
    from radtl_tf.cli.pretrain import make_weights
    from radtl_tf.records.pretraining import pretraining_from

    file = out / "weights" / _file_name(backbone)
    make_weights(pretraining_from(_source(backbone), out), file, out / "data")
    log(f"    {file}")


def _source(backbone: str) -> dict[str, Any]:
    """Return the source file that `radtl pretrain` would be given."""
    return {
        "name": f"{backbone} on panoramic phantoms",
        "note": NOTE,
        "task": {"manifest": "panoramic/labels.csv", "positive": "present", "patient": "patient_id"},
        "model": {"backbone": backbone, "pixels": PIXELS},
        "training": {"image_size": SIZE, "epochs": SOURCE_EPOCHS, "batch_size": 8},
        "record": {"license": "CC0-1.0: nothing but synthetic radiographs went in"},
    }


def _export_and_predict(out: Path) -> None:
    """Export the experiment's best setting and score a radiograph that no run has seen."""
    from radtl_tf.data.phantoms.write import write_phantoms
    from radtl_tf.deploy.predict import load_model, predict
    from radtl_tf.deploy.saved_model import export
    from radtl_tf.places import weights_folder
    from radtl_tf.records.folder import OutputFolder

    model, new = out / "model", out / "new"
    log(f"4/5 Exporting a SavedModel to {model}")
    if not model.exists():
        export(OutputFolder(out / "results"), None, model, weights_folder=weights_folder())
    log("5/5 Scoring new DICOM files")
    if not new.exists():
        write_phantoms(new, kind="skull", num_patients=2, seed=3)
    click.echo("path,score")
    for score in predict(load_model(model), sorted(new.rglob("*.dcm"))):
        click.echo(f"{score.path.name},{score.score:.4f}")
