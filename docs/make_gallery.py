"""Make the sample report of the site again, whenever the report changes: ``make gallery``, some minutes.

A real experiment on synthetic radiographs makes it (docs/gallery/experiment.toml). It needs chromium for
the picture of its first screen.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

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
    for name, light in (("light", True), ("dark", False)):
        _picture(GALLERY / f"sample-report-{name}.png", light)


def _radtl(*words: str) -> None:
    subprocess.run([sys.executable, "cli.py", *words], cwd=ROOT, check=True)


def _picture(file: Path, light: bool) -> None:
    """Write a picture of the first screen, 1280 x 800."""
    chromium = shutil.which("chromium") or sys.exit("chromium is missing: the picture cannot be made.")
    dark = [] if light else ["--blink-settings=preferredColorScheme=0"]
    options = ["--headless", "--no-sandbox", "--hide-scrollbars", "--window-size=1280,800", *dark]
    subprocess.run([chromium, *options, f"--screenshot={file}", REPORT.as_uri()], check=True, capture_output=True)


if __name__ == "__main__":
    main()
