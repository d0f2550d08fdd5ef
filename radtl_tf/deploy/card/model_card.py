"""The model card: what people must know before they use an exported model, as Markdown."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from radtl_tf.deploy.card.facts import Card
from radtl_tf.deploy.card.markdown import plain, table
from radtl_tf.deploy.card.metrics_text import meaning, title
from radtl_tf.deploy.card.usage import Snippet, snippets
from radtl_tf.records.ages import named


def model_card(card: Card) -> str:
    """Return the card without its front matter; texts of the user, such as class names, are plain text in it."""
    sections = (
        _head,
        _training_data,
        _weights,
        _choice,
        _performance,
        _subgroups,
        _thresholds,
        _parity,
        _use,
        _running,
    )
    return "\n".join(line for section in sections for line in (*section(card), "")).rstrip() + "\n"


def _head(card: Card) -> Iterator[str]:
    yield f"# {plain(card['setting'])}"
    yield ""
    yield f"**{plain(card['use'])}**"
    if card["note"]:
        yield f"\n**{plain(card['note'])}**"
    yield f"\nThe model takes a radiograph and gives {_output(card)}.{_classes(card)}"
    yield f"\n{_networks(card)} It was made by the experiment “{plain(card['experiment'])}” with"
    yield f"radtl_tf {plain(card['radtl_tf'])}."


def _output(card: Card) -> str:
    if card["kind"] == "binary":
        return f"the probability of “{plain(card['positive'])}”, between 0 and 1"
    if card["kind"] == "regression":
        return f"“{plain(card['label'])}” in {plain(card['label_unit'])}, as a number"
    if card["kind"] == "ordinal":
        return f"the probability of each stage of “{plain(card['label'])}”, which add up to 1, and the predicted stage"
    if card["kind"] == "multiclass":
        return "the probability of each class; they add up to 1"
    return "the probability of each label, independent of the others"


def _classes(card: Card) -> str:
    if not card["classes"]:
        return ""
    names = ", ".join(plain(name) for name in card["classes"])
    return f" {'Stages, from low to high' if card['kind'] == 'ordinal' else 'Classes'}: {names}."


def _networks(card: Card) -> str:
    if card["fold"] == "all":
        return f"Its output is the mean over {len(card['members'])} networks, one per fold of the cross-validation."
    if card["fold"] == "refit":
        return "It is one network, trained on all patients."
    return f"It is one network, of fold {card['fold']} of the cross-validation."


def _training_data(card: Card) -> Iterator[str]:
    data = card["data"]
    yield f"## Training data\n\n{data['images']} images of {data['patients']} patients.\n"
    if card["kind"] == "regression":
        low, high = card["label_range"]
        yield f"“{plain(card['label'])}” in {plain(card['label_unit'])}: mean {card['label_mean']:.4g}, SD"
        yield f"{card['label_sd']:.4g}, from {low:.4g} to {named(high, card['label_unit'])}."
    else:
        rows = [(plain(name), of["images"], of["patients"]) for name, of in data["classes"].items()]
        kind = "Stage" if card["kind"] == "ordinal" else "Class"
        yield from table((kind, "Images", "Patients with such images"), rows)
    yield f"\nOne case is one {data['unit']}. sha256 of the data set: `{card['data_sha256']}`."
    yield "The images are not part of the model. Images of other hospitals, devices or patients may differ: test the"
    yield "model on yours first."


def _weights(card: Card) -> Iterator[str]:
    yield "## Starting weights\n"
    for entry in card["weights"]:
        if entry["source"] == "random":
            yield f"The {plain(entry['backbone'])} started from random weights."
            continue
        known = entry["license"] or "not known to radtl; ask the owner of the file"
        yield from (
            f"- Backbone and weights: {plain(entry['backbone'])}, {plain(entry['name'])}",
            f"- License of these weights: {plain(known)}",
            *([f"- Citation: {plain(entry['citation'])}"] if entry["citation"] else []),
            *([f"- sha256 of the file: `{entry['sha256']}`"] if entry["sha256"] else []),
            f"- Pixel convention: {plain(entry['pixels'])}",
        )
    yield "\nNo license is chosen for this model. What you may do with it depends on the license of the weights and on"
    yield "the terms of the training images."


def _choice(card: Card) -> Iterator[str]:
    choice = card["choice"]
    loss = "mean absolute error" if card["kind"] == "regression" else "mean loss"
    yield "## How the setting was chosen\n"
    if choice["by"] == "name":
        yield "It was named by the person who exported it."
    else:
        yield f"It has the lowest {loss} on the inner parts of the folds. The test parts took no part in the choice."
    if "lowest" not in choice:
        return
    rows = [(plain(choice["lowest"]), _number(choice["lowest_inner_loss"], 6))]
    if "runner_up" in choice:
        rows.append((plain(choice["runner_up"]), _number(choice["runner_up_inner_loss"], 6)))
    yield ""
    yield from table(("Setting", f"{loss[0].upper()}{loss[1:]} on the inner parts"), rows)
    if choice.get("standard_error") is not None:
        yield f"\nStandard error of the difference: {choice['standard_error']:.6f}."


def _performance(card: Card) -> Iterator[str]:
    folds, unit = card["folds"], card.get("label_unit") or ""
    shown = [row for row in card["metrics"] if title(row["metric"]) and row["mean"] is not None]
    yield "## Performance\n"
    if not shown:
        yield "Not evaluated: the output folder had no estimates when the model was exported."
        return
    parts = folds["count"] * folds["repeats"]
    yield f"Means over {parts} test parts ({folds['count']} folds, repeated {folds['repeats']} times)."
    yield "Each test part is scored by a network that has not seen its patients.\n"
    rows = [(title(row["metric"], unit), _number(row["mean"]), _interval(row), meaning(row["metric"])) for row in shown]
    yield from table(("Metric", "Mean", "95 % interval", "Meaning"), rows)
    yield "\nThe intervals come from the corrected resampled t-test (Nadeau and Bengio 2003), which allows for folds"
    yield "that share patients. They hold for patients like those of the experiment."
    yield _UNTESTED[card["fold"] if isinstance(card["fold"], str) else "one"]


_UNTESTED = {
    "all": "The mean of the networks, which this model computes, has not been tested as a whole: every image of the"
    "\nexperiment was used to train some of them.",
    "refit": "The network in this model was trained on all patients, so no image of the experiment can test it.",
    "one": "The network in this model is one of those behind the means.",
}


_ORDERED = {
    "regression": "The output is the estimate itself, and no threshold was chosen. radtl flags an estimate outside the"
    "\nrange of the training labels.",
    "ordinal": "The predicted stage is the last one that the image reaches with a probability of more than one half."
    "\nThe steps between stages need not be equal, so the model gives no mean stage.",
}


def _subgroups(card: Card) -> Iterator[str]:
    if not card["subgroups"]:
        yield "## Subgroups\n\nNot evaluated: the experiment asked for no subgroups."
        return
    yield "## Subgroups\n\nAUROC within each subgroup, over the folds of the first repeat.\n"
    rows = [
        (
            f"{plain(row['name'])}: {plain(row['value'])}",
            *(row["images"], row["patients"], row["positives"]),
            plain(row["reason"]) if row["auroc"] is None else f"{row['auroc']:.3f} ({_interval(row)})",
        )
        for row in card["subgroups"]
    ]
    yield from table(("Subgroup", "Images", "Patients", "Positive images", "AUROC (95 % interval)"), rows)


def _thresholds(card: Card) -> Iterator[str]:
    if card["kind"] in _ORDERED:
        yield "## Predicted number\n" if card["kind"] == "regression" else "## Predicted stage\n"
        yield _ORDERED[card["kind"]]
        return
    yield "## Thresholds and calibration\n"
    if card["operating_points"]:
        rows = [(plain(row["name"]), f"{row['threshold']:.4f}") for row in card["operating_points"]]
        yield from table(("Operating point", "Threshold"), rows)
        yield "\nEach threshold is the mean over the exported folds; each fold chose its own on its inner part. A score"
        yield "of the threshold or more counts as positive. Choose your own threshold on your own patients.\n"
    else:
        yield "No threshold was chosen.\n"
    line = card["calibration"]
    if not line:
        yield "No recalibration was fitted."
        return
    yield "Platt scaling, fitted on the inner parts, mean of the exported folds. It is not part of the model."
    yield f"The recalibrated probability is expit({line['intercept']:.4f} + {line['slope']:.4f} · logit(score))."


def _parity(card: Card) -> Iterator[str]:
    yield "## Agreement between engines\n"
    parity = card.get("parity", {"checked": False, "reason": "this export compared nothing"})
    if not parity["checked"]:
        yield f"Not checked: {plain(parity['reason'])}."
        return
    relative_to = parity.get("relative_to", "probability")
    yield f"Largest difference from Keras (unit: {relative_to}), on images of the test"
    yield "parts. A larger difference than the tolerance would have ended the export. The row `predictions.csv`"
    yield "compares Keras with what the experiment recorded.\n"
    precision = card.get("precision", "float32")
    if precision != "float32":
        yield f"The experiment was run in {plain(precision)}, and this model computes in float32. So its scores"
        yield "differ from those that were judged, and the metrics above are those of the experiment.\n"
    rows = [
        (
            *(plain(row["format"]), plain(row["signature"]), row["images"]),
            *(f"{row['max_difference']:.1e}", f"{row['tolerance']:.0e}"),
        )
        for row in parity["rows"]
    ]
    yield from table(("Format", "Signature", "Images", "Largest difference", "Tolerance"), rows)


def _use(card: Card) -> Iterator[str]:
    yield "## Intended use\n"
    yield "- Research on radiographs like those of the training data: comparison of methods, further training, tests on"
    yield "  other patients.\n"
    yield "It is not for:\n"
    yield "- diagnosis, treatment, triage or any other decision about a patient"
    yield "- images of another body part, projection or modality than in training, or photographs of radiographs"
    if card["kind"] == "regression":
        (low, high), unit = card["label_range"], card["label_unit"]
        yield f"- patients outside {low:.4g} to {named(high, unit)} {plain(unit)}: the model has seen none"
    sides = {"regression": "low and high numbers", "ordinal": "the stages"}.get(card["kind"], "the classes")
    yield f"- conclusions about causes: the score may depend on anything that differed between {sides} in training"


def _running(card: Card) -> Iterator[str]:
    yield "## How to run it\n"
    yield "The code starts in the folder that holds the exported folder, here called `model`. The input `grey` is one"
    yield "channel of any size, 0 is black and 1 is white: resizing and the pixel convention are part of the model."
    for snippet in snippets(card):
        yield from _shown(snippet)


def _files(card: Card) -> Iterator[str]:
    yield "## Files\n"
    yield f"This is version {card['version']} of the model. `radtl.json` holds the facts of this card for programs, the"
    yield "sha256 of the files of the model, and a digest of itself. `radtl predict` and `radtl test` refuse a model"
    yield "that has changed."


def _shown(snippet: Snippet) -> Iterator[str]:
    yield f"\n### {snippet.engine}\n"
    if not snippet.tested:
        yield "No test of radtl runs this code."
    if snippet.before:
        yield snippet.before
    yield f"\n```{snippet.language}\n{snippet.code.rstrip()}\n```"


def _interval(row: Any) -> str:
    return "none" if row["low"] is None else f"{row['low']:.3f} to {row['high']:.3f}"


def _number(value: float | None, digits: int = 3) -> str:
    return "none" if value is None else f"{value:.{digits}f}"
