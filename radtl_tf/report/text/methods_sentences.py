"""Sentences for the Methods text: data, partition, models and training."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from radtl_tf.evaluation.evaluate import Evaluation
from radtl_tf.evaluation.formatting import listed
from radtl_tf.records.experiment import Kind
from radtl_tf.records.experiment_facts import WeightsFacts
from radtl_tf.records.image_size import written_out
from radtl_tf.records.runs import EMBEDDINGS, PROBE, TRANSFORMERS, image_sizes
from radtl_tf.report.text.label_range import label_range
from radtl_tf.report.text.task_words import fitted_by, words
from radtl_tf.training.randomness import DROPOUT

_RESIZE = {
    "pad": "padded to a square and resized (bilinear, antialiased)",
    "stretch": "stretched (bilinear, antialiased)",
    "published": "stretched (nearest pixel)",
}
_UNITS = {"patient": "patient, with the mean score of the patient's images", "image": "image"}
_POOLED = {"Mean": "mean of the patch tokens", "Both": "class token and the mean of the patch tokens"}
_HEAD_INPUT = {
    "standardized": "standardized by their mean and SD in the training part",
    "raw": "without standardization (the published head)",
}
_POLICIES = {
    "no": "imputed as absent",
    "yes": "imputed as present",
    "ignore": "ignored: they took no part in training, choices and metrics",
}
_TUNING = {
    "frozen": "only the head was trained",
    "top10": "the head and the last ten entries of the backbone's list of layers, including pooling layers, were "
    "trained",
    "full": "all layers were trained",
}


def _data(evaluation: Evaluation) -> Iterator[str]:
    data, task = evaluation.record.data, evaluation.record.experiment.task
    source = f"the data set {task.dataset}" if task.dataset else "a manifest"
    counts = data.counts.items()
    classes = listed([f"{name} ({count.images} images of {count.patients} patients)" for name, count in counts])
    classes = f"the label is {label_range(evaluation)}" if evaluation.record.target.is_number else classes
    yield (
        f"{data.examples} radiographs of {data.patients} patients were taken from {source} (sha256 "
        f"{data.sha256}): {classes}."
    )
    shared = sum(count.patients for _, count in counts) - data.patients
    if shared > 0 and evaluation.record.target.is_binary:
        yield f"{shared} patients have images of both classes."
    yield f"Each case was one {_UNITS[data.unit]}."


def _label(evaluation: Evaluation) -> Iterator[str]:
    record = evaluation.record
    label = record.experiment.task.label
    columns = f"column '{label}'" if isinstance(label, str) else f"columns {listed(label)}"
    unit, stages = record.experiment.task.label_unit, record.target.classes
    ordered = f"; the stages were, from low to high, {listed(stages)}" * (record.target.kind == "ordinal")
    measured = f", a number in {unit}" * bool(unit)
    positive = f"; the positive class was '{record.data.classes[-1]}'" if record.target.is_binary else ""
    yield f"The reference standard was the {columns}, taken as given{measured}{ordered}{positive}."


def _unknown(evaluation: Evaluation) -> Iterator[str]:
    """Yield what became of labels that the table does not give."""
    unknown, task = evaluation.record.data.unknown, evaluation.record.experiment.task
    if not unknown:
        return
    for what, counts, policy in (
        ("missing", unknown.missing, task.missing),
        ("uncertain", unknown.uncertain, task.uncertain),
    ):
        if counts:
            by_column = listed([f"{name} {number}" for name, number in counts.items()])
            yield f"{sum(counts.values())} labels were {what} ({by_column}) and {_POLICIES[policy]}."
    if unknown.left_out:
        yield f"{unknown.left_out} rows without any known label were excluded."


def _checks(evaluation: Evaluation) -> Iterator[str]:
    check = evaluation.record.facts.check
    if not check:
        return
    unknown = evaluation.record.data.unknown
    kept = "those without a known label were excluded" if unknown and unknown.left_out else "none was excluded"
    yield f"Every image was decoded and checked before the first run, and {kept}."
    found = [message.rstrip(".") for message in check.warnings]
    if found:
        yield f"The check warned: {'; '.join(found)}."


def _privacy(evaluation: Evaluation) -> Iterator[str]:
    yield "The results identify patients only by a keyed hash."


def _preprocessing(evaluation: Evaluation) -> Iterator[str]:
    training = evaluation.record.experiment.training
    shown = listed([written_out(size) for size in image_sizes(evaluation.record.experiment)])
    augmentation = training.augmentation
    yield (
        f"Images were decoded to 16-bit grey, {_RESIZE[training.resize]} to {shown}, and scaled to the "
        "pixel convention listed for each weights."
    )
    views = f", {training.views} views per image" * bool(training.views)
    yield "No augmentation was used." if augmentation == "none" else f"Augmentation: {augmentation}{views}."


def _partition(evaluation: Evaluation) -> Iterator[str]:
    record = evaluation.record
    again = f", {record.num_repeats} times with new seeds" * (record.num_repeats > 1)
    yield (
        f"Patients were divided at random into {record.num_folds} folds, stratified by "
        f"{_stratified(record.target.kind)}{again} "
        f"(seed {record.experiment.seed}, sha256 of folds.csv {record.facts.folds_sha256})."
    )
    if record.experiment.folds.group_duplicates:
        yield "Patients who share the same image, or nearly the same image, were kept together."


def _stratified(kind: Kind) -> str:
    of_kind: dict[Kind, str] = {"regression": "the fifth of the patients' mean label", "ordinal": "stage"}
    return of_kind.get(kind, "class")


def _inner(evaluation: Evaluation) -> Iterator[str]:
    share = evaluation.record.experiment.folds.inner
    yield (
        f"In each fold, {100 * share:g} % of the training patients formed the inner part. All choices were made on "
        "the inner part, and each test part was used once, after the last choice."
    )


def _model(evaluation: Evaluation) -> Iterator[str]:
    experiment = evaluation.record.experiment
    tokens = [name for name in experiment.grid.backbones if name.startswith(TRANSFORMERS)]
    maps = [name for name in experiment.grid.backbones if name not in tokens]
    head = (
        f"dropout of {DROPOUT:g} and one dense {words(evaluation).layer} layer on features "
        f"{_HEAD_INPUT[experiment.training.head_input]}."
    )
    if maps:
        yield f"Convolutional backbones ({listed(maps)}) were followed by average pooling, {head}"
    if tokens:
        for pooled, names in _by_pooling(tokens).items():
            yield f"The {pooled} of vision transformers ({listed(names)}) was followed by {head}"
    if not experiment.grid.backbones:
        yield f"Vectors that were computed elsewhere were followed by {head}"


def _by_pooling(names: Sequence[str]) -> dict[str, list[str]]:
    """Return vision transformers by what their features are; the end of a name says it."""
    found: dict[str, list[str]] = {}
    for name in names:
        pooled = next((text for end, text in _POOLED.items() if name.endswith(end)), "class token")
        found.setdefault(pooled, []).append(name)
    return found


def _weights(evaluation: Evaluation) -> Iterator[str]:
    record = evaluation.record
    yield f"Training started from: {'; '.join(_source(entry, record.num_repeats) for entry in record.facts.weights)}."


def _source(entry: WeightsFacts, repeats: int) -> str:
    if entry.backbone == EMBEDDINGS:
        return f"{entry.name}, vectors that were computed elsewhere, file {entry.file} (sha256 {entry.sha256})"
    fed = f"fed with {entry.pixels} pixels"
    if entry.source == "random":
        drawn = "one random draw, the same in all folds" if repeats == 1 else "drawn at random in each repeat"
        return f"{entry.name} {entry.backbone}, {drawn}, {fed}"
    return f"{entry.name} {entry.backbone}, file {entry.file} (sha256 {entry.sha256}), {fed}"


def _probe(evaluation: Evaluation) -> Iterator[str]:
    if (evaluation.estimates["tuning"] == PROBE).any():
        yield (
            f"For every frozen setting, a linear probe was also fitted: an L2-regularized {fitted_by(evaluation)} on "
            "the same features, with its regularization strength chosen on the inner part. It took no part in choices "
            "and "
            "comparisons."
        )
    if len(evaluation.baselines):
        names = listed(list(evaluation.baselines["scenario"]))
        yield f"The trivial baselines were {fitted_by(evaluation)}s on {names}, on the same folds."


def _training(evaluation: Evaluation) -> Iterator[str]:
    training, hardware = evaluation.record.experiment.training, evaluation.record.facts.hardware
    patience = training.patience
    stop = f"stopped after {patience} epochs without a lower inner loss" if patience else "without early stopping"
    yield (
        "Networks were trained with Adam (Keras defaults except for the learning rate) on "
        f"{words(evaluation).loss}, in batches of {training.batch_size}, for at most {training.epochs} epochs, "
        f"{stop}; class weights: "
        f"{training.class_weights}; precision: {hardware['precision']}."
    )
    if hardware["precision"] != "float32":
        yield (
            "Most of the arithmetic of the backbone was in half precision; weights, statistics of batch norms, head "
            "and loss were float32. Scores differ from those of float32."
        )


def _rates(evaluation: Evaluation) -> Iterator[str]:
    for tuning in evaluation.record.experiment.grid.tunings:
        what = _TUNING.get(tuning.mode, f"the head and the last {tuning.layers} layers that have weights were trained")
        yield f"Tuning {tuning.name}: {what}; learning rates {listed([f'{rate:g}' for rate in tuning.learning_rates])}."


def _shares(evaluation: Evaluation) -> Iterator[str]:
    found = evaluation.learning_curve
    if found:
        shares = [f"{100 * share:g} %" for share in found.steps["train_fraction"] if share < 1]
        yield f"For the learning curve, the networks were also trained with {listed(shares)} of the training patients."
        shown = evaluation.record.runs.groupby(["repeat", "fold"])["images_per_epoch"]
        if shown.count().gt(0).all() and shown.nunique().eq(1).all():
            yield "Every run took the same number of optimizer steps per epoch as with all training patients."


def _selection(evaluation: Evaluation) -> Iterator[str]:
    runs = evaluation.record.runs
    loss = "mean absolute error on the inner part" if evaluation.record.target.is_number else "inner loss"
    yield f"In each training part, the epoch and then the learning rate of lowest {loss} were kept."
    fixed, stuck = int(runs["fixed_epochs"].sum()), int(runs["converged"].isin([False]).sum())
    if fixed:
        yield f"In {fixed} of {len(runs)} runs the inner part was too small for this choice: the last epoch was kept."
    yield f"{stuck} of {len(runs)} runs had not converged by the last epoch."


MADE: dict[str, Callable[[Evaluation], Iterator[str]]] = {
    "data": _data,
    "label": _label,
    "unknown": _unknown,
    "checks": _checks,
    "privacy": _privacy,
    "preprocessing": _preprocessing,
    "partition": _partition,
    "inner": _inner,
    "model": _model,
    "weights": _weights,
    "probe": _probe,
    "training": _training,
    "rates": _rates,
    "shares": _shares,
    "selection": _selection,
}


def _stops(evaluation: Evaluation) -> bool:
    """Tell whether a missing label and an uncertain one would have stopped the experiment."""
    task = evaluation.record.experiment.task
    return (task.missing, task.uncertain) == ("refuse", "refuse")


def missing_data(evaluation: Evaluation) -> str:
    """Return how missing data were handled, for a checklist: what the task declares, and what came of it."""
    if evaluation.record.data.unknown:
        handled = " ".join(_unknown(evaluation))
    elif evaluation.record.experiment.task.dataset:
        handled = "Labels are those of the data set; nothing was imputed."
    elif _stops(evaluation):
        handled = "So does a row without a label or a patient id; nothing was imputed."
    else:
        handled = "So does a row without a patient id. Every label was known, so nothing was imputed."
    return f"An image that cannot be read stops the experiment. {handled}"
