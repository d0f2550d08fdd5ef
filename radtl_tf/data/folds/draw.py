"""Draw folds that divide patients, never images, and check that every part has patients of every class."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedGroupKFold, StratifiedShuffleSplit

from radtl_tf.data.folds.strata import merged, strata_of
from radtl_tf.data.folds.stratify import divide
from radtl_tf.data.manifest.cases import Cases
from radtl_tf.errors import DataError
from radtl_tf.records.experiment import FoldPlan

# Of each class in a test fold; with fewer, the AUROC of the fold is meaningless. Patients who share an image count
# once, because they may be one person; in this way the folds depend on labels and groups alone.
MIN_TEST_PATIENTS = 5
MIN_INNER_PATIENTS = 10  # of each class in the inner part; fewer are not enough to choose an epoch
_NOUN = {"ordinal": "Stage"}  # what a class is called
_DRAWS = 20  # StratifiedGroupKFold is greedy: if one seed leaves a fold with one class, another may succeed


@dataclass(frozen=True)
class Fold:
    """One partition of the examples into parts, as positions into ``Cases``.

    ``fixed_epochs``: the inner part has fewer than ten patients of a class, so no epoch is chosen on it.
    ``shown``: the images that an epoch shows, if this is not every training image once.
    """

    repeat: int
    fold: int
    train: NDArray[np.int64]
    inner: NDArray[np.int64]
    test: NDArray[np.int64]
    fixed_epochs: bool
    shown: int | None = None

    @property
    def images_per_epoch(self) -> int:
        """How many images an epoch shows; if there are more than training images, these are shown again."""
        return len(self.train) if self.shown is None else self.shown

    def parts(self) -> Iterator[tuple[str, NDArray[np.int64]]]:
        """Yield the name and the positions of each part."""
        yield from (("train", self.train), ("inner", self.inner), ("test", self.test))


def draw_folds(cases: Cases, plan: FoldPlan, seed: int) -> list[Fold]:
    """Draw ``plan.count`` folds ``plan.repeats`` times, grouped by patient and stratified by label.

    Each repeat draws a new partition. Patients who share an image stay together. Patients are numbered by first
    appearance, so neither their names nor the hash key change a fold.

    Raises:
        DataError: a part would lack a class, or a test fold would have fewer than five patients of a class.
    """
    _check_enough(cases, plan)
    return [fold for repeat in range(plan.repeats) for fold in _draw_repeat(cases, plan, seed, repeat)]


def patients_per_class(cases: Cases, positions: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return (num_classes,): how many patients have at least one image of the class among ``positions``.

    A regression has no classes; the result is (1,): how many patients there are.
    """
    return _per_class(cases, positions, cases.patients)


def patients_without_class(cases: Cases, positions: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return (num_classes,): how many patients of a multilabel task have an image that is known to lack the class."""
    return _per_class(_absences(cases), positions, cases.patients)


def decisive_classes(cases: Cases) -> list[int]:
    """Return the classes that need patients in every part: all, or the two ends of the stages of an ordinal task.

    Each threshold between stages then has patients on both sides.
    """
    number = 1 if cases.is_number else len(cases.classes)
    return [0, number - 1] if cases.kind == "ordinal" else list(range(number))


def _per_class(cases: Cases, positions: NDArray[np.int64], owners: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return (num_classes,): how many of ``owners`` (N,), patients or groups, have an image of the class."""
    truth, owners = cases.truth[positions], owners[positions]
    if cases.is_number:
        return np.array([len(np.unique(owners))])
    if truth.ndim == 1:
        rows, classes = np.arange(len(truth)), truth
    else:
        rows, classes = np.nonzero(truth == 1)
    pairs = np.unique(np.stack([classes, owners[rows]]), axis=1)
    return np.bincount(pairs[0], minlength=len(cases.classes))


def _fewest(cases: Cases, positions: NDArray[np.int64], owners: NDArray[np.int64]) -> int:
    """Return the number of ``owners`` of the rarest class; in a multilabel task, the lack of a label counts, too.

    In an ordinal task it is the smaller side of any threshold: the lowest stage alone, or the highest.
    """
    fewest = int(_per_class(cases, positions, owners)[decisive_classes(cases)].min())
    if cases.kind != "multilabel":
        return fewest
    return min(fewest, int(_per_class(_absences(cases), positions, owners).min()))


def _absences(cases: Cases) -> Cases:
    """Return the cases of a multilabel task with absence and presence of each class changed."""
    return replace(cases, truth=(cases.truth == 0).astype(np.int64))


def _check_enough(cases: Cases, plan: FoldPlan) -> None:
    patients = _per_class(cases, np.arange(len(cases.truth)), cases.groups)
    rarest = min(decisive_classes(cases), key=lambda at: int(patients[at]))
    most = int(patients[rarest]) // MIN_TEST_PATIENTS
    if plan.count > most:
        advice = f"use at most {most} folds" if most >= 2 else "collect more patients"
        joined = "" if cases.linked is None else " (those who share an image count once)"
        which = "The data set" if cases.is_number else f"{_NOUN.get(cases.kind, 'Class')} {cases.classes[rarest]!r}"
        raise DataError(
            f"{which} has {patients[rarest]} patients{joined}, too few for {plan.count} folds: "
            f"each test fold needs {MIN_TEST_PATIENTS} patients{_of_each(cases)}; {advice}."
        )


def _of_each(cases: Cases) -> str:
    return "" if cases.is_number else f" of each {_NOUN.get(cases.kind, 'Class').lower()}"


def _draw_repeat(cases: Cases, plan: FoldPlan, seed: int, repeat: int) -> list[Fold]:
    """Return the folds of one repeat from the first draw that meets every condition."""
    for draw in range(_DRAWS):
        state = int(np.random.SeedSequence((seed, repeat, draw)).generate_state(1)[0])
        splits = _splits(cases, plan, state)
        folds = [_with_inner(cases, plan, (repeat, fold), split, state) for fold, split in enumerate(splits)]
        if all(_keeps_promises(cases, fold) for fold in folds):
            return folds
    both = "" if cases.is_number else f" with and without each {_NOUN.get(cases.kind, 'Class').lower()}"
    raise DataError(
        f"No draw of {plan.count} folds gave every part patients{both}, and every test fold "
        f"{MIN_TEST_PATIENTS} patients{_of_each(cases)}: use fewer folds."
    )


Division = tuple[NDArray[np.int64], NDArray[np.int64]]


def _splits(cases: Cases, plan: FoldPlan, state: int) -> Iterator[Division]:
    """Yield the positions outside and inside the test part of each fold; groups of patients stay whole."""
    if cases.kind != "multilabel":
        splitter = StratifiedGroupKFold(n_splits=plan.count, shuffle=True, random_state=state)
        yield from splitter.split(cases.examples, _spread(cases, plan.count), cases.groups)
        return
    groups, numbers = np.unique(cases.groups, return_inverse=True)
    parts = divide(_labels(cases, numbers), [1 / plan.count] * plan.count, state)[numbers]
    for fold in range(plan.count):
        yield np.flatnonzero(parts != fold), np.flatnonzero(parts == fold)


def _spread(cases: Cases, num_folds: int) -> NDArray[np.int64]:
    """Return the strata (N,) to spread over the folds; rare stages and fifths join their neighbors."""
    strata = strata_of(cases)
    return merged(strata, num_folds) if cases.is_number or cases.kind == "ordinal" else strata


def _labels(cases: Cases, numbers: NDArray[np.int64], positions: slice | NDArray[np.int64] = slice(None)) -> NDArray:
    """Return (G, K): the classes that the images of each group have; ``numbers`` are the groups of ``positions``.

    Of classes that are not known of all images, also which absences are known, in further columns: a part needs both.
    """
    partly = ~cases.known.all(axis=0)
    marks = np.hstack([cases.truth == 1, (cases.truth == 0)[:, partly]]).astype(np.int64)
    labels = np.zeros((numbers.max() + 1, marks.shape[1]), np.int64)
    np.maximum.at(labels, numbers, marks[positions])
    return labels


def _with_inner(
    cases: Cases,
    plan: FoldPlan,
    number: tuple[int, int],
    split: tuple[NDArray[np.int64], NDArray[np.int64]],
    state: int,
) -> Fold:
    """Divide the learning side of a split into the training and the inner part; groups of patients stay whole."""
    learning, test = split
    groups, numbers = np.unique(cases.groups[learning], return_inverse=True)
    chosen = _chosen_inner(cases, plan, learning, numbers, (state + number[1]) % 2**32)
    is_inner = np.isin(numbers, chosen)
    inner = learning[is_inner]
    few = _fewest(cases, inner, cases.patients) < MIN_INNER_PATIENTS
    return Fold(*number, train=learning[~is_inner], inner=inner, test=test, fixed_epochs=few)


def _chosen_inner(
    cases: Cases, plan: FoldPlan, learning: NDArray[np.int64], numbers: NDArray[np.int64], state: int
) -> NDArray[np.int64]:
    """Return which groups of the learning side go into the inner part.

    The stratum of a group is the highest class among its images, or the fifth of its mean number; a multilabel task is
    stratified by every label.
    """
    groups = np.unique(numbers)
    if cases.kind == "multilabel":
        return np.flatnonzero(divide(_labels(cases, numbers, learning), (1 - plan.inner, plan.inner), state) == 1)
    highest = np.zeros(len(groups), int)
    np.maximum.at(highest, numbers, strata_of(cases)[learning])
    _, sizes = np.unique(highest, return_counts=True)
    enough = sizes.min() >= 2 and np.ceil(plan.inner * len(groups)) >= len(sizes)
    strata = highest if enough else np.zeros(len(groups), int)
    splitter = StratifiedShuffleSplit(n_splits=1, test_size=plan.inner, random_state=state)
    _, chosen = next(splitter.split(groups, strata))
    return chosen


def _keeps_promises(cases: Cases, fold: Fold) -> bool:
    """Check that no group of patients is in two parts, and that each part has patients of every class.

    Of the stages between the lowest and the highest, only the training part needs patients.
    """
    groups = [set(cases.groups[positions]) for _, positions in fold.parts()]
    disjoint = sum(map(len, groups)) == len(set().union(*groups))
    fewest = [_fewest(cases, positions, cases.groups) for _, positions in fold.parts()]
    learned = _per_class(cases, fold.train, cases.groups).min() >= 1
    return disjoint and bool(learned) and min(fewest) >= 1 and fewest[2] >= MIN_TEST_PATIENTS
