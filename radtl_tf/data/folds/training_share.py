"""Take a share of the training patients of a fold, to measure how a result depends on their number."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from radtl_tf.data.folds.draw import Fold, patients_per_class, patients_without_class
from radtl_tf.data.folds.strata import strata_of
from radtl_tf.data.manifest.cases import Cases
from radtl_tf.errors import DataError


def with_share_of_training(cases: Cases, fold: Fold, share: float, seed: int) -> Fold:
    """Return ``fold`` with ``share`` (0..1) of its training patients; the inner and test part do not change.

    Each class keeps the same share. All images of a patient stay together, and so do patients who share an image. A
    smaller share is part of a larger one, and all weights get the same patients. An epoch shows as many images as
    without a share, so runs differ in their patients and not in the number of optimizer steps.

    Raises:
        DataError: a class would have no patient.
    """
    if share == 1:
        return fold
    groups = np.unique(cases.groups[fold.train])
    strata = _strata(cases, fold.train, groups)
    order = np.random.default_rng((seed, fold.repeat, fold.fold)).permutation(len(groups))
    kept: list[NDArray[np.int64]] = []
    for stratum in np.unique(strata):
        members = order[strata[order] == stratum]
        kept.append(groups[members[: max(round(share * len(members)), 1)]])
    train = fold.train[np.isin(cases.groups[fold.train], np.concatenate(kept))]
    counts = {"of": patients_per_class(cases, train)}
    if not cases.all_known:
        partly = ~cases.known.all(axis=0)
        counts["without"] = np.where(partly, patients_without_class(cases, train), len(train))
    for which, patients in counts.items():
        fewest = int(np.argmin(patients))
        if not patients[fewest]:
            raise DataError(
                f"grid.train_fractions: {share:g} of the training patients of fold {fold.fold} leaves no patient "
                f"{which} class {cases.classes[fewest]!r}: use a larger fraction."
            )
    return replace(fold, train=train, shown=fold.images_per_epoch)


def _strata(cases: Cases, positions: NDArray[np.int64], groups: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the highest class among the images of each group, or its fifth; in a multilabel task, the rarest label."""
    truth = strata_of(cases)[positions]
    if truth.ndim == 2:
        truth = cases.marks[positions]
        rarest_last = np.argsort(-truth.sum(axis=0))
        truth = np.where(truth.any(axis=1), truth.shape[1] - np.argmax(truth[:, rarest_last[::-1]], axis=1), 0)
    highest = np.zeros(len(groups), np.int64)
    np.maximum.at(highest, np.searchsorted(groups, cases.groups[positions]), truth)
    return highest
