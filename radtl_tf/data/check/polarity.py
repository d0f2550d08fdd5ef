"""Find films that are inverted: black where the others are white (docs/decisions/0018-films.md).

Radiographs of one kind resemble their mean. An inverted film resembles the negative of the mean, and its own negative
closely resembles other films of the set. If the images have too little in common, no film is called inverted.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Signs = NDArray[np.bool_]

MIN_IMAGES = 10
COMMON = 0.4  # median correlation of an image with the mean of the others: below it they have too little in common
OPPOSITE = -0.4  # correlation with the mean of the others
NEGATIVE = 0.6  # mean correlation of an image's negative with the five others that resemble it most
NEGATIVE_OF_PATIENT = -0.5  # correlation of two images of one patient
_NEIGHBORS = 5
_ROUNDS = 3


def inverted(signatures: NDArray[np.uint8], borders: NDArray[np.float64]) -> Signs:
    """Return (N,): whether an image is inverted compared with the majority of ``signatures`` (N, 32, 32).

    If both polarities are equally frequent, the images with bright ``borders`` (N,) count as inverted.
    """
    units = _units(signatures)
    none = np.zeros(len(units), bool)
    if len(units) < MIN_IMAGES:
        return none
    signs, likeness = _signs(units)
    if np.median(np.abs(likeness)) < COMMON:
        return none
    opposite = signs < 0
    if 2 * opposite.sum() == len(units) and borders[opposite].mean() < borders[~opposite].mean():
        opposite, signs = ~opposite, -signs
    likely = opposite & (np.abs(likeness) >= -OPPOSITE)
    for place in np.flatnonzero(likely):
        nearest = np.sort(-(units[~opposite] @ units[place]))[-_NEIGHBORS:]
        likely[place] = nearest.mean() >= NEGATIVE
    return likely


def contrary_pairs(signatures: NDArray[np.uint8], patients: NDArray[np.int64]) -> list[tuple[int, int]]:
    """Return the pairs of images of one patient in which one looks like the negative of the other."""
    units = _units(signatures)
    found = []
    for own in _by_patient(patients):
        alike = units[own] @ units[own].T
        pairs = itertools.combinations(range(len(own)), 2)
        found += [(own[a], own[b]) for a, b in pairs if alike[a, b] <= NEGATIVE_OF_PATIENT]
    return found


def _units(signatures: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Return (N, S * S): the images without their mean, each of length 1, or zeros where an image is blank."""
    flat = signatures.reshape(len(signatures), -1).astype(float)
    flat -= flat.mean(axis=1, keepdims=True)
    lengths = np.linalg.norm(flat, axis=1, keepdims=True)
    return flat / np.where(lengths > 0, lengths, 1)


def _signs(units: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return (N,) signs that make the images alike, mostly 1, and the correlation with the mean of the others."""
    if len(units) < units.shape[1]:  # the smaller product has the same answer
        leading = np.linalg.eigh(units @ units.T)[1][:, -1]
    else:
        leading = units @ np.linalg.eigh(units.T @ units)[1][:, -1]
    signs = np.where(leading < 0, -1.0, 1.0)
    likeness = signs
    for _ in range(_ROUNDS):
        signs = signs if signs.sum() >= 0 else -signs
        others = (signs @ units)[None] - signs[:, None] * units
        lengths = np.linalg.norm(others, axis=1)
        likeness = (units * others).sum(axis=1) / np.where(lengths > 0, lengths, 1)
        signs = np.where(likeness < 0, -1.0, 1.0)
    return signs, likeness


def _by_patient(patients: NDArray[np.int64]) -> list[Sequence[int]]:
    """Return the positions of the images of each patient who has several."""
    order = np.argsort(patients, kind="stable")
    groups = np.split(order, np.flatnonzero(np.diff(patients[order])) + 1)
    return [group.tolist() for group in groups if len(group) > 1]
