"""Damaged files: what is said about a flipped bit, a cut and a zeroed block in every kind of file, and the numbers.

    python benchmarks/damage.py [--quick]

An experiment of 12 runs (24 phantoms, MobileNet025, 48 px, strict) is finished once. For each kind of file and each
damage, a copy of its output folder and cache is damaged. Then the work of `radtl report` and `radtl run` is done in the
copy, without the page; where the data or the cache are damaged, some runs are removed in between, so that both are
used. The tables of numbers are compared byte for byte with those before. It takes minutes; --quick tries one damage per
file. The last lines say what the checksums cost.
"""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
import time
from pathlib import Path

from _damage import DAMAGES, FILES, Finished, Seen
from _shared import machine, publish

_SPEED_BYTES = 200_000_000


def main() -> None:
    """Damage every kind of file and publish the table."""
    quick = "--quick" in sys.argv[1:]
    with tempfile.TemporaryDirectory() as root:
        start = time.monotonic()
        finished = Finished(Path(root), lambda cache: os.environ.update(RADTL_CACHE=str(cache)))
        wall = time.monotonic() - start
        lines = [f"{'file':<42}{'damage':<18}{'report':<10}{'run':<10}numbers equal"]
        said: dict[str, None] = {}
        for pattern in FILES:
            for seen, damages in _of_file(finished, pattern, list(DAMAGES)[: 1 if quick else None]).items():
                report, run = _word(seen.report, said, root), _word(seen.run, said, root)
                equal = "yes" if seen.equal else "-" if run == "refused" else "NO"
                lines.append(f"{pattern:<42}{', '.join(damages):<18}{report:<10}{run:<10}{equal}")
        lines += ["", "What was said:", *(f"- {line}" for line in said), "", *_cost(finished, wall), machine()]
    publish("damage", "\n".join(lines), is_timed=False)


def _of_file(finished: Finished, pattern: str, damages: list[str]) -> dict[Seen, list[str]]:
    """Return what was seen, with the damages after which it was."""
    found: dict[Seen, list[str]] = {}
    for damage in damages:
        found.setdefault(finished.use(pattern, damage), []).append(damage)
        print(pattern, damage, file=sys.stderr, flush=True)
    return found


def _word(line: str, said: dict[str, None], root: str) -> str:
    """Return one word for what was said, and keep the line."""
    if line:
        said[line.replace(f"{root}/copy/", "")] = None
    found = [word for word in ("refused", "TRACEBACK") if line.startswith(word)]
    return found[0] if found else "repaired" if line else "-"


def _cost(finished: Finished, wall: float) -> list[str]:
    """Return lines with the speed of BLAKE2b here and its share of the whole experiment."""
    block, start = os.urandom(1 << 20), time.monotonic()
    hashed = hashlib.blake2b(digest_size=16)
    for _ in range(_SPEED_BYTES >> 20):
        hashed.update(block)
    speed = (_SPEED_BYTES >> 20 << 20) / (time.monotonic() - start)
    files = [file for file in (finished.root / "finished").rglob("*") if file.is_file()]
    total = sum(file.stat().st_size for file in files)
    return [
        f"BLAKE2b: {speed / 1e9:.2f} GB/s. All {total / 1e6:.0f} MB of folder and cache, hashed twice (written and "
        f"read): {2 * total / speed:.2f} s, {2 * total / speed / wall:.1%} of the {wall:.0f} s of the experiment."
    ]


if __name__ == "__main__":
    main()
