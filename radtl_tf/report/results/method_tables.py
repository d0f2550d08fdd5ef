"""Tables of data and method: what went into the experiment, and how it was made."""

from __future__ import annotations

from pathlib import Path

from radtl_tf.evaluation.evaluate import Evaluation
from radtl_tf.evaluation.question.notes import rarest
from radtl_tf.models.weights.catalogue import published_size
from radtl_tf.records.experiment_facts import CheckFacts, WeightsFacts
from radtl_tf.records.reader import as_dict
from radtl_tf.report.drawing.table import Table
from radtl_tf.report.numbers_and_stages.label import numbers_table

SHORT_HASH = 12


def weights_table(evaluation: Evaluation) -> Table:
    """Return the source of the weights that training started from."""
    return Table(
        key="weights",
        title="Weights",
        caption="Pixels is the convention of the images that the network received; own convention is the one that the "
        "weights were trained with. Trained at is the side of the images of pre-training, if the catalogue knows the "
        "file.",
        columns=("Weights", "Backbone", "Source", "File", "sha256", "Trained at", "Pixels", "Own convention"),
        rows=tuple(
            (
                *(entry.name, entry.backbone, entry.source, entry.file or ""),
                *((entry.sha256 or "")[:SHORT_HASH], _trained_at(entry), entry.pixels, entry.native_pixels),
            )
            for entry in evaluation.record.facts.weights
        ),
        section="method",
    )


def _trained_at(entry: WeightsFacts) -> str:
    side = published_size(Path(entry.file), entry.sha256, entry.backbone) if entry.file and entry.sha256 else None
    return f"{side} px" if side else ""


def data_table(evaluation: Evaluation) -> Table:
    """Return images and patients per class, or the range of a number."""
    data = evaluation.record.data
    target = evaluation.record.target
    if target.is_number:
        return numbers_table(evaluation)
    positive = target.classes[-1] if target.is_binary else None
    several = "a patient with images of both classes" if positive else "an image or patient of several classes"
    column = "Stage" if target.kind == "ordinal" else "Class"
    scored = "Scores are for the positive class. " if positive else ""
    return Table(
        key="data",
        title="Data",
        caption=f"{data.examples} images of {data.patients} patients; {several} counts in each. {scored}One case "
        f"is one {data.unit}. sha256 {data.sha256[:SHORT_HASH]}.",
        columns=(column, "Images", "Patients"),
        rows=tuple(
            (f"{name} (positive)" if name == positive else name, str(count.images), str(count.patients))
            for name, count in data.counts.items()
        ),
        section="data",
    )


def folds_table(evaluation: Evaluation) -> Table:
    """Return images, patients and positive images (or patients of the rarest class) of each part of each fold."""
    target = evaluation.record.target
    last = [] if target.is_number else ["positives"] if target.is_binary else ["fewest_patients"]
    counts = evaluation.parts[["images", "patients", *last]].astype(str)
    parts = evaluation.parts.assign(cell=counts.agg(" / ".join, axis=1))
    fewest = f"fewest {rarest(target)}" if target.kind == "ordinal" else "patients of the rarest class"
    counted = "".join(f" / {'positive images' if name == 'positives' else fewest}" for name in last)
    wide = parts.pivot(index=["repeat", "fold"], columns="part", values="cell").reset_index()
    return Table(
        key="folds",
        title="Folds",
        caption=f"Images / patients{counted}. Patients are never shared between parts of a fold.",
        columns=("Repeat", "Fold", "Train", "Inner", "Test"),
        rows=tuple(
            (str(row["repeat"]), str(row["fold"]), row["train"], row["inner"], row["test"])
            for row in wide.to_dict("records")
        ),
        section="data",
    )


def check_table(evaluation: Evaluation) -> Table:
    """Return the findings of the data check before the first run."""
    check = evaluation.record.facts.check or CheckFacts()
    return Table(
        key="check",
        title="Data check",
        caption="Findings before the first run. An error would have stopped the experiment; the user has reviewed "
        "each accepted warning.",
        columns=("Finding", "Level", "What", "Accepted"),
        rows=tuple(
            (finding.code, finding.level, finding.message, "yes" if finding.code in check.accepted else "")
            for finding in check.findings
        ),
        section="data",
    )


def stuck_table(evaluation: Evaluation) -> Table:
    """Return the runs whose inner loss was still falling."""
    runs = evaluation.record.runs
    return Table(
        key="not-converged",
        title="Runs that had not converged",
        caption="The lowest inner loss of these runs was in the last epoch, so more epochs may improve them.",
        columns=("Scenario", "Repeat", "Fold", "Epochs"),
        rows=tuple(
            (row["scenario"], str(row["repeat"]), str(row["fold"]), str(row["epochs"]))
            for row in runs[runs["converged"].isin([False])].to_dict("records")
        ),
        section="training",
    )


def method_table(evaluation: Evaluation) -> Table:
    """Return settings of training, versions and hardware."""
    facts, runs = evaluation.record.facts, evaluation.record.runs
    values = {
        "seed": facts.experiment.seed,
        **{f"training: {name}": value for name, value in as_dict(facts.experiment.training).items()},
        **{f"hardware: {name}": value for name, value in facts.hardware.items()},
        **{f"version: {name}": value for name, value in facts.versions.items()},
        "runs": f"{len(runs)} in {runs['seconds'].sum() / 60:.0f} minutes",
        "waiting for data": f"{runs['waiting'].sum() / runs['seconds'].sum():.1%} of that time",
    }
    return Table(
        key="method",
        title="How it was made",
        caption="All of these values are in experiment.json.",
        columns=("What", "Value"),
        rows=tuple((name, str(value)) for name, value in values.items()),
        section="method",
    )
