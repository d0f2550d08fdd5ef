"""Flag images that differ from a model's training images, and numbers outside the range of the training labels."""

from __future__ import annotations

from collections.abc import Sequence

from radtl_tf.data.check.image_summary import DESCRIPTORS, limits
from radtl_tf.data.decoding.reading import Reading
from radtl_tf.deploy.card.facts import Card

SIZE, BRIGHTNESS, BITS, RANGE, UNKNOWN = "size", "brightness", "bits", "range", "unknown"
_CODES = {"height": SIZE, "width": SIZE}  # of the descriptors; the others measure brightness


class Quality:
    """The flags of images; ``radtl test`` counts by the same limits, the central 98 % of the training images."""

    def __init__(self, card: Card) -> None:
        """Read the limits from the summary of the training images in a model's card."""
        trained = card.get("inputs")
        self._limits = limits(trained) if trained else {}
        self._bits: Sequence[int] = trained.get("bits", ()) if trained else ()
        self._range: tuple[float, float] | None = tuple(card["label_range"]) if card.get("label_range") else None

    def flags(self, reading: Reading, scores: Sequence[float] = ()) -> tuple[str, ...]:
        """Return ``size``, ``brightness``, ``bits`` and ``range``, those that apply; ``unknown`` without a summary.

        ``size``: height or width are outside the central 98 % of the training images; ``brightness``: the mean, the SD
        or the border are; ``bits``: no training image has this depth; ``range``: the number of a regression, in
        ``scores``, is outside the range of the training labels.
        """
        beyond = (RANGE,) if self._range and scores and not self._range[0] <= scores[0] <= self._range[1] else ()
        if not self._limits:
            return (*beyond, UNKNOWN)
        outside = {
            _CODES.get(name, BRIGHTNESS)
            for name, (low, high) in self._limits.items()
            if not low <= DESCRIPTORS[name](reading) <= high
        }
        other_depth = {BITS} if self._bits and reading.bits not in self._bits else set()
        return (*(code for code in (SIZE, BRIGHTNESS, BITS) if code in outside | other_depth), *beyond)
