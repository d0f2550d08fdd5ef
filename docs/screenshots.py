"""Take a picture of the first screen of a page, for the documents. It needs chromium."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path


def take_screenshots(page: Path, folder: Path, name: str) -> None:
    """Write ``name-light.png`` and ``name-dark.png``, 1280 x 800, of the HTML file ``page`` into ``folder``."""
    chromium = shutil.which("chromium") or sys.exit("chromium is missing: install it to take the pictures.")
    for scheme, switch in (("light", []), ("dark", ["--blink-settings=preferredColorScheme=0"])):
        options = ["--headless", "--no-sandbox", "--hide-scrollbars", "--window-size=1280,800", *switch]
        target = f"--screenshot={folder / f'{name}-{scheme}.png'}"
        subprocess.run([chromium, *options, target, page.resolve().as_uri()], check=True, capture_output=True)
