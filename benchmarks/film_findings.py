"""What the findings about films add to a data check of 1,000 images, as a ratio.

    python benchmarks/film_findings.py

Seconds of reading 1,000 PNG of 1024 x 1024, of the whole check of what was read, and of the rules about films and
near copies in it, measured here one after the other. A minute.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from _shared import machine, publish
from intake import write_images

from radtl_tf.data.check import films
from radtl_tf.data.check.check_data import CheckData
from radtl_tf.data.check.examined_images import read_files
from radtl_tf.data.check.rules import check
from radtl_tf.data.decoding.measuring import grey_range
from radtl_tf.data.duplicates.near import near

IMAGES, SIDE = 1000, 1024
RULES = (films.flat, films.grey_range, films.inverted, films.display, films.header_patients)


def main() -> None:
    """Read, check, and time the parts that are new."""
    with tempfile.TemporaryDirectory() as folder:
        write_images(Path(folder), IMAGES)
        examined, reading = timed(lambda: read_files(sorted(Path(folder).glob("*.png"))))
    _, checking = timed(lambda: check(examined))
    data = CheckData(tuple(examined), None, None, 0)
    _, rules = timed(lambda: [list(rule(data)) for rule in RULES])
    signatures = np.stack([image.reading.signature for image in examined])
    _, copies = timed(lambda: near(signatures))
    counts = np.random.default_rng(0).integers(0, 32, 1 << 16)
    _, ranges = timed(lambda: [grey_range(counts, 8) for _ in range(IMAGES)])
    new, before = rules + copies + ranges, reading + checking - rules - copies - ranges
    lines = [
        machine(),
        f"{IMAGES} PNG of {SIDE} x {SIDE}: reading {reading:.1f} s, rules {checking:.1f} s",
        f"new: rules {rules:.2f} s, near copies {copies:.2f} s, range in the workers {ranges:.2f} s",
        f"added to the check: {100 * new / before:.1f} %",
    ]
    publish("film_findings", "\n".join(lines))


def timed(work: Callable[[], Any]) -> tuple[Any, float]:
    """Return what ``work`` returns and its seconds."""
    start = time.monotonic()
    return work(), time.monotonic() - start


if __name__ == "__main__":
    main()
