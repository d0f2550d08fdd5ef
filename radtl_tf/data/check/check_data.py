"""Data that the rules and the tables of the data check share; each part is computed once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from radtl_tf.data.check.findings import Examined, Finding
from radtl_tf.data.duplicates.copies import Copies
from radtl_tf.data.duplicates.pairs import Pairs, groups
from radtl_tf.data.folds.draw import Fold, draw_folds
from radtl_tf.data.folds.strata import named_fifths
from radtl_tf.data.manifest.cases import Cases
from radtl_tf.data.manifest.privacy import normal_id
from radtl_tf.data.shortcuts.descriptors import without_the_label
from radtl_tf.data.shortcuts.thumbnail import Thumbnail, thumbnail_auroc
from radtl_tf.data.shortcuts.without_image import MIN_IMAGES, Association, acquisition_auroc, associations
from radtl_tf.errors import DataError
from radtl_tf.records.experiment import FoldPlan


@dataclass(frozen=True)
class CheckData:
    """The images of a check and the requested folds. All arrays are over the decoded images."""

    examined: tuple[Examined, ...]
    cases: Cases | None
    plan: FoldPlan | None
    seed: int
    drawn: tuple[Fold, ...] | None = None  # the folds, if they are already drawn
    known_copies: Copies | None = None  # of the decoded images, if they are already searched

    @cached_property
    def decoded(self) -> list[Examined]:
        """The images that could be decoded."""
        return [image for image in self.examined if image.outcome.reading]

    @cached_property
    def lines(self) -> NDArray[np.int64]:
        """(N,) the line number of each image."""
        return np.array([image.line for image in self.decoded], np.int64)

    @cached_property
    def patients(self) -> NDArray[np.int64]:
        """(N,) the patient number of each image; an image without a patient id counts as a patient of its own."""
        names = [normal_id(image.patient) or f"line {image.line}" for image in self.decoded]
        return pd.factorize(np.asarray(names, dtype=object))[0].astype(np.int64)

    @cached_property
    def numbers(self) -> NDArray[np.float64] | None:
        """(N,) the labels of a regression; ``None`` if the labels are classes, or there is no image."""
        found = [image.number for image in self.decoded]
        return np.array(found, float) if found and None not in found else None

    @cached_property
    def labels(self) -> NDArray[np.int64]:
        """(N,) a number for each label set: two images have the same one if they have the same labels."""
        return pd.factorize(np.array([repr(image.labels) for image in self.decoded], dtype=object))[0].astype(np.int64)

    @cached_property
    def classes(self) -> list[tuple[str, ...]]:
        """The label sets that occur, sorted; of numbers, their fifths, such as ``8 to 12.5``."""
        if self.numbers is None:
            return sorted({image.labels for image in self.decoded})
        return [(name,) for name in named_fifths(self.numbers)[0]]

    @cached_property
    def truth(self) -> NDArray[np.int64]:
        """(N,) the place of the label set of each image among ``classes``."""
        if self.numbers is not None:
            return named_fifths(self.numbers)[1]
        place = {labels: number for number, labels in enumerate(self.classes)}
        return np.array([place[image.labels] for image in self.decoded], np.int64)

    def differ(self, pairs: Pairs) -> NDArray[np.bool_]:
        """Return (P,) whether the two images of each pair have different labels; what is not known does not differ."""
        found = [self._odd(self.decoded[a], self.decoded[b]) for a, b in pairs]
        return np.array(found, bool)

    @staticmethod
    def _odd(first: Examined, second: Examined) -> bool:
        return bool((set(first.labels) ^ set(second.labels)) - {*first.unknown, *second.unknown})

    @cached_property
    def frequent(self) -> NDArray[np.bool_]:
        """(N,) whether the label set of an image is common enough to look for associations with it."""
        return np.bincount(self.truth, minlength=1)[self.truth] >= MIN_IMAGES

    @cached_property
    def can_compare(self) -> bool:
        """Whether at least two classes have enough images."""
        return len(np.unique(self.truth[self.frequent])) > 1

    @cached_property
    def copies(self) -> Copies:
        """The images that occur twice."""
        return self.known_copies or Copies([image.reading for image in self.decoded])

    @property
    def blank(self) -> NDArray[np.bool_]:
        """(N,) whether all pixels of an image have one value, or nearly all."""
        return self.copies.blank

    @cached_property
    def groups(self) -> NDArray[np.int64]:
        """(N,) the group number of each image; patients who share an image are in one group."""
        return groups(self.patients, [self.copies.exact, self.copies.near])

    @cached_property
    def associations(self) -> list[Association]:
        """How strongly properties of the acquisition are associated with the label."""
        if not self.can_compare:
            return []
        images, truth = self.common()
        return associations([image.reading for image in images], truth)

    @cached_property
    def shortcut(self) -> float:
        """The AUROC of a prediction of the label from the acquisition alone; NaN if there are too few images."""
        if not self.can_compare or len(np.unique(self.patients[self.frequent])) < MIN_IMAGES:
            return float("nan")
        images, truth = self.common()
        readings = [image.reading for image in images]
        if self.numbers is not None:
            readings = list(without_the_label(readings, self.numbers[self.frequent]))
        return acquisition_auroc(readings, truth, self.patients[self.frequent])

    @cached_property
    def thumbnail(self) -> Thumbnail | None:
        """How well 16 x 16 pixels predict the label; ``None`` if there are too few images."""
        if not self.can_compare or len(np.unique(self.patients[self.frequent])) < MIN_IMAGES:
            return None
        images, truth = self.common()
        return thumbnail_auroc([image.reading for image in images], truth, self.patients[self.frequent])

    @cached_property
    def chance(self) -> float:
        """The AUROC that the acquisition may reach by chance: 0.5 plus 2.33 standard errors (1 %, one-sided)."""
        return self.by_chance(2.33)

    def by_chance(self, deviations: float) -> float:
        """Return an AUROC that a prediction may reach by chance: 0.5 plus this many standard errors.

        The smallest class is compared with the rest, counted in patients. Without an association, the variance of
        the Mann-Whitney statistic is (m + n + 1) / 12mn.
        """
        if not self.can_compare:
            return float("inf")
        table = pd.DataFrame({"patient": self.patients, "truth": self.truth})[self.frequent]
        counts = table.drop_duplicates()["truth"].value_counts()
        fewest, others = int(counts.min()), int(counts.sum() - counts.min())
        return 0.5 + deviations * float(np.sqrt((fewest + others + 1) / (12 * fewest * others)))

    @cached_property
    def folds(self) -> tuple[list[Fold], str]:
        """The folds of the plan, or why they cannot be drawn; both are empty if no folds are requested."""
        if self.cases is None or self.plan is None or self.cases.kind == "multilabel":
            return [], ""
        if self.drawn is not None:
            return list(self.drawn), ""
        try:
            return draw_folds(self.cases, self.plan, self.seed), ""
        except DataError as error:
            return [], str(error)

    def common(self) -> tuple[list[Examined], NDArray[np.int64]]:
        """Return the images that have a frequent label set, and the class number of each."""
        images = [image for image, keep in zip(self.decoded, self.frequent, strict=True) if keep]
        return images, np.unique(self.truth[self.frequent], return_inverse=True)[1]

    def at(self, code: str, message: str, positions: NDArray[np.integer] | Sequence[int]) -> Finding:
        """Return a finding about the decoded images at ``positions``."""
        return Finding(code, message, tuple(sorted({int(self.lines[position]) for position in positions})))
