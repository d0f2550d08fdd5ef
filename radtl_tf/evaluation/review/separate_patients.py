"""Prove from the files that no patient, and no group of patients who share an image, is in two parts of a fold."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import pandas as pd

from radtl_tf.errors import DataError

PARTS = ("train", "inner", "test")
Groups = Sequence[Sequence[str]]


@dataclass(frozen=True)
class Certificate:
    """What was computed: ``parts`` has a row per repeat, fold and part.

    Its columns are ``repeat``, ``fold``, ``part``, ``images``, ``patients`` and ``sha256`` of the sorted hashes of the
    patients. ``num_groups`` is the number of linked groups; ``None`` if the folder does not record them.
    """

    parts: pd.DataFrame
    num_groups: int | None

    @property
    def num_folds(self) -> int:
        """How many partitions were checked: folds times repeats."""
        return len(self.parts[["repeat", "fold"]].drop_duplicates())


def certify(folds: pd.DataFrame, predictions: pd.DataFrame, linked: Groups | None) -> Certificate:
    """Check ``folds.csv`` and ``predictions.csv`` and return the certificate.

    ``linked`` are groups of patients (keyed hashes) who share an image.

    Raises:
        DataError: a patient or a linked group is in two parts of a fold, a patient is tested twice or never in a
            repeat, or a run was tested on other images than ``folds.csv`` says.
    """
    pairs = folds[["repeat", "fold", "part", "patient"]].drop_duplicates()
    _refuse(pairs.duplicated(["repeat", "fold", "patient"]), pairs, "a patient is in two parts of a fold")
    _check_groups(pairs, linked or ())
    _check_tested_once(pairs)
    _check_predicted(folds, predictions)
    parts = folds.groupby(["repeat", "fold", "part"])
    counted = parts.agg(images=("example", "size"), patients=("patient", "nunique"), sha256=("patient", patients_hash))
    return Certificate(counted.reset_index(), None if linked is None else len(linked))


def patients_hash(patients: Iterable[str]) -> str:
    """Return the sha256 of the sorted, different patient hashes, joined by line feeds, as hexadecimal digits.

    >>> patients_hash(["b", "a", "b"]) == patients_hash(["a", "b"])
    True
    """
    return hashlib.sha256("\n".join(sorted(set(patients))).encode()).hexdigest()


def _check_groups(pairs: pd.DataFrame, linked: Groups) -> None:
    """Refuse groups that are divided between parts of a fold."""
    number = {patient: group for group, patients in enumerate(linked) for patient in patients}
    grouped = pairs.assign(group=pairs["patient"].map(number)).dropna(subset="group")
    places = grouped[["repeat", "fold", "part", "group"]].drop_duplicates()
    divided = places.duplicated(["repeat", "fold", "group"])
    _refuse(divided, places, "patients who share an image are in two parts of a fold")


def _check_tested_once(pairs: pd.DataFrame) -> None:
    tested = pairs[pairs["part"] == "test"]
    _refuse(tested.duplicated(["repeat", "patient"]), tested, "a patient is tested in two folds of one repeat")
    everyone = pairs["patient"].nunique()
    for repeat, patients in tested.groupby("repeat")["patient"].nunique().items():
        if patients != everyone:
            raise DataError(f"folds.csv: {everyone - patients} patients are never tested in repeat {repeat}. {_ADVICE}")


def _check_predicted(folds: pd.DataFrame, predictions: pd.DataFrame) -> None:
    """Refuse predictions for images that ``folds.csv`` has in another part or with another patient."""
    columns = ["repeat", "fold", "part", "example", "patient"]
    predicted = predictions[columns].drop_duplicates()
    joined = predicted.merge(folds[columns], how="left", indicator=True)
    _refuse(joined["_merge"] != "both", joined, "a run predicted an image of another part or of another patient")
    tested, planned = ((table["part"] == "test").sum() for table in (predicted, folds))
    if tested != planned:
        raise DataError(f"predictions.csv: {tested} of {planned} test images of all folds were predicted. {_ADVICE}")


def _refuse(wrong: pd.Series, table: pd.DataFrame, what: str) -> None:
    """Raise the error ``what`` with its first place, if any row is ``wrong``."""
    if wrong.any():
        first = table[wrong].iloc[0]
        raise DataError(
            f"folds.csv: {what} (repeat {first['repeat']}, fold {first['fold']}; {int(wrong.sum())} in all). {_ADVICE}"
        )


_ADVICE = "No result of this folder can be trusted. Run the experiment again in a new folder."
