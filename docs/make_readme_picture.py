"""Make the picture in the README again, whenever the report changes: ``RADTL_REAL=... make picture``, two minutes.

It runs the experiment on 400 real chest radiographs (experiments/chest400.toml) and takes pictures of the first screen
of its report. That screen shows no radiograph and no patient. It needs chromium.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from screenshots import take_screenshots

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "build" / "chest400"


def main() -> None:
    """Train, evaluate, and take the pictures."""
    if "RADTL_REAL" not in os.environ:
        sys.exit("RADTL_REAL is not set: name the folder that holds data/chest400 and weights.")
    command = [sys.executable, "cli.py", "run", "experiments/chest400.toml", "--out", str(RESULTS)]
    subprocess.run(command, cwd=ROOT, check=True)
    take_screenshots(RESULTS / "report.html", ROOT / "docs" / "assets", "report")


if __name__ == "__main__":
    main()
