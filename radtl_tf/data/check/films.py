"""Find faults of the films themselves: grey values, polarity, display attributes and patient ids of their headers.

Messages hold counts and line numbers, as everywhere in the data check.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2_contingency

from radtl_tf.data.check import polarity
from radtl_tf.data.check.check_data import CheckData
from radtl_tf.data.check.findings import Finding
from radtl_tf.data.decoding.reading import (
    BY_FILE,
    BY_TASK,
    COLLIMATOR,
    CONTRADICTION,
    OVERLAY,
    RESAMPLED,
    RESCALE_IGNORED,
    SHUTTER,
    VOI_LUT,
    WINDOW,
    WINDOW_IGNORED,
    WITHOUT_PREAMBLE,
    Reading,
)

UNUSED_BITS = 2  # an image with at least so many unused bits looks almost black
UNUSED_BY_MOST = 3  # the same where a few pixels, such as a letter, are bright
DIVIDED = 0.05  # share of the patients on either side of a difference
_DEPTHS = (8, 10, 12, 14)  # of detectors
_SIGNIFICANT = 0.01
_DISPLAY = {
    OVERLAY: "overlay not drawn",
    SHUTTER: "shutter not applied",
    COLLIMATOR: "collimation not applied",
    RESAMPLED: "pixels not square, resampled",
    WINDOW_IGNORED: "impossible window, percentiles used",
    RESCALE_IGNORED: "impossible rescale, percentiles used",
    WITHOUT_PREAMBLE: "no preamble",
}


def flat(data: CheckData) -> Iterator[Finding]:
    """Yield a finding if images have no content."""
    blank = np.flatnonzero(data.blank)
    if len(blank):
        number = len(data.decoded)
        yield data.at(
            "flat", f"{len(blank)} of {number} images have no content: almost all pixels have one value.", blank
        )


def grey_range(data: CheckData) -> Iterator[Finding]:
    """Yield findings if images use a small part of their grey values, and if a depth was declared."""
    narrow = np.array([_is_narrow(image.reading) for image in data.decoded], bool) & ~data.blank
    windowed = np.array([bool({WINDOW, VOI_LUT} & set(image.reading.notes)) for image in data.decoded], bool)
    dark = np.flatnonzero(narrow & windowed)
    if len(dark):
        total = len(data.decoded)
        yield data.at(
            "range", f"{len(dark)} of {total} images are almost black under the window of their header.", dark
        )
    yield from _unscaled(data, narrow & ~windowed)
    for note, what in ((BY_FILE, "sBIT chunk"), (BY_TASK, "task")):
        scaled = np.array([note in image.reading.notes for image in data.decoded], bool)
        if scaled.any():
            depths = sorted({data.decoded[place].reading.bits for place in np.flatnonzero(scaled)})
            named = " or ".join(map(str, depths))
            message = f"{int(scaled.sum())} images were scaled from the {named} bits that their {what} declares."
            yield data.at("depth", message, np.flatnonzero(scaled))


def _unscaled(data: CheckData, narrow: NDArray[np.bool_]) -> Iterator[Finding]:
    if narrow.any():
        words = _depth_words([data.decoded[place].reading for place in np.flatnonzero(narrow)])
        against = _against(data, narrow)
        message = f"{int(narrow.sum())} of {len(narrow)} images {words}{against}"
        yield data.at("range-differs" if against else "range", message, np.flatnonzero(narrow))


def inverted(data: CheckData) -> Iterator[Finding]:
    """Yield findings if films are inverted compared with the others, or headers contradict themselves."""
    if not data.decoded:
        return
    signatures = np.stack([image.reading.signature for image in data.decoded])
    found = polarity.inverted(signatures, np.array([image.reading.border for image in data.decoded]))
    if found.any():
        words = f"{int(found.sum())} of {len(found)} images are inverted compared with the others (black is white)"
        mixed = len(np.intersect1d(data.patients[found], data.patients[~found]))
        within = f"; {mixed} patients have images of both kinds" if mixed else ""
        yield data.at("polarity", f"{words}{within}.{_against(data, found)}", np.flatnonzero(found))
    pairs = [pair for pair in polarity.contrary_pairs(signatures, data.patients) if not found[list(pair)].any()]
    if pairs:
        message = f"{len(pairs)} pairs of images of one patient look like a picture and its negative."
        yield data.at("polarity", message, np.ravel(pairs))
    said = [place for place, image in enumerate(data.decoded) if CONTRADICTION in image.reading.notes]
    if said:
        message = f"{len(said)} DICOM headers contradict themselves about whether high values are black or white."
        yield data.at("polarity", message, said)


def display(data: CheckData) -> Iterator[Finding]:
    """Yield one finding that counts what DICOM headers request and the pixels do not show, or show differently."""
    counts = Counter(note for image in data.decoded for note in set(image.reading.notes) & set(_DISPLAY))
    if counts:
        named = ", ".join(f"{words} {counts[note]}" for note, words in _DISPLAY.items() if counts[note])
        places = [place for place, image in enumerate(data.decoded) if set(image.reading.notes) & set(_DISPLAY)]
        yield data.at("display", f"{len(places)} DICOM images were read with remarks: {named}.", places)


def header_patients(data: CheckData) -> Iterator[Finding]:
    """Yield findings if the patient ids of the headers disagree with the patient ids of the data set."""
    headers = np.array([image.reading.header_patient for image in data.decoded], dtype=object)
    known = np.flatnonzero(headers != "")
    if not len(known) or not any(image.labels or image.patient for image in data.decoded):
        return
    number = len(np.unique(data.patients[known]))
    shared = _several(headers[known], data.patients[known])
    if len(set(headers[known])) == 1 and number > 1:
        message = f"All {len(known)} headers have the same patient id; the data set has {number} patients."
        yield data.at("header-patient-shared", message, known)
    elif shared.any():
        found = known[shared]
        patients, ids = len(np.unique(data.patients[found])), len(set(headers[found]))
        message = f"{ids} patient ids of headers belong to several patients of the data set, {patients} in total."
        yield data.at("header-patient-shared", message, found)
    split = known[_several(data.patients[known], headers[known])]
    if len(split):
        message = f"{len(np.unique(data.patients[split]))} patients of the data set have several ids in their headers."
        yield data.at("header-patient-split", message, split)


def _several(keys: NDArray, values: NDArray) -> NDArray[np.bool_]:
    """Return (N,): whether the key of a row has several values."""
    pairs = set(zip(keys.tolist(), values.tolist(), strict=True))
    counts = Counter(key for key, _ in pairs)
    return np.array([counts[key] > 1 for key in keys.tolist()], bool)


def _is_narrow(reading: Reading) -> bool:
    used = reading.used
    if not used.bits or reading.bits < 8:
        return False
    return used.bits <= reading.bits - UNUSED_BITS or used.most_bits <= reading.bits - UNUSED_BY_MOST


def _depth_words(readings: Sequence[Reading]) -> str:
    """Return a sentence on the bits that images use, with their probable depth."""
    said = []
    for bits in sorted({reading.bits for reading in readings}):
        own = [reading.used for reading in readings if reading.bits == bits]
        used, most = max(one.bits for one in own), max(one.most_bits for one in own)
        if used <= bits - UNUSED_BITS:
            guess = next((depth for depth in _DEPTHS if used <= depth < bits), used)
            values = f"values up to {(1 << used) - 1} of {(1 << bits) - 1}"
            said.append(f"use {used} of their {bits} bits ({values}): probably task.depth = {guess}")
        else:
            said.append(f"use {most} of their {bits} bits in 99.9 % of their pixels")
    return "; ".join(said) + "."


def _against(data: CheckData, found: NDArray[np.bool_]) -> str:
    """Return a sentence if a property of images differs between the classes or between patients, else ""."""
    if found.all():
        return ""
    said = []
    if data.can_compare:
        table = np.array([np.bincount(data.truth[rows], minlength=len(data.classes)) for rows in (found, ~found)])
        table = table[:, table.sum(axis=0) > 0]
        if table.shape[1] > 1 and (table.sum(axis=1) > 0).all():
            chance = chi2_contingency(table, correction=False).pvalue
            said += [" This differs between the classes."] * bool(chance < _SIGNIFICANT)
    patients, (have, lack) = len(np.unique(data.patients)), (np.unique(data.patients[rows]) for rows in (found, ~found))
    only, never = len(np.setdiff1d(have, lack)), len(np.setdiff1d(lack, have))
    if min(only, never) >= max(2, DIVIDED * patients):
        said.append(f" It separates patients: all images of {only} patients, no image of {never}.")
    return "".join(said)
