"""The verbs of an experiment: train, run, status, report."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from radtl_tf.cli import cluster, manifest_options, options, parts
from radtl_tf.cli.manifest_options import task_of
from radtl_tf.cli.options import FILE, FOLDER, Verb, as_json, out_folder
from radtl_tf.cli.tensorflow_import import load_tensorflow
from radtl_tf.errors import RadtlError
from radtl_tf.progress import clock
from radtl_tf.records.experiment import Grid

if TYPE_CHECKING:
    from radtl_tf.evaluation.evaluate import Evaluation
    from radtl_tf.experiment.status import Status
    from radtl_tf.records.experiment import Experiment

NATIVE = Grid.pixels[0]  # the pixel convention of the weights

# Tables of the report that hold results; the others describe how the results were made.
RESULTS = (
    "settings",
    "comparisons",
    "learned",
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


allow_changed = click.option(
    "--allow-changed",
    is_flag=True,
    help="Resume although finished runs had other software or hardware. The report says so.",
)


@click.command(cls=Verb)
@click.argument("experiment", type=FILE, required=False)
@out_folder
@options.dry_run
@parts.part_options
@cluster.emit_option
@cluster.ray_option
@click.option("--accept", multiple=True, metavar="FINDING", help="Accept this warning of the data check. Repeatable.")
@allow_changed
def run(experiment: Path | None, out: Path, accept: tuple[str, ...], allow_changed: bool, **part: Any) -> None:
    """Run an experiment: train, evaluate and report.

    EXPERIMENT is a TOML file, which `radtl init` writes; --only and --finish do not need it. Trains every setting on
    every fold, prints the answer and writes report.html. Run the same command again to resume; run it twice at the same
    time, and both share the work.

    Example:
      radtl run experiment.toml --out results
    """
    parts.check_parts(experiment, part)
    if not any(part.values()):
        parts.supervise(out)  # the child reads the file
    from radtl_tf.records.reader import read_experiment

    known = read_experiment(experiment) if experiment else None
    if part["only"]:
        parts.only(known, out, part["only"], allow_changed)
    elif part["finish"]:
        _finish(known, out)
    elif experiment and known:
        name = next((name for name in _APART if part[name]), None)
        if name:
            _APART[name](experiment, out, accept, allow_changed, part[name])
            return
        act = next((act for name, act in _ACTS.items() if part[name]), _run)
        act(known, out, accept, allow_changed)


@click.command(cls=Verb)
@manifest_options.manifest
@manifest_options.task_options
@manifest_options.columns
@options.backbone(default="ResNet50")
@click.option(
    "--weights",
    required=True,
    metavar="NAME",
    help="Weights to start from: imagenet, radimagenet, random or an .h5 file, which needs --pixels.",
)
@options.pixels(default=NATIVE)
@options.tuning
@options.layers
@click.option(
    "--learning-rate",
    "rates",
    type=click.FloatRange(0, min_open=True),
    metavar="X",
    multiple=True,
    required=True,
    help="Learning rate. Repeatable; the inner loss chooses one.",
)
@options.folds
@options.epochs
@options.image_size
@options.batch_size
@options.seed
@out_folder
@allow_changed
def train(out: Path, allow_changed: bool, **flags: Any) -> None:
    r"""Train one setting, without an experiment file.

    Trains and evaluates one backbone with one kind of weights and tuning over the folds, and writes the same output
    folder as `radtl run`. Run the same command again to resume.

    Example:
      radtl train --manifest labels.csv --positive pneumonia \
        --patient patient_id --weights imagenet --learning-rate 0.001 --out results
    """
    _run(_experiment_of(flags), out, allow_changed=allow_changed)


@click.command(cls=Verb)
@click.argument("folder", type=FOLDER)
@as_json
def status(folder: Path, as_json: bool) -> None:
    """Show what is done, what failed, and who is at work.

    FOLDER is the output folder of `radtl run`. It can be read at any time, on any machine that sees it.

    Example:
      radtl status results
    """
    from radtl_tf.experiment.status import read_status

    found = read_status(folder)
    if as_json:
        click.echo(json.dumps(found.as_dict()))
        return
    for line in _status_lines(found, datetime.now(UTC)):
        click.echo(line)


@click.command(cls=Verb)
@click.argument("folder", type=FOLDER)
@click.option(
    "--saliency",
    type=click.IntRange(1, 8),
    metavar="N",
    help="Add Grad-CAM maps of N true and N false cases of each class. They show radiographs of patients, so a report "
    "contains them only on request. To remove them, delete FOLDER/saliency.",
)
@click.option(
    "--images",
    type=click.IntRange(1, 8),
    metavar="N",
    help="Add the radiographs of N true and N false cases of each class, without maps. To remove them, delete "
    "FOLDER/images.",
)
def report(folder: Path, saliency: int | None, images: int | None) -> None:
    """Evaluate the finished runs again and rewrite the report.

    FOLDER is the output folder of `radtl run`. Trains nothing. Also writes a summary on one page to send on,
    card.html and card.png. No page shows a patient's image without --saliency or --images.

    Example:
      radtl report results --saliency 2
    """
    from radtl_tf.experiment.report import report_experiment

    if images is not None or saliency is not None:
        load_tensorflow()
        from radtl_tf.experiment.saliency import draw_saliency, show_images

        for number, show in ((images, show_images), (saliency, draw_saliency)):
            if number is not None:
                show(folder, number)
    print_results(report_experiment(folder))


def _status_lines(found: Status, now: datetime) -> Iterator[str]:
    yield f"{found.done} of {found.runs} runs are done, {found.left} are left"
    for name, number in found.scenarios.items():
        yield f"{number:5d} of {found.runs_each}  {name}"
    for name, failure in found.failed.items():
        yield f"Failed ({_ago(failure.when, now)}): {name}: {failure.reason}"
    if found.first and found.last:
        yield f"First run finished {_ago(found.first, now)}, last run {_ago(found.last, now)}"
    yield from _unit_lines(found)
    if found.writer or not found.workers:
        yield f"In use by {found.writer}" if found.writer else "No process works on it"
    yield f"Size on disk: {found.num_bytes / 1e6:.1f} MB"


def _unit_lines(found: Status) -> Iterator[str]:
    """Yield a line per work unit that is not done, and one that counts the others."""
    open_ = [unit for unit in found.units if unit.done < unit.runs]
    if open_:
        yield f"{len(found.units) - len(open_)} of {len(found.units)} work units are done"
    for unit in open_:
        worker = f", in the hands of {unit.worker}" if unit.worker else ""
        time = f", {clock(unit.seconds)} estimated for all" if unit.seconds else ""
        yield f"{unit.done:5d} of {unit.runs}  {unit.name}{time}{worker}"


def _ago(when: str, now: datetime) -> str:
    return f"{clock(max((now - datetime.fromisoformat(when)).total_seconds(), 0))} ago"


def _run(experiment: Experiment, out: Path, accepted: tuple[str, ...] = (), allow_changed: bool = False) -> None:
    parts.supervise(out)
    from radtl_tf.models.weights.catalogue import files_present, hashed_meanwhile
    from radtl_tf.places import weights_folder

    declared = {name: entry.files for name, entry in experiment.weights.items()}
    grid = experiment.grid
    names = {*grid.weights, *(entry.use for entry in experiment.weights.values() if entry.use)}
    with hashed_meanwhile(files_present(names, grid.backbones, declared, weights_folder())):
        load_tensorflow()
    from radtl_tf.experiment.run import run_experiment
    from radtl_tf.library.bars import bars

    with bars() as watch:
        evaluation = run_experiment(experiment, out, accepted=accepted, allow_changed=allow_changed, watch=watch)
    _print_answer(evaluation)


def _finish(experiment: Experiment | None, out: Path) -> None:
    parts.prepared_for(experiment, out)
    parts.supervise(out)
    load_tensorflow()
    from radtl_tf.experiment.run import finish_experiment

    _print_answer(finish_experiment(out))


def _print_answer(evaluation: Evaluation) -> None:
    """Print the results; what is missing is an error."""
    print_results(evaluation)
    if evaluation.record.missing.lines:
        raise RadtlError(" ".join(evaluation.record.missing.lines))


def _print_price(experiment: Experiment, out: Path, accepted: tuple[str, ...], allow_changed: bool) -> None:
    load_tensorflow()
    from radtl_tf.experiment.cost import bfloat16_instead, price
    from radtl_tf.experiment.run import plan_experiment
    from radtl_tf.records.safety.lock import writing

    with writing(out):
        plan = plan_experiment(experiment, out, accepted=accepted, allow_changed=allow_changed)
        found = price(plan)
        lines = [*found.lines(), *bfloat16_instead(plan, found)]
    for line in lines:
        click.echo(line)


_ACTS = {"dry_run": _print_price, "prepare": parts.prepare}
_APART: dict[str, Callable[[Path, Path, tuple[str, ...], bool, Any], None]] = {
    "workers": parts.with_workers,
    "emit": cluster.emit,
    "ray": cluster.on_ray,
}


def print_results(evaluation: Evaluation) -> None:
    """Print the answer and the tables of results."""
    from radtl_tf.report.drawing.table import render_text
    from radtl_tf.report.pages.card import answer_lines
    from radtl_tf.report.results.tables import tables

    for line in answer_lines(evaluation) if evaluation.question else ():
        click.echo(f"{line}\n")
    for line in evaluation.ablation.sentences if evaluation.ablation else ():
        click.echo(f"{line}\n")
    if evaluation.learning_curve:
        click.echo(f"{evaluation.learning_curve.sentence}\n")
    for table in tables(evaluation):
        if table.key in RESULTS:
            click.echo(render_text(table))


def _experiment_of(flags: dict[str, Any]) -> Experiment:
    """Return the experiment that the flags of ``radtl train`` describe."""
    from radtl_tf.experiment.one_setting import one_setting

    if flags["weights"].endswith(".h5") and flags["pixels"] == NATIVE:
        raise click.UsageError("an .h5 file needs --pixels, the pixel convention that its weights were trained with.")
    task = task_of(flags["manifest"], {name: flags[name] for name in (*manifest_options.TASK, "columns")})
    same = ("backbone", "weights", "pixels", "tuning", "layers", "folds", "epochs", "image_size", "batch_size", "seed")
    return one_setting(task, learning_rates=flags["rates"], **{key: flags[key] for key in same})
