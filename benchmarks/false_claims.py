"""Count false claims where nothing can be learned: experiments on labels that are permuted between patients.

    python benchmarks/false_claims.py [--experiments 100] [--processes 2] [--minutes M] [--quick]

Phantoms of skull radiographs are drawn once, and two small networks with random weights compute their features once
(``radtl.embeddings``). Each experiment permutes the labels of the patients, so that no label depends on its image. The
rest is what ``radtl run`` and its report do: folds, heads on frozen features, trivial baselines, comparisons,
verdict, and the comparison with chance and with the best trivial baseline. So every claim is false: that
one of the weights is better, or that one of them has learned anything. Each experiment is evaluated with all repeats
and with its first one only. The last two rows, for comparison, count the claims of a test of the fitted networks only,
and of a probability of a false claim below 5 % (Christodoulou et al. 2025).

Each finished experiment is stored in build/false_claims.jsonl, so a run that was stopped, also by ``--minutes``, can be
resumed; results of another version of this file are ignored. The table is published when all experiments are done.
The limits are Wilson's 95 % intervals for the number of experiments.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")  # parallel processes, not threads
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
import pandas as pd
from _shared import publish
from numpy.typing import NDArray

import radtl_tf as radtl
from radtl_tf.data.decoding.reading import Reading
from radtl_tf.data.folds.draw import Fold, draw_folds
from radtl_tf.data.manifest.cases import Cases
from radtl_tf.data.phantoms.write import write_phantoms
from radtl_tf.evaluation.inference.proportions import wilson
from radtl_tf.evaluation.question.answer import answer
from radtl_tf.evaluation.question.chosen_runs import question_pairs
from radtl_tf.evaluation.question.contrasts import contrasts, judge
from radtl_tf.evaluation.question.inner_choice import run_values
from radtl_tf.evaluation.question.learned import CHANCE, learned
from radtl_tf.evaluation.results.experiment_record import ExperimentRecord
from radtl_tf.evaluation.results.patient_table import patient_table
from radtl_tf.evaluation.results.run_parts import RunParts
from radtl_tf.evaluation.results.units import fold_values
from radtl_tf.evaluation.review.false_claim import false_claims
from radtl_tf.evaluation.review.fixed_models import claimed, twofold
from radtl_tf.records.experiment import Experiment
from radtl_tf.records.experiment_facts import ClassCount, DataFacts, ExperimentFacts, WeightsFacts
from radtl_tf.records.reader import experiment_from
from radtl_tf.records.runs import Scenario, Setting
from radtl_tf.report.text.advice import advice
from radtl_tf.training.heads.together import train_heads
from radtl_tf.training.linear.trivial_baselines import predict_baselines
from radtl_tf.training.prediction_rows import prediction_rows
from radtl_tf.training.run import RunData

PATIENTS, HEIGHT, SIZE, BACKBONE, PIXELS = 120, 96, 64, "MobileNet025", "tf"
WEIGHTS = {"first": 1, "second": 2}  # seeds of random weights
RATES, EPOCHS, SEED = (0.01, 0.001), 15, 726
ROWS = {
    "better": "verdict: the first weights are better",
    "worse": "verdict: the first weights are worse",
    "start": "advice to start from one of the weights, or from either",
    "any above chance": "learned: at least one of the weights above chance",
    "any above baseline": "learned: at least one of the weights above the best trivial baseline",
    "learned": "learned: at least one of the weights above both",
    "equivalent": "verdict: equivalent (true here)",
    "fixed": "for comparison: test of the fitted networks only, 5 %",
    "christodoulou": "for comparison: probability of a false claim below 5 %",
}
RESULTS = Path(__file__).parents[1] / "build" / "false_claims.jsonl"
CODE = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()[:12]
FALSE = "better", "worse", "any above chance", "any above baseline"


@dataclass(frozen=True)
class Material:
    """What all experiments share: the cases with their true labels, the images, and the features of each weights."""

    experiment: Experiment
    cases: Cases
    readings: list[Reading]
    features: dict[str, NDArray[np.float32]]


@dataclass(frozen=True)
class Stored:
    """Features (N, C) in memory, in place of a store."""

    features: NDArray[np.float32]

    def rows(self, tuning: str, positions: NDArray[np.int64], view: int | None) -> list[NDArray[np.float32]]:
        """Return the features of the images at ``positions``."""
        return [self.features[positions]]


def main() -> None:
    """Run the remaining experiments and publish the table; an incomplete run is only printed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--experiments", type=int, default=100)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--minutes", type=float, default=float("inf"), help="start no experiment after this time")
    parser.add_argument("--quick", action="store_true", help="three experiments; print only")
    asked = parser.parse_args()
    number = 3 if asked.quick else asked.experiments
    with tempfile.TemporaryDirectory() as folder:
        material = _material(Path(folder))
        found = _done() | _run(material, [seed for seed in range(number) if seed not in _done()], asked)
    kept = [row for seed, rows in sorted(found.items()) if seed < number for row in rows]
    text = "\n".join(_lines(material, pd.DataFrame(kept)))
    complete = len(kept) == 2 * number and not asked.quick
    publish("false_claims", text, is_timed=False) if complete else print(text)


Claims = dict[int, list[dict[str, Any]]]  # seed to what the experiment claims, with all repeats and with one


def _done() -> Claims:
    """Return the stored experiments of this version of the code."""
    lines = RESULTS.read_text(encoding="utf-8").splitlines() if RESULTS.exists() else []
    stored = [json.loads(line) for line in lines]
    return {line["seed"]: line["rows"] for line in stored if line["code"] == CODE}


def _run(material: Material, seeds: list[int], asked: argparse.Namespace) -> Claims:
    """Run the experiments with these seeds, and store each as soon as it is finished."""
    RESULTS.parent.mkdir(exist_ok=True)
    end, found = time.monotonic() + 60 * asked.minutes, {}
    with (
        ProcessPoolExecutor(asked.processes, mp_context=get_context("spawn")) as pool,
        RESULTS.open("a", encoding="utf-8") as file,
    ):
        futures = {pool.submit(_experiment, material, seed): seed for seed in seeds}
        for future in as_completed(futures):
            found[futures[future]] = future.result()
            file.write(json.dumps({"code": CODE, "seed": futures[future], "rows": future.result()}) + "\n")
            file.flush()
            if time.monotonic() > end:
                pool.shutdown(wait=False, cancel_futures=True)
                break
    return found


def _material(folder: Path) -> Material:
    """Draw the phantoms, and compute the features of both weights."""
    source = write_phantoms(folder, kind="skull", num_patients=PATIENTS, seed=SEED, height=HEIGHT)
    data = radtl.Dataset.from_csv(source, positive="male", patient="patient_id", unit="image")
    features = {
        name: radtl.embeddings(data, BACKBONE, weights="random", pixels=PIXELS, size=SIZE, seed=seed)
        for name, seed in WEIGHTS.items()
    }
    content = {
        "name": "permuted labels",
        "task": {"manifest": "labels.csv", "positive": "male", "patient": "patient_id", "unit": data.cases.unit},
        "question": {"compare": list(WEIGHTS)},
        "folds": {"repeats": 3},
        "grid": {
            "backbones": [BACKBONE],
            "weights": list(WEIGHTS),
            "tunings": [{"mode": "frozen", "learning_rates": list(RATES)}],
        },
        "weights": {name: {"files": {BACKBONE: f"{name}.h5"}, "pixels": PIXELS} for name in WEIGHTS},
        "training": {"image_size": SIZE, "epochs": EPOCHS},
    }
    readings = [image.reading for image in data.images.examined()]
    return Material(experiment_from(content, folder), data.cases, readings, features)


def _experiment(material: Material, seed: int) -> list[dict[str, Any]]:
    """Return what one experiment claims, with all repeats and with the first one."""
    cases = _permuted(material.cases, seed)
    folds = draw_folds(cases, material.experiment.folds, SEED + seed)
    predictions, runs = _trained(material, cases, folds, SEED + seed)
    columns = ["scenario", "repeat", "fold", "part", "example", "patient", "truth", "score"]
    baselines = pd.DataFrame(predict_baselines(material.readings, cases, folds), columns=columns)
    found = []
    for repeats in (material.experiment.folds.repeats, 1):
        record = _record(material, cases, folds, runs, repeats)
        kept = [table[table["repeat"] < repeats] for table in (predictions, baselines)]
        found.append({"repeats": repeats, **_claims(record, *kept)})
    return found


def _permuted(cases: Cases, seed: int) -> Cases:
    """Return the cases with the labels of the patients in another order; all images of a patient keep one label."""
    label = np.zeros(len(cases.patient_ids), np.int64)
    label[cases.patients] = cases.truth
    return replace(cases, truth=np.random.default_rng(seed).permutation(label)[cases.patients])


def _scenarios(name: str) -> list[Scenario]:
    """Return the scenarios of one of the weights: one per learning rate."""
    return [Scenario(Setting(BACKBONE, name, PIXELS, "frozen"), rate) for rate in RATES]


def _trained(material: Material, cases: Cases, folds: list[Fold], seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Train everything; return the rows of ``predictions.csv`` and those of the runs."""
    rows: list[tuple[object, ...]] = []
    runs = []
    for name, features in material.features.items():
        data = RunData(cases, Stored(features), [], seed, material.experiment.training)
        heads = train_heads(data, folds, RATES)
        for fold, of_fold in zip(folds, heads, strict=True):
            for scenario, outcome in zip(_scenarios(name), of_fold, strict=True):
                rows += prediction_rows(cases, scenario.name, fold, outcome.scores)
                patients = len(np.unique(cases.patients[fold.train]))
                runs.append((scenario.name, fold.repeat, fold.fold, patients, outcome.converged))
    columns = ["scenario", "repeat", "fold", "part", "example", "patient", "truth", "score"]
    of_run = ["scenario", "repeat", "fold", "train_patients", "converged"]
    return pd.DataFrame(rows, columns=columns), pd.DataFrame(runs, columns=of_run)


def _record(material: Material, cases: Cases, folds: list[Fold], runs: pd.DataFrame, repeats: int) -> ExperimentRecord:
    """Return the record of an experiment, as ``read_record`` returns it."""
    experiment = replace(material.experiment, folds=replace(material.experiment.folds, repeats=repeats))
    counts = {
        name: ClassCount(images=int(marks.sum()), patients=len(np.unique(cases.patients[marks == 1])))
        for name, marks in zip(cases.classes, cases.marks.T, strict=True)
    }
    facts = ExperimentFacts(
        experiment=experiment,
        data=DataFacts(
            sha256="",
            examples=len(cases.truth),
            patients=len(cases.patient_ids),
            classes=cases.classes,
            counts=counts,
            unit=cases.unit,
        ),
        folds_sha256="",
        weights=tuple(
            WeightsFacts(name=name, backbone=BACKBONE, source="random", pixels=PIXELS, native_pixels=PIXELS)
            for name in WEIGHTS
        ),
        versions={},
        scenarios=tuple(scenario for name in WEIGHTS for scenario in _scenarios(name)),
    )
    parts = [
        (int(row), cases.patient_ids[cases.patients[row]], fold.repeat, fold.fold, part)
        for fold in folds[: repeats * experiment.folds.count]
        for part, positions in fold.parts()
        for row in positions
    ]
    table = pd.DataFrame(parts, columns=["example", "patient", "repeat", "fold", "part"])
    return ExperimentRecord(facts, table, runs[runs["repeat"] < repeats])


def _claims(record: ExperimentRecord, predictions: pd.DataFrame, baselines: pd.DataFrame) -> dict[str, bool | float]:
    """Return what an experiment claims, by the key of ``ROWS``, and the mean AUROC of the first weights."""
    parts = RunParts(predictions, record.data.unit, record.target)
    values = run_values(record, fold_values(predictions, record.data.unit, record.target))
    values = replace(values, patients=patient_table(record, parts))
    judged = judge(contrasts(record, values), record.num_folds, record.asked.margin)
    asked = [result for result in judged if result.contrast.level == "question"]
    found = answer(record, values, asked)
    trivial = fold_values(baselines, record.data.unit, record.target)
    told = learned(found, trivial.pivot(index=["repeat", "fold"], columns="scenario", values="auroc"), record.num_folds)
    (both,) = twofold(asked)
    (claim,) = false_claims(record.target, parts, list(question_pairs(record, values, over="selected")))
    return {
        "better": found.verdict == "better",
        "worse": found.verdict == "worse",
        "equivalent": found.verdict == "equivalent",
        "start": ", start from " in advice(found, told),
        "any above chance": bool(told.above(CHANCE)),
        "any above baseline": bool(told.above(told.baseline)),
        "learned": bool(told.above_all),
        "fixed": both.fixed is not None and claimed(both.fixed) != "undecided",
        "christodoulou": claim.probability < 0.05,
        "AUROC": float(found.folds["first"].mean()),
    }


def _lines(material: Material, found: pd.DataFrame) -> Iterator[str]:
    cases, number = material.cases, len(found) // found["repeats"].nunique()
    yield (
        f"{number} experiments with permuted labels; {len(cases.truth)} phantoms of {len(cases.patient_ids)} patients, "
        f"two {BACKBONE} with random weights"
    )
    by_repeats = dict(list(found.groupby("repeats", sort=False)))
    yield f"{'':68}" + "".join(f"{f'{repeats} repeats' if repeats > 1 else '1 repeat':>24}" for repeats in by_repeats)
    for key, name in ROWS.items():
        cells = "".join(f"{_cell(rows[key]):>24}" for rows in by_repeats.values())
        yield f"{name:68}{cells}"
    false = "".join(f"{_cell(rows[list(FALSE)].any(axis=1)):>24}" for rows in by_repeats.values())
    yield f"{'any false claim in the answer':68}{false}"
    yield f"mean AUROC of the first weights: {found['AUROC'].mean():.3f}"


def _cell(claims: pd.Series) -> str:
    count, number = int(claims.sum()), len(claims)
    low, high = wilson(count, number)
    return f"{count} ({low:.1%} to {high:.1%})"


if __name__ == "__main__":
    main()
