"""The tables of the data check: files, classes, sizes, associations with the label, folds."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from radtl_tf.data.check.check_data import CheckData
from radtl_tf.data.manifest.cases import Cases

_MAX_ROWS = 12  # of a table of counts


def counts(data: CheckData) -> dict[str, str]:
    """Return the numbers of images and patients of a check, as text."""
    outcomes = Counter(image.outcome.status for image in data.examined)
    found = {"Images": ", ".join(f"{number} {status}" for status, number in outcomes.most_common())}
    if any(image.patient for image in data.decoded):
        found["Patients"] = str(len(np.unique(data.patients)))
    return found


def tables(data: CheckData) -> dict[str, pd.DataFrame]:
    """Return the tables that have at least one row, by their title."""
    makers = {
        "Files": _outcome_table,
        "Classes": _class_table,
        "Sizes": _size_table,
        "Age and pixel spacing by class": _confounder_table,
        "Acquisition by class": _association_table,
        "Thumbnail of 16 x 16 pixels": _thumbnail_table,
        "Folds": _fold_table,
    }
    made = {title: make(data) for title, make in makers.items()}
    return {title: table for title, table in made.items() if len(table)}


def _outcome_table(data: CheckData) -> pd.DataFrame:
    rows = Counter((image.outcome.status, image.outcome.code) for image in data.examined)
    return pd.DataFrame([(*key, number) for key, number in rows.most_common()], columns=["Outcome", "Reason", "Images"])


def _class_table(data: CheckData) -> pd.DataFrame:
    names = [" | ".join(data.classes[place]) or "(no label)" for place in data.truth]
    table = pd.DataFrame({"Class": names, "patient": data.patients})
    grouped = table.groupby("Class")["patient"].agg(Images="size", Patients="nunique").reset_index()
    return grouped.sort_values("Images", ascending=False).head(_MAX_ROWS)


def _size_table(data: CheckData) -> pd.DataFrame:
    rows = Counter((f"{r.width} x {r.height}", r.bits) for r in (image.reading for image in data.decoded))
    found = [(size, bits, number) for (size, bits), number in rows.most_common(_MAX_ROWS)]
    return pd.DataFrame(found, columns=["Width x height", "Bits", "Images"])


def _confounder_table(data: CheckData) -> pd.DataFrame:
    """Return the number, mean, SD and quartiles of age and spacing for each class."""
    columns = ["What", "Class", "Known", "Mean", "SD", "25 %", "Median", "75 %"]
    rows = []
    for name, what in (("age", "Age (years)"), ("spacing", "Pixel spacing (mm)")):
        text = [image.reading.metadata.get(name, "") for image in data.decoded]
        values = pd.to_numeric(pd.Series(text, dtype=str), errors="coerce")
        for number, labels in enumerate(data.classes[:_MAX_ROWS]):
            known = values[data.truth == number].dropna()
            if len(known):
                numbers = (known.mean(), known.std(ddof=0), *known.quantile([0.25, 0.5, 0.75]))
                rows.append((what, " | ".join(labels), len(known), *(f"{value:.3g}" for value in numbers)))
    return pd.DataFrame(rows, columns=columns)


def _association_table(data: CheckData) -> pd.DataFrame:
    rows = [(row.name, str(row.values), f"V {row.v:.2f}", f"{row.p_value:.2g}") for row in data.associations]
    if not np.isnan(data.shortcut):
        rows.append(("all together, with brightness and border", "", f"AUROC {data.shortcut:.2f}", ""))
    return pd.DataFrame(rows, columns=["Property", "Values", "Strength", "p"])


def _thumbnail_table(data: CheckData) -> pd.DataFrame:
    found = data.thumbnail
    rows = [("whole image", f"{found.whole:.2f}"), (f"{found.region} alone", f"{found.best:.2f}")] if found else []
    return pd.DataFrame(rows, columns=["Pixels", "AUROC"])


def _fold_table(data: CheckData) -> pd.DataFrame:
    """Return how many images, patients and images of each class are in each part of each fold."""
    columns = ["Repeat", "Fold", "Part", "Images", "Patients"]
    folds, _ = data.folds
    if data.cases is None or not folds:
        return pd.DataFrame(columns=columns)
    cases, rows = data.cases, []
    for fold in folds:
        for part, positions in fold.parts():
            of_part = _mean_and_sd(cases, positions) if cases.is_number else cases.marks[positions].sum(axis=0)
            patients = len(np.unique(cases.patients[positions]))
            rows.append((fold.repeat, fold.fold, part, len(positions), patients, *of_part))
    return pd.DataFrame(rows, columns=[*columns, *(("Mean", "SD") if cases.is_number else cases.classes)])


def _mean_and_sd(cases: Cases, positions: NDArray[np.int64]) -> tuple[str, str]:
    numbers = cases.truth[positions]
    return f"{numbers.mean():.3g}", f"{numbers.std():.3g}"
