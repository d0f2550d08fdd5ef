"""The metadata of a model card in the form that the Hugging Face Hub reads.

The fields of the front matter are those of huggingface_hub's ``ModelCardData``. ``eval_results.yaml`` has the form of
the Hub's ``.eval_results/*.yaml``. The Hub takes such files only for its own benchmark data sets, and these data are
none, so the file is not in that folder.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from radtl_tf.deploy.card.facts import Card
from radtl_tf.evaluation.metrics.metric_table import AUROC, AVERAGE_PRECISION, BALANCED_ACCURACY, BRIER, MAE

TASK = "image-classification"
OTHER = "other"  # the Hub has no task for a number that is predicted from an image
_METRICS = {  # of ``estimates.csv``, with their names on the Hub
    AUROC.key: ("roc_auc", "AUROC"),
    AVERAGE_PRECISION.name: ("average_precision", "Average precision"),
    BALANCED_ACCURACY.name: ("balanced_accuracy", "Balanced accuracy"),
    BRIER.name: ("brier_score", "Brier score"),
    MAE.key: ("mae", "Mean absolute error"),
    "RMSE": ("rmse", "Root mean squared error"),
    "R2": ("r_squared", "R2"),
    "quadratic weighted kappa": ("quadratic_weighted_kappa", "Quadratic weighted kappa"),
}
_WITH_UNIT = ("mae", "rmse")


def front_matter(card: Card) -> str:
    """Return the front matter of ``README.md``, with its lines of dashes."""
    start = [f"{entry['backbone']}-{entry['name']}" for entry in card["weights"] if entry["source"] != "random"]
    results = [
        {
            "type": kind,
            "name": f"{title}{_in_unit(card, kind)}, mean of {_tests(card)} test parts",
            "value": row["mean"],
        }
        for kind, title, row in _rows(card)
    ]
    fields: dict[str, Any] = {
        "library_name": "radtl_tf",
        "license": "other",
        "license_name": "not-chosen",
        **({"base_model": start[0]} if start else {}),
        "datasets": [data_name(card)],
        **({} if _is_number(card) else {"pipeline_tag": TASK}),
        "tags": ["radiograph", "radiology", "research-only", "tensorflow", card["kind"]],
        **({"metrics": [kind for kind, *_ in _rows(card)]} if results else {}),
    }
    if results:
        fields["model-index"] = [{"name": card["setting"], "results": [_result(card, results)]}]
    return f"---\n{yaml_text(fields)}---\n"


def eval_results(card: Card) -> str:
    """Return ``eval_results.yaml``: an entry per metric, with its interval in the notes."""
    entries = [
        {
            "dataset": {"id": data_name(card), "task_id": kind},
            "value": row["mean"],
            "notes": f"{title}{_in_unit(card, kind)}, {_interval(row)}mean of {_tests(card)} test parts; not a "
            "benchmark of the Hub",
        }
        for kind, title, row in _rows(card)
    ]
    return yaml_text(entries) if entries else "[]\n"


def data_name(card: Card) -> str:
    """Return the name of the data: of the TFDS data set, or else of the experiment, as an identifier."""
    name = card["data"]["dataset"] or card["experiment"]
    return re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-.") or "data"


def yaml_text(value: Any, indent: int = 0) -> str:
    """Return plain mappings, sequences and scalars as YAML in block style; every string is quoted."""
    return "".join(f"{' ' * indent}{line}\n" for line in _lines(value))


def _lines(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, of_key in value.items():
            yield from _under(f"{key}:", of_key)
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for item in value:
            first, *others = _lines(item)
            yield f"- {first}"
            yield from (f"  {line}" for line in others)
    else:
        yield _scalar(value)


def _under(key: str, value: Any) -> Iterator[str]:
    """Yield a key with its value: a scalar on the same line, anything else below it."""
    if isinstance(value, str) or not isinstance(value, (Mapping, Sequence)):
        yield f"{key} {_scalar(value)}"
        return
    yield key
    yield from (f"  {line}" for line in _lines(value))


def _scalar(value: Any) -> str:
    """Return a scalar; YAML 1.1 takes 1e-07 for a text, and 1.0e-07 for a number."""
    text = json.dumps(value, ensure_ascii=False)
    return text.replace("e", ".0e") if isinstance(value, float) and "e" in text and "." not in text else text


def _rows(card: Card) -> list[tuple[str, str, Mapping[str, Any]]]:
    """Return the metrics that the Hub has a name for: that name, a title, and the row."""
    rows = {row["metric"]: row for row in card["metrics"] if row["mean"] is not None}
    return [(*names, rows[metric]) for metric, names in _METRICS.items() if metric in rows]


def _result(card: Card, metrics: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    data = {"name": card["experiment"], "type": data_name(card), "split": "test"}
    return {"task": {"type": OTHER if _is_number(card) else TASK}, "dataset": data, "metrics": list(metrics)}


def _is_number(card: Card) -> bool:
    return card["kind"] == "regression"


def _in_unit(card: Card, kind: str) -> str:
    return f" in {card['label_unit']}" if kind in _WITH_UNIT else ""


def _tests(card: Card) -> int:
    return card["folds"]["count"] * card["folds"]["repeats"]


def _interval(row: Mapping[str, Any]) -> str:
    return "" if row["low"] is None else f"95 % interval {row['low']:.3f} to {row['high']:.3f}, "
