"""The verbs of an experiment: train, run, status, report."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from radtl_tf.cli import options
from radtl_tf.cli.options import (
    FILE,
    FOLDER,
    as_json,
    clock,
    load_tensorflow,
    log,
    out_folder,
    progress,
    task_of,
)
from radtl_tf.records.experiment import Grid

if TYPE_CHECKING:
    from radtl_tf.experiment.plan.plan import Plan
    from radtl_tf.records.experiment import Experiment

NATIVE = Grid.pixels[0]  # each weights' own pixel convention

# The report's tables that hold results; the others say how these were made.
RESULTS = (
    "settings",
    "comparisons",
    "learning-curve",
    "pixels",
    "choices",
    "probe",
    "baselines",
    "published",
    "classes",
    "class-comparisons",
    "scenarios",
)


@click.command()
@click.argument("experiment", type=FILE)
@out_folder
@click.option(
    "--dry-run", is_flag=True, help="Check everything, print the runs and what they will cost; train nothing."
)
@click.option("--accept", multiple=True, metavar="FINDING", help="Accept this warning of the data check. Repeatable.")
def run(experiment: Path, out: Path, dry_run: bool, accept: tuple[str, ...]) -> None:
    """Train the grid of EXPERIMENT (a TOML file), then evaluate and report. Run it again to resume.

    Example: radtl run experiment.toml --out results
    """
    from radtl_tf.records.reader import read_experiment

    run_experiment(read_experiment(experiment), out, dry_run=dry_run, accepted=accept)


@click.command()
@options.manifest
@options.task_options
@click.option("--backbone", default="ResNet50", show_default=True, help="Backbone, see `radtl doctor`.")
@click.option("--weights", required=True, help="imagenet, radimagenet, random, or an .h5 file, which needs --pixels.")
@options.pixels(default=NATIVE)
@click.option("--tuning", default="frozen", show_default=True, help="frozen, top10, topK or full.")
@click.option("--layers", type=int, help="K of topK: how many layers that have weights learn.")
@click.option("--learning-rate", "rates", type=float, multiple=True, required=True, help="May be given several times.")
@options.folds
@options.epochs
@options.image_size
@options.batch_size
@options.seed
@out_folder
def train(out: Path, **flags: Any) -> None:
    """Train and evaluate one setting over the folds: an experiment of one row, from flags.

    Example: radtl train --manifest labels.csv --positive pneumonia --patient patient_id --unit image
    --weights imagenet --learning-rate 0.001 --out results
    """
    from radtl_tf.records.reader import experiment_from

    run_experiment(experiment_from(experiment_of_flags(flags), Path.cwd()), out)


@click.command()
@click.argument("folder", type=FOLDER)
@as_json
def status(folder: Path, as_json: bool) -> None:
    """Say how much of the experiment in FOLDER is done."""
    from radtl_tf.records.disk import read_json
    from radtl_tf.records.folder import OutputFolder

    record = read_json(OutputFolder(folder).experiment)
    folds = record["experiment"]["folds"]
    each = folds["count"] * folds["repeats"]
    names = [scenario["scenario"] for scenario in record["scenarios"]]
    done = {name: len(list((folder / "runs" / name).glob("[!.]*/DONE.json"))) for name in names}
    if as_json:
        click.echo(json.dumps({"runs": each * len(names), "done": sum(done.values()), "scenarios": done}))
        return
    click.echo(f"{sum(done.values())} of {each * len(names)} runs are done")
    for name, number in done.items():
        click.echo(f"{number:5d} of {each}  {name}")


@click.command()
@click.argument("folder", type=FOLDER)
@click.option(
    "--saliency",
    type=click.IntRange(1, 8),
    metavar="N",
    help="Show Grad-CAM maps of N cases of each kind (true and false, positive and negative). They are patients' "
    "radiographs, so no report has them unasked; delete FOLDER/saliency to take them out again.",
)
def report(folder: Path, saliency: int | None) -> None:
    """Evaluate the finished runs in FOLDER again and write tables and report.html.

    Example: radtl report results --saliency 2
    """
    if saliency is not None:
        draw_saliency(folder, saliency)
    evaluate_and_report(folder)


def run_experiment(experiment: Experiment, out: Path, *, dry_run: bool = False, accepted: tuple[str, ...] = ()) -> None:
    """Prepare, train what is left, evaluate and report; print tables on stdout and time and memory on stderr."""
    start = time.monotonic()
    plan = _plan(experiment, out, accepted)
    if dry_run:
        from radtl_tf.experiment.cost import price

        for line in price(plan, log).lines():
            click.echo(line)
        return
    from radtl_tf.experiment.engine import collect_predictions, execute
    from radtl_tf.experiment.similarity import write_similarities
    from radtl_tf.experiment.time_left import Remaining
    from radtl_tf.training.device import peak_memory
    from radtl_tf.training.trial_step import WITHOUT_GPU, one_line_when_full

    total, left = len(plan.runs), len(plan.remaining)
    log(f"{left} of {total} runs are left" if left < total else f"{total} runs")
    remaining = Remaining(plan.remaining)
    with progress(total, total - left) as bar:
        for done in execute(plan, bar.say):
            bar.advance(remaining.finish(done))
    collect_predictions(plan)
    with one_line_when_full(WITHOUT_GPU):
        write_similarities(plan, log)
    evaluate_and_report(out)
    log(f"Wall time {clock(time.monotonic() - start)}, peak memory {peak_memory() / 1e9:.1f} GB")


def _plan(experiment: Experiment, out: Path, accepted: tuple[str, ...]) -> Plan:
    load_tensorflow()
    from radtl_tf.experiment.plan.plan import make_plan
    from radtl_tf.places import cache_folder, weights_folder
    from radtl_tf.records.folder import OutputFolder
    from radtl_tf.training.device import prepare

    device = prepare(experiment.training, experiment.seed)
    plan = make_plan(
        experiment,
        OutputFolder(out),
        device=device,
        weights_folder=weights_folder(),
        cache_folder=cache_folder(),
        accepted=accepted,
        say=log,
    )
    for warning in plan.warnings:
        log(f"Warning: {warning}")
    return plan


def draw_saliency(folder: Path, per_kind: int) -> None:
    """Draw saliency maps into ``folder``; the only part of a report that needs TensorFlow."""
    load_tensorflow()
    from radtl_tf.places import weights_folder
    from radtl_tf.report.saliency.draw import write_saliency
    from radtl_tf.training.trial_step import WITHOUT_GPU, one_line_when_full

    with one_line_when_full(WITHOUT_GPU):
        place = write_saliency(folder, per_kind, weights_folder=weights_folder(), say=log)
    log(f"Saliency: {place} and the report show patients' radiographs: do not pass them on.")


def evaluate_and_report(out: Path) -> None:
    """Write estimates, comparisons and the report of a folder; print the tables."""
    from radtl_tf.evaluation.evaluate import evaluate
    from radtl_tf.report.drawing.table import render_text
    from radtl_tf.report.pages.experiment import write_report
    from radtl_tf.report.results.tables import tables

    evaluation = evaluate(out)
    page = write_report(out, evaluation)
    if evaluation.question:
        click.echo(f"{evaluation.question.sentence}\n")
    for line in evaluation.ablation.sentences if evaluation.ablation else ():
        click.echo(f"{line}\n")
    if evaluation.learning_curve:
        click.echo(f"{evaluation.learning_curve.sentence}\n")
    for table in tables(evaluation):
        if table.key in RESULTS:
            click.echo(render_text(table))
    log(f"Report: {page}")


def experiment_of_flags(flags: dict[str, Any]) -> dict[str, Any]:
    """Return the experiment file that ``radtl train`` stands for."""
    from radtl_tf.records.reader import as_dict

    weights, declared = flags["weights"], {}
    if weights.endswith(".h5"):
        if flags["pixels"] == NATIVE:
            raise click.UsageError("an .h5 file needs --pixels: the convention that its weights were trained with.")
        declared = {Path(weights).stem: {"files": {flags["backbone"]: weights}, "pixels": flags["pixels"]}}
        weights, flags["pixels"] = Path(weights).stem, NATIVE
    tuning = {"mode": flags["tuning"], "learning_rates": flags["rates"], "layers": flags["layers"]}
    task = task_of(flags["manifest"], {name: flags[name] for name in options.TASK})
    return {
        "name": f"{flags['backbone']} {weights} {flags['tuning']}",
        "seed": flags["seed"],
        "task": as_dict(task),
        "folds": {"count": flags["folds"]},
        "grid": {
            "backbones": [flags["backbone"]],
            "weights": [weights],
            "pixels": [flags["pixels"]],
            "tunings": [tuning],
        },
        "weights": declared,
        "training": {key: flags[key] for key in ("epochs", "image_size", "batch_size")},
    }
