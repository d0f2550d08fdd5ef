"""The cost of reading a data set: radtl data check and build on 1,000 PNG files of 1024 x 1024, and memory at 4,000.

    python benchmarks/intake.py [1000 4000]

The table has the seconds of each command and the peak memory of its processes. It takes a minute for 1,000 images.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import psutil
from _shared import machine, publish
from PIL import Image

SIDE = 1024
TASK = ("--positive", "a", "--patient", "patient_id")
RADTL = (sys.executable, "-c", "from radtl_tf.cli.main import main; main()")


def main() -> None:
    """Write each number of images, time the two commands on them and publish the table."""
    numbers = [int(word) for word in sys.argv[1:]] or [1000]
    size = f"PNG of {SIDE} x {SIDE}, 8 bits"
    lines = [machine(), f"{size}   images  seconds  images/s  memory of radtl (MB)  of all processes (MB)"]
    for number in numbers:
        with tempfile.TemporaryDirectory() as folder:
            manifest = write_images(Path(folder), number)
            for words in (("check",), ("build", "--out", str(Path(folder, "data")))):
                seconds, own, every = measured(*RADTL, "data", words[0], str(manifest), *TASK, *words[1:])
                speed = f"{number:>8}{seconds:>9.1f}{number / seconds:>10.1f}"
                lines.append(f"{words[0]:<28}{speed}{own:>22.0f}{every:>23.0f}")
    publish("intake", "\n".join(lines))


def write_images(folder: Path, number: int) -> Path:
    """Write different smooth pictures with grain, and their manifest."""
    y, x = np.mgrid[0:SIDE, 0:SIDE].astype(np.float32)
    rows = ["path,label,patient_id"]
    for turn in range(number):
        rng = np.random.default_rng(turn)
        waves = np.sin(x / rng.uniform(50, 200) + rng.uniform(0, 6)) + np.cos(y / rng.uniform(50, 200))
        pixels = (waves + 2) * 50 + rng.standard_normal((SIDE, SIDE), dtype=np.float32) * 2
        Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8)).save(folder / f"{turn}.png", compress_level=1)
        rows.append(f"{turn}.png,{'ab'[turn % 2]},p{turn}")
    (folder / "labels.csv").write_text("\n".join(rows) + "\n")
    return folder / "labels.csv"


def measured(*command: str) -> tuple[float, float, float]:
    """Return the seconds of a command, and the peak memory (MB) of its process and of all of its processes."""
    start = time.monotonic()
    running = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    process, own, every = psutil.Process(running.pid), 0, 0
    while running.poll() is None:
        try:
            memory = process.memory_info().rss
            own, every = max(own, memory), max(every, memory + _children(process))
        except psutil.NoSuchProcess:
            break
        time.sleep(0.2)
    if running.wait():
        raise SystemExit(f"{' '.join(command[3:5])} failed")
    return time.monotonic() - start, own / 1e6, every / 1e6


def _children(process: psutil.Process) -> int:
    return sum(child.memory_info().rss for child in process.children(recursive=True) if child.is_running())


if __name__ == "__main__":
    main()
