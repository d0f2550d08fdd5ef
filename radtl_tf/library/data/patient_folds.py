"""The folds of an experiment as a scikit-learn splitter: ``radtl_tf.PatientFolds``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.model_selection import BaseCrossValidator

from radtl_tf.data.folds.draw import draw_folds
from radtl_tf.data.manifest.cases import UNKNOWN, Cases
from radtl_tf.errors import DataError, ExperimentError
from radtl_tf.records.experiment import FoldPlan, Kind
from radtl_tf.records.reader import record_from

if TYPE_CHECKING:
    from radtl_tf.library.data.dataset import Dataset
_MAX_FLOAT_CLASSES = 10  # whole numbers that are floats are classes, unless there are more


class PatientFolds(BaseCrossValidator):
    """Folds that never divide a patient and have every class in every part, as in an experiment with the same seed.

    Use it as ``cv`` in scikit-learn, with ``groups=data.groups``. An experiment further divides the rows outside the
    test part into a training and an inner part; here both are training rows. The folds depend only on ``y``, ``groups``
    and the arguments. Pass ``data.y``: labels other than 0, 1, ... are sorted alphabetically first.

    Args:
        count: folds per repeat, 2 to 50.
        repeats: number of times the folds are drawn, 1 to 100.
        seed: seed of the draw; the default of experiments is 726.
        inner: share of the training patients in an experiment's inner part; a draw is used only if this part also
            has every class.

    Example:
        >>> import numpy as np
        >>> import radtl_tf as radtl
        >>> y = np.tile([0, 0, 1, 1], 20)
        >>> groups = np.arange(80) // 2  # two images of each patient
        >>> cv = radtl.PatientFolds(4)
        >>> [(len(train), len(test)) for train, test in cv.split(None, y, groups)]
        [(60, 20), (60, 20), (60, 20), (60, 20)]
    """

    __metadata_request__split = {"groups": True}  # with metadata routing, scikit-learn passes `groups` by default

    def __init__(self, count: int = 5, repeats: int = 1, seed: int = 726, inner: float = 0.2) -> None:
        self.count, self.repeats, self.seed, self.inner = count, repeats, seed, inner
        self._plan = record_from({"count": count, "repeats": repeats, "inner": inner}, FoldPlan)
        if not isinstance(seed, int) or not 0 <= seed < 2**31:
            raise ExperimentError(f"seed = {seed!r} is out of range: it must be a whole number from 0 to 2**31 - 1.")

    def split(
        self, X: Dataset | Any = None, y: ArrayLike | None = None, groups: ArrayLike | None = None
    ) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
        """Yield (train, test) positions, fold by fold and repeat by repeat.

        Args:
            X: a ``Dataset``, which provides ``y`` and ``groups``; any other value is ignored.
            y: (N,) classes, or (N, K) of 0 and 1 for several labels, NaN if a label is not known. Floats (N,) that are
                not whole, or have more than 10 different values, are the numbers of a regression: the folds are then
                stratified by the fifth of each group's mean. For stages, give the ``Dataset``: their numbers do not
                tell them from classes.
            groups: (N,) groups that may not be divided, such as ``data.groups``.

        Raises:
            DataError: ``y`` or ``groups`` is missing or of the wrong shape, or a part would lack a class.
        """
        cases = X.cases if _is_dataset(X) else _cases(y, groups)
        for fold in draw_folds(cases, self._plan, self.seed):
            yield np.sort(np.concatenate([fold.train, fold.inner])), fold.test

    def get_n_splits(self, X: Any = None, y: Any = None, groups: Any = None) -> int:
        """Return the number of pairs that ``split`` yields: ``count`` times ``repeats``."""
        return self.count * self.repeats


def _is_dataset(data: Any) -> bool:
    return isinstance(getattr(data, "cases", None), Cases)


def _cases(y: ArrayLike | None, groups: ArrayLike | None) -> Cases:
    """Return cases for drawing folds, with ``groups`` as the patients."""
    if y is None or groups is None:
        missing = "y" if y is None else "groups"
        raise DataError(f"{missing} is missing: pass y=data.y and groups=data.groups, or the Dataset itself.")
    labels, owners = np.asarray(y), np.asarray(groups)
    if labels.ndim not in (1, 2) or owners.shape != labels.shape[:1]:
        raise DataError(f"y has the shape {labels.shape} and groups {owners.shape}: expected (N,) or (N, K), and (N,).")
    kind, names, truth = _truth(labels)
    numbers, ids = pd.factorize(owners)
    if (numbers < 0).any():
        raise DataError(f"{int((numbers < 0).sum())} rows have no group: give every image a patient id.")
    return Cases(
        examples=np.arange(len(truth), dtype=np.int64),
        truth=truth,
        patients=numbers.astype(np.int64),
        patient_ids=tuple(map(str, range(len(ids)))),
        classes=names,
        unit="image",
        kind=kind,
    )


def _truth(labels: NDArray[Any]) -> tuple[Kind, tuple[str, ...], NDArray[Any]]:
    """Return the kind of the task, the names of its classes, and the labels as numbers."""
    if labels.ndim == 1 and labels.dtype.kind == "f":
        if not np.isfinite(labels).all():
            raise DataError("y has values that are not finite: leave out the rows without a label.")
        if len(np.unique(labels)) > _MAX_FLOAT_CLASSES or (labels % 1).any():
            return "regression", (), labels.astype(np.float64)
    if labels.ndim == 1:
        values, truth = np.unique(labels, return_inverse=True)
        return "multiclass", tuple(map(str, values)), truth.astype(np.int64)
    unknown = np.isnan(labels) if labels.dtype.kind == "f" else np.zeros(labels.shape, bool)
    if not np.isin(labels[~unknown], (0, 1)).all():
        raise DataError(
            "y has several columns, but not only the values 0, 1 and NaN: give one column of 0 and 1 per label."
        )
    truth = np.where(unknown, UNKNOWN, np.where(unknown, 0, labels).astype(np.int64))
    return "multilabel", tuple(map(str, range(labels.shape[1]))), truth
