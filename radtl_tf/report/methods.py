"""The Methods text of an experiment: sentences that are true of it, to be copied into a manuscript and confirmed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from radtl_tf.evaluation.evaluate import Evaluation
from radtl_tf.records.runs import PROBE
from radtl_tf.training.randomness import DROPOUT

# The paragraphs, and the sentences that each is made of; a sentence without words is left out.
PARAGRAPHS: dict[str, tuple[str, ...]] = {
    "Data": ("data", "label", "checks", "privacy", "preprocessing"),
    "Partition": ("partition", "inner"),
    "Models": ("model", "weights", "probe"),
    "Training": ("training", "rates", "selection"),
    "Statistics": ("metric", "question", "equivalence", "multiplicity", "refused"),
    "Software": ("software", "hardware", "reproduction"),
}
_RESIZE = {
    "pad": "padded to a square and resized, bilinear with antialiasing,",
    "stretch": "stretched, bilinear with antialiasing,",
    "published": "stretched, nearest pixel,",
}
_TUNING = {
    "frozen": "only the head learned",
    "top10": "the last ten entries of the backbone's list of layers, pooling among them, learned with the head",
    "full": "all layers learned",
}


def paragraphs(evaluation: Evaluation) -> dict[str, str]:
    """Return the Methods text: a paragraph per heading."""
    said = sentences(evaluation)
    return {title: " ".join(filter(None, (said[key] for key in keys))) for title, keys in PARAGRAPHS.items()}


def sentences(evaluation: Evaluation) -> dict[str, str]:
    """Return every sentence by its key; empty where the experiment has nothing of the kind."""
    return {key: " ".join(make(evaluation)) for key, make in _MAKERS.items()}


def _data(evaluation: Evaluation) -> Iterator[str]:
    data, task = evaluation.record.data, evaluation.record.experiment["task"]
    source = f"the data set {task['dataset']}" if task.get("dataset") else "a manifest"
    classes = _listed(
        [f"{name} ({count['images']} images of {count['patients']} patients)" for name, count in data["counts"].items()]
    )
    yield (
        f"{data['examples']} radiographs of {data['patients']} patients were taken from {source} (sha256 "
        f"{data['sha256']}): {classes}."
    )
    if any(count["patients"] for count in data["counts"].values()) and _shared(data):
        yield f"{_shared(data)} patients have images of more than one class."
    yield f"One case was one {data['unit']}{_UNITS[data['unit']]}."


_UNITS = {"patient": ", with the mean score of the patient's images", "image": ""}


def _shared(data: dict[str, Any]) -> int:
    return sum(count["patients"] for count in data["counts"].values()) - int(data["patients"])


def _label(evaluation: Evaluation) -> Iterator[str]:
    record = evaluation.record
    task, classes = record.experiment["task"], record.data["classes"]
    label = task["label"] if isinstance(task["label"], str) else _listed(task["label"])
    positive = f"; the positive class was '{classes[-1]}'" if task.get("kind", "binary") == "binary" else ""
    yield f"The reference standard was the column '{label}', taken as given{positive}."


def _checks(evaluation: Evaluation) -> Iterator[str]:
    check = evaluation.record.facts.get("check")
    if not check:
        return
    yield "Every image was decoded and checked before the first run, and none was left out."
    found = [finding["message"].rstrip(".") for finding in check["findings"] if finding["level"] == "warning"]
    if found:
        yield f"The check warned: {'; '.join(found)}."


def _privacy(evaluation: Evaluation) -> Iterator[str]:
    yield "Patients are known to the results by a keyed hash only."


def _preprocessing(evaluation: Evaluation) -> Iterator[str]:
    training = evaluation.record.experiment["training"]
    size, augmentation = training["image_size"], training["augmentation"]
    yield (
        f"Images were decoded to 16-bit grey, {_RESIZE[training['resize']]} to {size} x {size} pixels, and scaled to the "
        "pixel convention that is given for each weights."
    )
    views = f", {training['views']} views per image" * bool(training["views"])
    yield "No augmentation was used." if augmentation == "none" else f"Augmentation: {augmentation}{views}."


def _partition(evaluation: Evaluation) -> Iterator[str]:
    record = evaluation.record
    plan = record.experiment["folds"]
    again = f", {record.num_repeats} times with new seeds" * (record.num_repeats > 1)
    yield (
        f"Patients were divided at random into {record.num_folds} folds, stratified by class{again}; no patient was in "
        f"two parts of a fold (seed {record.experiment['seed']}, sha256 of folds.csv {record.facts['folds_sha256']})."
    )
    if plan.get("group_duplicates"):
        yield "Patients who share the same or nearly the same image were kept together."


def _inner(evaluation: Evaluation) -> Iterator[str]:
    share = evaluation.record.experiment["folds"]["inner"]
    yield (
        f"Of the training patients of each fold {100 * share:g} % were kept as inner part; all choices were made on it, "
        "and each test part was read once, after the last choice."
    )


def _model(evaluation: Evaluation) -> Iterator[str]:
    experiment = evaluation.record.experiment
    scaled = {
        "standardized": "standardized by their mean and SD in the training part",
        "raw": "as they came (the published head)",
    }
    yield (
        f"Convolutional backbones ({_listed(experiment['grid']['backbones'])}) were followed by average pooling, dropout "
        f"of {DROPOUT:g} and one dense softmax layer on features {scaled[experiment['training']['head_input']]}."
    )


def _weights(evaluation: Evaluation) -> Iterator[str]:
    yield "Training started from:"
    told = [_source(entry) for entry in evaluation.record.facts["weights"]]
    yield f"{'; '.join(told)}."


def _source(entry: dict[str, Any]) -> str:
    fed = f"fed with {entry['pixels']} pixels"
    if entry["source"] == "random":
        return f"{entry['name']} {entry['backbone']}, drawn anew in each repeat, {fed}"
    return f"{entry['name']} {entry['backbone']}, file {entry['file']} (sha256 {entry['sha256']}), {fed}"


def _probe(evaluation: Evaluation) -> Iterator[str]:
    if (evaluation.estimates["tuning"] == PROBE).any():
        yield (
            "Beside every frozen setting stands a linear probe, an L2-regularized logistic regression on the same features "
            "whose strength was chosen on the inner part; it took no part in choices and comparisons."
        )
    if len(evaluation.baselines):
        yield (
            f"Logistic regressions on {_listed(list(evaluation.baselines['scenario']))} on the same folds are the trivial "
            "baselines."
        )


def _training(evaluation: Evaluation) -> Iterator[str]:
    training = evaluation.record.experiment["training"]
    stop = (
        f"stopped after {training['patience']} epochs without a lower inner loss"
        if training["patience"]
        else "without early stopping"
    )
    yield (
        f"Networks were trained with Adam (Keras' defaults but for the learning rate) on cross-entropy, in batches of "
        f"{training['batch_size']}, for {training['epochs']} epochs, {stop}; class weights: {training['class_weights']}; "
        f"precision: {evaluation.record.facts['hardware']['precision']}."
    )


def _rates(evaluation: Evaluation) -> Iterator[str]:
    for tuning in evaluation.record.experiment["grid"]["tunings"]:
        mode, layers = tuning["mode"], tuning.get("layers")
        what = _TUNING.get(mode, f"the last {layers} layers that have weights learned with the head")
        rates = _listed([f"{rate:g}" for rate in tuning["learning_rates"]])
        yield f"Tuning {mode if mode in _TUNING else f'topK{layers}'}: {what}; learning rates {rates}."


def _selection(evaluation: Evaluation) -> Iterator[str]:
    yield "The epoch of lowest inner loss was kept, and the learning rate of lowest inner loss chosen, in each training part."
    fixed = int(evaluation.record.runs["fixed_epochs"].sum())
    if fixed:
        yield f"In {fixed} of {len(evaluation.record.runs)} runs the inner part was too small to choose: the last epoch was kept."
    stuck = int(evaluation.record.runs["converged"].isin([False]).sum())
    yield f"{stuck} of {len(evaluation.record.runs)} runs had not converged by the last epoch."


def _metric(evaluation: Evaluation) -> Iterator[str]:
    record = evaluation.record
    yield (
        f"Performance is the area under the ROC curve (AUROC) per {record.data['unit']}, averaged over "
        f"{record.num_folds * record.num_repeats} test parts; scores of different folds were never pooled. Intervals (95 %) "
        "and p are by the corrected resampled t of Nadeau & Bengio (2003) on the fold values with "
        f"{record.num_folds - 1} degrees of freedom."
    )


def _question(evaluation: Evaluation) -> Iterator[str]:
    question = evaluation.record.experiment["question"]
    if not question:
        yield "No comparison was declared beforehand."
        return
    a, b = question["compare"]
    over = {
        "selected": "per weights, with the scenario (backbone, tuning and learning rate) of lowest inner loss in each training part",
        "grid": "as the mean over all scenarios of the grid",
    }
    yield (
        f"The one question, declared in the experiment file before the first run, was the difference {a} minus {b} on the "
        f"same folds, {over[question['over']]}."
    )


def _equivalence(evaluation: Evaluation) -> Iterator[str]:
    question = evaluation.record.experiment["question"]
    if question:
        yield (
            f"Differences within {question['margin']:g} were declared equivalent, tested by two one-sided tests; the "
            "probabilities of each outcome are by the Bayesian correlated t (Corani & Benavoli 2015)."
        )


def _multiplicity(evaluation: Evaluation) -> Iterator[str]:
    if evaluation.record.experiment["question"]:
        yield "All other comparisons are secondary; their p were adjusted by Holm's method within each family."


def _refused(evaluation: Evaluation) -> Iterator[str]:
    yield "The SD over folds is a spread and served as no standard error."


def _software(evaluation: Evaluation) -> Iterator[str]:
    versions = evaluation.record.facts["versions"]
    others = _listed([f"{name} {version}" for name, version in versions.items() if name != "radtl_tf"])
    yield f"Software: radtl_tf {versions['radtl_tf']} on {others}."


def _hardware(evaluation: Evaluation) -> Iterator[str]:
    hardware = evaluation.record.facts["hardware"]
    gpus = _listed([str(gpu) for gpu in hardware.get("gpus", [])]) or "none"
    minutes = evaluation.record.runs["seconds"].sum() / 60
    yield f"Hardware: {hardware['machine']}, GPU: {gpus}; {len(evaluation.record.runs)} runs took {minutes:.0f} minutes."


def _reproduction(evaluation: Evaluation) -> Iterator[str]:
    training = evaluation.record.experiment["training"]
    yield (
        f"Determinism: {training['determinism']}, seed {evaluation.record.experiment['seed']}. The resolved experiment, the "
        "folds and all predictions stand in experiment.json, folds.csv and predictions.csv."
    )


_MAKERS = {
    "data": _data,
    "label": _label,
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
    "selection": _selection,
    "metric": _metric,
    "question": _question,
    "equivalence": _equivalence,
    "multiplicity": _multiplicity,
    "refused": _refused,
    "software": _software,
    "hardware": _hardware,
    "reproduction": _reproduction,
}


def _listed(words: list[str]) -> str:
    """Return the words as English lists them.

    >>> _listed(["a"]), _listed(["a", "b", "c"]), _listed([])
    ('a', 'a, b and c', '')
    """
    return " and ".join(filter(None, (", ".join(words[:-1]), *words[-1:])))
