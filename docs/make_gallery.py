"""Make the sample report of the site again, whenever the report changes: ``make gallery``, some minutes.

A real experiment on synthetic radiographs makes it (docs/gallery/experiment.toml). It needs chromium for
the picture of its first screen.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from screenshots import take_screenshots

ROOT = Path(__file__).resolve().parents[1]
GALLERY = ROOT / "docs" / "gallery"
WORK = ROOT / "build" / "gallery"
WEIGHTS = WORK / "phantom-MobileNet_notop.h5"
REPORT = GALLERY / "sample-report.html"
LARGEST = 1_500_000  # bytes of the report: it is kept in git


def main() -> None:
    """Train, evaluate, and copy the report and a picture of its first screen."""
    WORK.mkdir(parents=True, exist_ok=True)
    if not WEIGHTS.exists():  # `make clean` removes it
        _radtl("pretrain", "experiments/pretrain-phantoms.toml", "--out", str(WEIGHTS))
    shutil.rmtree(WORK / "results", ignore_errors=True)
    _radtl("run", "docs/gallery/experiment.toml", "--out", str(WORK / "results"))
    shutil.copyfile(WORK / "results" / "report.html", REPORT)
    if REPORT.stat().st_size > LARGEST:
        sys.exit(f"{REPORT} has {REPORT.stat().st_size:,} bytes; at most {LARGEST:,} are kept in git.")
    take_screenshots(REPORT, GALLERY, "sample-report")


def _radtl(*words: str) -> None:
    subprocess.run([sys.executable, "cli.py", *words], cwd=ROOT, check=True)


if __name__ == "__main__":
    main()
