"""Write the output folder of an experiment that was never run: scores are drawn, no network is trained."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from scipy.special import expit, softmax

from radtl_tf.records.csv_text import csv_text
from radtl_tf.records.disk import write_json, write_text
from radtl_tf.records.experiment import Training
from radtl_tf.records.folder import OutputFolder
from radtl_tf.records.runs import FOLD_COLUMNS, PROBE, Run, Scenario, Setting, Target

NATIVE = {
    ("ResNet50", "imagenet"): "caffe",
    ("ResNet50", "random"): "caffe",
    ("InceptionV3", "imagenet"): "tf",
    ("InceptionV3", "random"): "tf",
}
HISTORY_COLUMNS = ("epoch", "loss", "inner_loss", "inner_auroc", "seconds")
TUNINGS = {"frozen": (0.01, 0.001), "top10": (0.001, 0.0001)}


@dataclass(frozen=True)
class Synthetic:
    """Settings of the simulated experiment; ``signal`` is the distance of the classes in SDs, per weights."""

    signal: dict[str, float] = field(default_factory=lambda: {"imagenet": 1.2, "random": 0.6})
    backbones: tuple[str, ...] = ("ResNet50", "InceptionV3")
    tunings: dict[str, tuple[float, ...]] = field(default_factory=lambda: dict(TUNINGS))
    pixels: tuple[str, ...] = ("native",)
    alternatives: dict[str, str] = field(default_factory=dict)  # the other convention of uncertain weights
    under: dict[tuple[str, str], float] = field(default_factory=dict)  # signal of weights under one convention
    shares: tuple[float, ...] = (1.0,)  # of the training patients
    at_share: dict[tuple[str, float], float] = field(default_factory=dict)  # signal of weights with a share
    head_input: str = "standardized"
    class_weights: str = "none"
    probes: bool = True
    question: dict[str, Any] | None = field(default_factory=lambda: {"over": "selected", "margin": 0.02})
    unit: str = "patient"
    num_patients: int = 240
    num_folds: int = 5
    num_repeats: int = 1
    prevalence: float = 0.4
    noise: float = 0.5  # of a scenario's own; the rest is common to all scenarios
    evaluation: dict[str, Any] = field(default_factory=dict)
    name: str = "synthetic"
    note: str = ""
    kind: str = "binary"
    classes: tuple[str, ...] = ("absent", "present")
    seed: int = 0

    @property
    def target(self) -> Target:
        return Target(self.kind, () if self.kind == "regression" else self.classes)  # type: ignore[arg-type]


def write_synthetic(folder: Path, like: Synthetic) -> Path:
    """Write the experiment, its folds, runs and predictions into ``folder``."""
    random = np.random.default_rng(like.seed)
    patients, truth = _cases(like, random)
    folds = _folds(like, patients, truth, random)
    scenarios = _scenarios(like)
    output = OutputFolder(folder)
    text = csv_text(FOLD_COLUMNS, folds)
    write_text(output.folds, text)
    write_json(output.experiment, _facts(like, scenarios, (patients, truth), text))
    common = random.normal(size=(like.num_repeats, *truth.shape))
    rows = [row for scenario in scenarios for row in _predictions(like, scenario, folds, truth, common, random)]
    write_text(output.predictions, csv_text(like.target.columns, rows))
    for number, (scenario, repeat, fold) in enumerate(
        product(scenarios, range(like.num_repeats), range(like.num_folds))
    ):
        place = output.run(Run(scenario, repeat, fold))
        place.mkdir(parents=True)
        record = _run_record(like, Run(scenario, repeat, fold), converged=number % 17 != 3)
        (place / "run.json").write_text(json.dumps(record))  # unsynced: a test has hundreds of them
        (place / "history.csv").write_text(csv_text(HISTORY_COLUMNS, _history(record, 0.02 * (repeat + fold))))
        (place / "DONE.json").write_text(json.dumps({"run": Run(scenario, repeat, fold).name}))
    return folder


def _cases(like: Synthetic, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return patient and truth of each image; some patients have several images; with unit image, of both classes.

    With several classes, the truth is (n, K), the same for all images of a patient.
    """
    patients = np.repeat(np.arange(like.num_patients), random.choice([1, 1, 1, 2, 3], like.num_patients))
    if like.kind == "regression":
        return patients, np.round(random.uniform(6, 18, like.num_patients), 1)[patients]
    if like.kind == "ordinal":
        stage = random.permutation(np.arange(like.num_patients) % len(like.classes))
        return patients, (stage[:, None] > np.arange(len(like.classes) - 1)).astype(int)[patients]
    if like.kind == "multiclass":
        number = random.permutation(np.arange(like.num_patients) % len(like.classes))
        return patients, np.eye(len(like.classes), dtype=int)[number][patients]
    if like.kind == "multilabel":
        return patients, (random.random((like.num_patients, len(like.classes))) < like.prevalence)[patients].astype(int)
    label = (np.arange(like.num_patients) < like.prevalence * like.num_patients).astype(int)
    truth = random.permutation(label)[patients]
    if like.unit == "image":
        second = np.flatnonzero(np.diff(patients, prepend=-1) == 0)[:10]
        truth[second] = 1 - truth[second]
    return patients, truth


def _folds(
    like: Synthetic, patients: np.ndarray, truth: np.ndarray, random: np.random.Generator
) -> list[tuple[Any, ...]]:
    """Assign patients to folds, alternating within each class so that every part has both."""
    rows = []
    kinds = (truth > 12).astype(int) if like.kind == "regression" else truth
    kinds = truth @ 2 ** np.arange(truth.shape[1]) if truth.ndim == 2 else kinds
    of_patient = np.zeros(like.num_patients, int)
    np.maximum.at(of_patient, patients, kinds)
    for repeat in range(like.num_repeats):
        order = random.permutation(like.num_patients)
        place = np.empty(like.num_patients, int)
        for group in (order[of_patient[order] == kind] for kind in np.unique(of_patient)[::-1]):
            place[group] = np.arange(len(group))
        for fold, example in product(range(like.num_folds), range(len(patients))):
            rank, patient = place[patients[example]], patients[example]
            held = (rank // like.num_folds) % 5 == 0
            part = "test" if rank % like.num_folds == fold else "inner" if held else "train"
            rows.append((example, f"{patient:024x}", repeat, fold, part))
    return rows


def _scenarios(like: Synthetic) -> list[Scenario]:
    found = {}
    for backbone, weights in product(like.backbones, like.signal):
        uncertain = ["native", like.alternatives[weights]] if weights in like.alternatives else []
        for entry in (*like.pixels, *uncertain):
            pixels = NATIVE.get((backbone, weights), "radimagenet") if entry == "native" else entry
            for tuning, rates in {**like.tunings, **({PROBE: (None,)} if like.probes else {})}.items():
                for share, rate in product(like.shares, rates):
                    found[Scenario(Setting(backbone, weights, pixels, tuning, share), rate)] = None
    return list(found)


def _predictions(
    like: Synthetic,
    scenario: Scenario,
    folds: list[tuple[Any, ...]],
    truth: np.ndarray,
    common: np.ndarray,
    random: Any,
) -> list[tuple[Any, ...]]:
    """Draw scores: the classes differ by the weights' signal, less with a high learning rate or a wrong convention."""
    foreign = scenario.setting.pixels != NATIVE.get(
        (scenario.setting.backbone, scenario.setting.weights), "radimagenet"
    )
    usual = like.signal[scenario.setting.weights] * (0.7 if foreign else 1.0)
    signal = like.under.get((scenario.setting.weights, scenario.setting.pixels), usual)
    signal = like.at_share.get((scenario.setting.weights, scenario.setting.train_fraction), signal)
    signal -= 5 * (scenario.learning_rate or 0)
    rows = []
    for example, patient, repeat, fold, part in folds:
        if part != "train":
            noise = common[repeat, example] + like.noise * random.normal(size=np.shape(truth[example]))
            logits = (signal * (truth[example] - 0.5) + noise) * max(signal, 0.1)
            scores = softmax(logits) if like.kind == "multiclass" else expit(logits)
            if like.kind == "regression":  # errors of 2 units without any signal, smaller with more of it
                scores = truth[example] + noise * 2 * np.exp(-signal)
            cells = (*np.atleast_1d(truth[example]).tolist(), *np.atleast_1d(scores).tolist())
            rows.append((scenario.name, repeat, fold, part, example, patient, *cells))
    return rows


def _run_record(like: Synthetic, run: Run, converged: bool) -> dict[str, Any]:
    probe = run.scenario.is_reference
    best = 12 if converged else 30
    outcome: dict[str, Any] = {"train_patients": round(0.625 * like.num_patients * run.scenario.setting.train_fraction)}
    outcome |= {"epochs": 0 if probe else 30, "best_epoch": 0 if probe else best, "fixed_epochs": False}
    rest = {
        "converged": None if probe else converged,
        "diverged": False,
        "constant": False,
        "inner_loss": 0.6,
        "seconds": 3.5,
        "waiting": 0.7,
        "precision": "float32",
    }
    return {**run.scenario.as_dict(), "repeat": run.repeat, "fold": run.fold, **outcome, **rest}


def _history(record: dict[str, Any], shift: float) -> list[tuple[Any, ...]]:
    """Return the rows of a run: the training loss falls, and the inner loss is lowest in the kept epoch."""
    best = record["best_epoch"]
    return [
        (epoch, 0.7 * 0.97**epoch, 0.6 + shift + 0.0002 * (epoch - best) ** 2, 0.7, 0.1)
        for epoch in range(1, record["epochs"] + 1)
    ]


def _keys(like: Synthetic) -> dict[str, Any]:
    """Return the keys of the task that only its kind has."""
    return {"regression": {"label_unit": "years"}, "ordinal": {"classes": list(like.classes)}}.get(like.kind, {})


def _facts(
    like: Synthetic, scenarios: list[Scenario], cases: tuple[np.ndarray, np.ndarray], folds: str
) -> dict[str, Any]:
    return {
        "format": 1,
        "experiment": _experiment(like),
        "versions": {"radtl_tf": "0.1.0", "python": "3.11.9"},
        "hardware": {"machine": "x86_64", "precision": "float32"},
        "data": _data(like, *cases),
        "folds_sha256": hashlib.sha256(folds.encode()).hexdigest(),
        "weights": _weights(like, scenarios),
        "scenarios": [scenario.as_dict() for scenario in scenarios],
        "warnings": [],
    }


def _experiment(like: Synthetic) -> dict[str, Any]:
    positive = like.classes[1] if like.target.is_binary else None
    metric = "mae" if like.kind == "regression" else "auroc"
    return {
        "name": like.name,
        "seed": 726,
        "note": like.note,
        "task": {"label": "label", "kind": like.kind, "positive": positive, "unit": like.unit} | _keys(like),
        "question": like.question and {"compare": list(like.signal)[:2], "metric": metric, **like.question},
        "evaluation": like.evaluation,
        "folds": {"count": like.num_folds, "repeats": like.num_repeats, "inner": 0.2},
        "grid": {
            "backbones": list(like.backbones),
            "weights": list(like.signal),
            "tunings": [{"mode": name, "learning_rates": rates} for name, rates in like.tunings.items()],
            "pixels": list(like.pixels),
            "train_fractions": list(like.shares),
        },
        "training": asdict(Training(image_size=64, head_input=like.head_input, class_weights=like.class_weights)),
    }


def _data(like: Synthetic, patients: np.ndarray, truth: np.ndarray) -> dict[str, Any]:
    classes = (truth > 12).astype(int) if like.kind == "regression" else truth
    marks = truth if truth.ndim == 2 else np.eye(2, dtype=int)[classes]
    if like.kind == "ordinal":
        marks = np.eye(len(like.classes), dtype=int)[truth.sum(axis=1)]
    names = () if like.kind == "regression" else like.classes
    return {
        "sha256": "0" * 64,
        "examples": len(truth),
        "patients": like.num_patients,
        "classes": list(names),
        "counts": {
            name: {"images": int(marks[:, number].sum()), "patients": len(np.unique(patients[marks[:, number] == 1]))}
            for number, name in enumerate(names)
        },
        "unit": like.unit,
    }


def _weights(like: Synthetic, scenarios: list[Scenario]) -> list[dict[str, Any]]:
    sources = dict.fromkeys((s.setting.backbone, s.setting.weights, s.setting.pixels) for s in scenarios)
    return [
        {
            "name": weights,
            "backbone": backbone,
            "source": "random" if weights == "random" else "file",
            "file": None if weights == "random" else f"{weights}-{backbone}_notop.h5",
            "sha256": None if weights == "random" else hashlib.sha256(f"{backbone}{weights}".encode()).hexdigest(),
            "pixels": pixels,
            "native_pixels": NATIVE.get((backbone, weights), "radimagenet"),
            "alternative_pixels": like.alternatives.get(weights),
        }
        for backbone, weights, pixels in sources
    ]
