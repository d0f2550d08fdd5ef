"""Summarize a data set: counts of images, patients and classes, without anything that identifies a patient."""

from __future__ import annotations

import numpy as np
import pandas as pd

from radtl_tf.data.folds.draw import patients_per_class
from radtl_tf.data.manifest.cases import Cases


def summary_text(cases: Cases, left_out: int = 0) -> str:
    """Return the counts as text, a line per class; in a binary task the positive class comes first. Numbers: one line.

    ``left_out`` rows of the table have no known label.
    """
    if cases.is_number:
        return "\n".join([f"Dataset: {_title(cases, left_out)}", f"  {_numbers(cases)}"])
    rows = (f"  {name}: {_counted(n, 'image')} of {_counted(m, 'patient')}" for name, n, m in _counts(cases))
    return "\n".join([f"Dataset: {_title(cases, left_out)}", *rows])


def summary_html(cases: Cases, left_out: int = 0) -> str:
    """Return the counts as HTML for a notebook."""
    if cases.is_number:
        return f"<p><b>Dataset</b>: {_title(cases, left_out)}</p><p>{_numbers(cases)}</p>"
    table = pd.DataFrame(_counts(cases), columns=["Class", "Images", "Patients"])
    return f"<p><b>Dataset</b>: {_title(cases, left_out)}</p>{table.to_html(index=False)}"


def _title(cases: Cases, left_out: int) -> str:
    images, patients = _counted(len(cases.truth), "image"), _counted(len(cases.patient_ids), "patient")
    unknown = int((~cases.known).sum())
    not_known = f", {_counted(unknown, 'label')} not known" if unknown else ""
    left = f", {_counted(left_out, 'row')} without a label left out" if left_out else ""
    return f"{images} of {patients}, {cases.kind}, unit {cases.unit}{not_known}{left}"


def _numbers(cases: Cases) -> str:
    """Return mean, SD and range of the numbers of a regression."""
    truth = cases.truth
    return f"mean {truth.mean():.4g}, SD {truth.std():.4g}, from {truth.min():.4g} to {truth.max():.4g}"


def _counts(cases: Cases) -> list[tuple[str, int, int]]:
    """Return the name and the numbers of images and patients of each class."""
    images, patients = cases.marks.sum(axis=0), patients_per_class(cases, np.arange(len(cases.truth)))
    rows = list(zip(cases.classes, images.tolist(), patients.tolist(), strict=True))
    if cases.kind != "binary":
        return rows
    (negative, *rest), (positive, *others) = rows
    return [(f"{positive} (positive)", *others), (negative, *rest)]


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' if number != 1 else ''}"
