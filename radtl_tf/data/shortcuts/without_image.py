"""Test whether the acquisition, the file name or a column predicts the label without the radiograph."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import chi2_contingency, rankdata
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedGroupKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from radtl_tf.data.decoding.reading import Reading
from radtl_tf.data.shortcuts.descriptors import CATEGORIES, acquisition, metadata_table

Truth = NDArray[np.int64]

WARN_AUROC = 0.65
WARN_ASSOCIATION = 0.3  # Cramer's V
LEAK = 0.9  # of a word: its share in one class minus its share in the others
LEAK_PART = 0.2  # of a class: the share with a word that occurs in no other class
LEAK_AUROC = 0.97  # of a column's numbers or cells
_CHANCE = 1e-3  # probability that any word of a column occurs in only one class by chance
MIN_IMAGES = 10  # of each class: with fewer, almost any property can separate the classes by chance
_FOLDS = 5
_WORDS = re.compile(r"[^\W_]+")
_PIECES = re.compile(r"[^\W\d_]+|\d+")
_KNOWN = 0.8  # share of the cells that must be numbers


@dataclass(frozen=True)
class Association:
    """The association of a property with the label: Cramer's V (0..1), and p of the chi-square test."""

    name: str
    values: int
    v: float
    p_value: float


def acquisition_auroc(readings: Sequence[Reading], truth: Truth, patients: NDArray[np.int64]) -> float:
    """Return the cross-validated AUROC of predicting the label from size, depth, border, mean, SD and header alone.

    We use logistic regression, and no patient is divided between folds. For several classes this is the macro mean of
    each class against the rest. The result is ``nan`` if a class is too small.
    """
    features = acquisition(readings)
    varying = features[:, np.ptp(features, axis=0) > 0]
    if np.bincount(truth).min() < MIN_IMAGES:
        return float("nan")
    if not varying.shape[1]:
        return 0.5
    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=1000))
    folds = StratifiedGroupKFold(_FOLDS, shuffle=True, random_state=0)
    scores = cross_val_predict(model, varying, truth, groups=patients, cv=folds, method="predict_proba")
    if scores.shape[1] == 2:
        return float(roc_auc_score(truth, scores[:, 1]))
    return float(roc_auc_score(truth, scores, multi_class="ovr", average="macro"))


def associations(readings: Sequence[Reading], truth: Truth) -> list[Association]:
    """Return the association of each categorical property, of size and of depth with the label.

    A property is left out if it has one value only, or more values than half the number of images.
    """
    table = metadata_table(readings)[list(CATEGORIES)].replace("", "unknown")
    table["size"] = [f"{reading.width} x {reading.height}" for reading in readings]
    table["bits"] = [str(reading.bits) for reading in readings]
    columns = ((name, table[name]) for name in table if 2 <= table[name].nunique() <= len(table) / 2)
    return [_association(str(name), column, truth) for name, column in columns]


def leaking_columns(columns: pd.DataFrame, truth: Truth, patients: NDArray[np.int64]) -> list[str]:
    """Return the names of the text columns that give the label away.

    A column does so by a word that occurs in nearly all of one class, or in a good part of one class and in no other;
    by its number; or by the whole cell, if the same cells of other patients predict the label.
    """
    if not len(truth) or np.bincount(truth).min() < MIN_IMAGES:
        return []
    leaks = (_number_leaks, _word_leaks, _cell_leaks)
    return [str(name) for name in columns if any(leak(columns[name], truth, patients) for leak in leaks)]


def _association(name: str, column: pd.Series, truth: Truth) -> Association:
    """Return Cramer's V with the bias correction of Bergsma 2013 (J Korean Stat Soc)."""
    table = pd.crosstab(column, truth).to_numpy()
    result = chi2_contingency(table, correction=False)
    number, (rows, classes) = table.sum(), table.shape
    phi = max(0.0, result.statistic / number - (rows - 1) * (classes - 1) / (number - 1))
    least = min(rows - (rows - 1) ** 2 / (number - 1), classes - (classes - 1) ** 2 / (number - 1)) - 1
    return Association(name, rows, float(np.sqrt(phi / least)) if least > 0 else 0.0, float(result.pvalue))


def _number_leaks(column: pd.Series, truth: Truth, patients: NDArray[np.int64]) -> bool:
    values = pd.to_numeric(column, errors="coerce").to_numpy(float)
    known = np.isfinite(values)
    if known.mean() < _KNOWN or len(np.unique(truth[known])) < 2:
        return False
    return _tells(lambda label: values[known], truth[known])


def _cell_leaks(column: pd.Series, truth: Truth, patients: NDArray[np.int64]) -> bool:
    """Tell whether the labels of the same cells of other patients predict the label of a cell."""
    cells = pd.factorize(column.str.strip().str.casefold())[0]
    folds = np.random.default_rng(0).permutation(patients.max() + 1)[patients] % _FOLDS
    sizes = np.bincount(truth)
    counts = np.zeros((cells.max() + 1, _FOLDS, len(sizes)))
    np.add.at(counts, (cells, folds, truth), 1)
    elsewhere = (counts.sum(axis=1, keepdims=True) - counts)[cells, folds]  # (N, K)
    scores = (elsewhere + sizes / len(truth)) / (elsewhere.sum(axis=1, keepdims=True) + 1)
    return _tells(lambda label: scores[:, label], truth)


def _tells(score: Callable[[int], NDArray[np.float64]], truth: Truth) -> bool:
    """Tell whether the scores separate a class from the others, whether they are higher or lower."""
    return any(abs(_auroc(truth == label, score(label)) - 0.5) + 0.5 >= LEAK_AUROC for label in np.unique(truth))


def _auroc(positive: NDArray[np.bool_], values: NDArray[np.float64]) -> float:
    number = int(positive.sum())
    wins = rankdata(values)[positive].sum() - number * (number + 1) / 2
    return float(wins / (number * (len(values) - number)))


def _word_leaks(column: pd.Series, truth: Truth, patients: NDArray[np.int64]) -> bool:
    """Tell whether a word occurs in nearly all of one class only, or in a part of one class and in no other."""
    table = pd.DataFrame(_words(column, truth, patients), columns=["word", "label", "patient"])
    sizes = np.bincount(truth)
    counts = _per_class(table, len(sizes))
    gap = counts / sizes - (counts.sum(axis=1, keepdims=True) - counts) / (len(truth) - sizes)
    of_patients = _per_class(table.drop_duplicates(), len(sizes))
    persons = np.bincount(np.unique(np.column_stack([patients, truth]), axis=0)[:, 1])
    alone = of_patients.sum(axis=1, keepdims=True) == of_patients
    rare = (persons / persons.sum()) ** of_patients < _CHANCE / max(len(counts), 1)
    return bool((np.abs(gap) >= LEAK).any() or (alone & rare & (of_patients >= LEAK_PART * persons)).any())


def _per_class(table: pd.DataFrame, num_classes: int) -> NDArray[np.float64]:
    """Return (W, K): how often each word occurs in each class."""
    return pd.crosstab(table["word"], table["label"]).reindex(columns=range(num_classes), fill_value=0).to_numpy(float)


def _words(column: pd.Series, truth: Truth, patients: NDArray[np.int64]) -> Iterator[tuple[str, int, int]]:
    """Yield each word of a cell once, its letters and its numbers separately, and the whole cell, with the label."""
    for cell, label, patient in zip(column, truth, patients, strict=True):
        text = str(cell).strip().casefold()
        for word in {text, *_WORDS.findall(text), *_PIECES.findall(text)}:
            yield word, int(label), int(patient)
