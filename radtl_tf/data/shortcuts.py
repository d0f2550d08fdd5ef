"""Can the label be guessed without looking at the radiograph? From how it was taken, from its name, from a column."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
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

from radtl_tf.data.descriptors import CATEGORIES, acquisition, metadata_table
from radtl_tf.data.reading import Reading

Truth = NDArray[np.int64]

WARN_AUROC = 0.65
WARN_ASSOCIATION = 0.3  # Cramer's V
LEAK = 0.9  # of a word: its share among one class minus its share among the others
LEAK_AUROC = 0.97  # of a number
MIN_IMAGES = 10  # of each class: fewer can be told apart by anything
_FOLDS = 5
_WORDS = re.compile(r"[^\W_]+")


@dataclass(frozen=True)
class Association:
    """How a property of the acquisition goes with the label: Cramer's V (0..1), and p of the chi-square test."""

    name: str
    values: int
    v: float
    p_value: float


def acquisition_auroc(readings: Sequence[Reading], truth: Truth, patients: NDArray[np.int64]) -> float:
    """Return the cross-validated AUROC of the label from size, depth, border, mean, SD and header alone.

    Logistic regression, patients never divided; the macro mean of one against the rest for several classes; ``nan``
    where a class is too small.
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
    """Return how each categorical property, size and depth go with the label; those of one value are left out."""
    table = metadata_table(readings)[list(CATEGORIES)].replace("", "unknown")
    table["size"] = [f"{reading.width} x {reading.height}" for reading in readings]
    table["bits"] = [str(reading.bits) for reading in readings]
    columns = ((name, table[name]) for name in table if 2 <= table[name].nunique() <= len(table) / 2)
    return [_association(str(name), column, truth) for name, column in columns]


def leaking_columns(columns: pd.DataFrame, truth: Truth) -> list[str]:
    """Return the names of the columns (text) of which one word, or the number, all but says the label."""
    if not len(truth) or np.bincount(truth).min() < MIN_IMAGES:
        return []
    return [str(name) for name in columns if _number_leaks(columns[name], truth) or _word_leaks(columns[name], truth)]


def _association(name: str, column: pd.Series, truth: Truth) -> Association:
    """Return Cramer's V with the correction for bias of Bergsma 2013 (J Korean Stat Soc)."""
    table = pd.crosstab(column, truth).to_numpy()
    result = chi2_contingency(table, correction=False)
    number, (rows, classes) = table.sum(), table.shape
    phi = max(0.0, result.statistic / number - (rows - 1) * (classes - 1) / (number - 1))
    least = min(rows - (rows - 1) ** 2 / (number - 1), classes - (classes - 1) ** 2 / (number - 1)) - 1
    return Association(name, rows, float(np.sqrt(phi / least)) if least > 0 else 0.0, float(result.pvalue))


def _number_leaks(column: pd.Series, truth: Truth) -> bool:
    values = pd.to_numeric(column, errors="coerce").to_numpy(float)
    if np.isnan(values).any():
        return False
    return any(abs(_auroc(truth == label, values) - 0.5) + 0.5 >= LEAK_AUROC for label in np.unique(truth))


def _auroc(positive: NDArray[np.bool_], values: NDArray[np.float64]) -> float:
    number = int(positive.sum())
    wins = rankdata(values)[positive].sum() - number * (number + 1) / 2
    return float(wins / (number * (len(values) - number)))


def _word_leaks(column: pd.Series, truth: Truth) -> bool:
    """Tell whether a word of the cells stands with one class only, and with nearly all of it."""
    counts = pd.DataFrame(_words(column, truth), columns=["word", "label"]).value_counts().unstack(fill_value=0)
    if counts.empty:
        return False
    sizes = np.bincount(truth)
    counts = counts.reindex(columns=range(len(sizes)), fill_value=0)
    others = counts.sum(axis=1).to_numpy()[:, None] - counts.to_numpy()
    gap = counts.to_numpy() / sizes - others / (len(truth) - sizes)
    return bool((np.abs(gap) >= LEAK).any())


def _words(column: pd.Series, truth: Truth) -> Iterator[tuple[str, int]]:
    """Yield every word of a cell once, and the whole cell, with the label."""
    for cell, label in zip(column, truth, strict=True):
        text = str(cell).strip().casefold()
        for word in {text, *_WORDS.findall(text)}:
            yield word, int(label)
