"""Refuse an experiment whose values are valid one by one but contradict each other."""

from __future__ import annotations

from radtl_tf.errors import ExperimentError, nearest
from radtl_tf.records.experiment import Experiment, Grid, Question, TuningAxis
from radtl_tf.records.operating_points import operating_points
from radtl_tf.records.task_rules import check_task


def check_experiment(experiment: Experiment) -> None:
    """Refuse an experiment whose values are valid one by one but contradict each other.

    Raises:
        ExperimentError: names the keys.
    """
    check_task(experiment.task)
    for tuning in experiment.grid.tunings:
        _check_tuning(tuning)
    _check_grid(experiment.grid)
    _check_embeddings(experiment)
    _check_backbones(experiment)
    _check_question(experiment.question, experiment.grid)
    _check_evaluation(experiment)
    if experiment.task.kind == "regression" and experiment.training.class_weights != "none":
        raise ExperimentError("training.class_weights is only valid for classes; this task is regression. Remove it.")
    if experiment.training.views and experiment.training.augmentation == "none":
        raise ExperimentError("training.views is only valid with training.augmentation, which is 'none': remove it.")


def _check_question(question: Question | None, grid: Grid) -> None:
    weights = grid.weights
    if question is None:
        if len(weights) > 1:
            raise ExperimentError(
                f"[question] is missing: name the two of {', '.join(weights)} to compare before the first run."
            )
        if len(grid.train_fractions) > 1:
            raise ExperimentError(
                "grid.train_fractions is only valid with a [question]: add one, or remove the fractions."
            )
        return
    for name in question.compare:
        if name not in weights:
            hint = nearest(name, weights)
            raise ExperimentError(f"question.compare names {name!r}, which is not among grid.weights{hint}.")
    if question.compare[0] == question.compare[1]:
        raise ExperimentError(f"question.compare names {question.compare[0]!r} twice: a comparison needs two weights.")


def check_metric(experiment: Experiment, has_margin: bool) -> None:
    """Refuse a metric that the task does not have, and a margin outside the metric's range.

    ``has_margin`` tells whether the file names a margin, or it is the default.

    Raises:
        ExperimentError: says what is expected.
    """
    question, task = experiment.question, experiment.task
    if question is None:
        return
    is_number, metric = task.kind == "regression", question.metric
    if is_number != (metric == "mae"):
        right = "'mae', with a margin in the unit of the label" if is_number else "'auroc'"
        raise ExperimentError(f"question.metric = {metric!r}, but the task is {task.kind}: write metric = {right}.")
    if is_number and not has_margin:
        raise ExperimentError(
            f"question.margin is missing: write the largest difference in {task.label_unit} that does not matter."
        )
    if not is_number and question.margin >= 1:
        raise ExperimentError(f"question.margin = {question.margin:g} is out of range: an AUROC needs one below 1.")


def _check_evaluation(experiment: Experiment) -> None:
    asked = {
        "operating_points": operating_points(experiment.evaluation.operating_points),
        "subgroups": experiment.evaluation.subgroups,
    }
    for key, values in asked.items():
        if values and experiment.task.kind != "binary":
            kind = experiment.task.kind
            raise ExperimentError(f"evaluation.{key} is only valid for binary tasks; this task is {kind}. Remove it.")
    if len(set(asked["subgroups"])) < len(asked["subgroups"]):
        names = ", ".join(experiment.evaluation.subgroups)
        raise ExperimentError(f"evaluation.subgroups lists a name twice: {names}. Remove one.")


def _check_tuning(tuning: TuningAxis) -> None:
    if (tuning.mode == "topK") != (tuning.layers is not None):
        raise ExperimentError(
            "'layers' is required for mode = 'topK' and invalid for other modes: { mode = \"topK\", layers = 25, ... }."
        )


def _check_grid(grid: Grid) -> None:
    axes = {
        "backbones": grid.backbones,
        "weights": grid.weights,
        "pixels": grid.pixels,
        "image_sizes": grid.image_sizes,
        "train_fractions": grid.train_fractions,
        "tunings": tuple(tuning.name for tuning in grid.tunings),
        **{f"tunings ({tuning.name}).learning_rates": tuning.learning_rates for tuning in grid.tunings},
    }
    for axis, values in axes.items():
        if len(set(values)) < len(values):
            raise ExperimentError(f"grid.{axis} lists a value twice: {', '.join(map(str, values))}. Remove one.")
    if 1.0 not in grid.train_fractions:
        raise ExperimentError("grid.train_fractions lacks 1.0: add it, since the question uses all training patients.")


def _check_embeddings(experiment: Experiment) -> None:
    """Refuse a grid that needs a network where there are only vectors, or the reverse."""
    grid, entries = experiment.grid, experiment.weights
    for name, entry in entries.items():
        if entry.embeddings and (entry.files or entry.pixels or entry.use or entry.backbones):
            raise ExperimentError(f"[weights.{name}] has embeddings, so its other keys have no use: remove them.")
    brought = [name for name in grid.weights if name in entries and entries[name].embeddings]
    if not grid.backbones and len(brought) < len(grid.weights):
        raise ExperimentError("'grid.backbones' is missing: add it.")
    if not brought:
        return
    axes = {
        "grid.backbones": len(brought) == len(grid.weights) and grid.backbones,
        "grid.tunings": [tuning.name for tuning in grid.tunings if tuning.mode != "frozen"],
        "grid.pixels": [name for name in grid.pixels if name != "native"],
        "grid.image_sizes": len(brought) == len(grid.weights) and list(map(str, grid.image_sizes)),
        "training.augmentation": experiment.training.augmentation != "none" and [experiment.training.augmentation],
    }
    for key, values in axes.items():
        if values:
            raise ExperimentError(
                f"{key} has {', '.join(values)}, but the vectors of {brought[0]!r} were made elsewhere and the network "
                "is not here: they are used frozen, as they are. Remove it, or move these weights elsewhere."
            )


def _check_backbones(experiment: Experiment) -> None:
    """Refuse weights for a backbone that the grid does not have, and a backbone without weights."""
    grid, entries = experiment.grid, experiment.weights
    for name, entry in entries.items():
        if entry.use and entry.files:
            raise ExperimentError(f"[weights.{name}] has both use and files: keep one of them.")
        for backbone in entry.backbones:
            if backbone not in grid.backbones:
                hint = nearest(backbone, grid.backbones)
                raise ExperimentError(
                    f"[weights.{name}] backbones names {backbone!r}, which is not among grid.backbones{hint}."
                )
    limits = [entries[name].backbones if name in entries else () for name in grid.weights]
    brought = [name in entries and entries[name].embeddings for name in grid.weights]
    networks = [limit for limit, made_elsewhere in zip(limits, brought, strict=True) if not made_elsewhere]
    for backbone in grid.backbones:
        if networks and not any(not limit or backbone in limit for limit in networks):
            raise ExperimentError(
                f"No weights of the grid start {backbone}: add it to backbones in one of [weights], or remove it from "
                "grid.backbones."
            )
