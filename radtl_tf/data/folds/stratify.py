"""Divide groups of patients that have several labels, so that every label is spread as evenly as possible."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def divide(labels: NDArray[np.int64], shares: Sequence[float], seed: int) -> NDArray[np.int64]:
    """Return (G,): the part, 0 to P - 1, of each group; ``labels`` (G, K) holds 0 or 1 for each label.

    ``shares`` (P,) add up to 1. Iterative stratification (Sechidis, Tsoumakas & Vlahavas, ECML PKDD 2011): start with
    the label that has the fewest groups left. Each of its groups goes to the part that needs most of this label; if
    there are several, to the one that needs most groups; then to one at random. Groups without a label come last.
    """
    rng = np.random.default_rng(seed)
    wanted = np.outer(shares, labels.sum(axis=0)).astype(float)  # (P, K)
    room = np.asarray(shares, dtype=float) * len(labels)
    parts = np.full(len(labels), -1, np.int64)
    for group in _dealt(labels, parts, rng):
        own = labels[group] > 0
        rarest = _rarest(labels, parts, own)
        lacking = wanted[:, rarest] if rarest is not None else room
        parts[group] = _neediest(lacking, room, rng)
        wanted[parts[group], own] -= 1
        room[parts[group]] -= 1
    return parts


def _dealt(labels: NDArray[np.int64], parts: NDArray[np.int64], rng: np.random.Generator) -> Sequence[int]:
    """Return the groups in the order of assignment: the groups of the rarest remaining label come first."""
    order: list[int] = []
    left = rng.permutation(len(labels))
    while len(left):
        counts = labels[left].sum(axis=0)
        if not counts.any():
            return [*order, *left.tolist()]
        rarest = int(np.argmin(np.where(counts > 0, counts, len(labels) + 1)))
        has = labels[left, rarest] > 0
        order += left[has].tolist()
        left = left[~has]
    return order


def _rarest(labels: NDArray[np.int64], parts: NDArray[np.int64], own: NDArray[np.bool_]) -> int | None:
    """Return the label of a group that the fewest remaining groups have; ``None`` if the group has no label."""
    if not own.any():
        return None
    counts = labels[parts < 0].sum(axis=0)
    return int(np.argmin(np.where(own, counts, len(labels) + 1)))


def _neediest(lacking: NDArray[np.float64], room: NDArray[np.float64], rng: np.random.Generator) -> int:
    """Return the part that lacks most; if there are several, the one with most room; then one at random."""
    most = np.flatnonzero(np.isclose(lacking, lacking.max()))
    roomy = most[np.isclose(room[most], room[most].max())]
    return int(rng.choice(roomy))
