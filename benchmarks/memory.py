"""Peak memory of an experiment with frozen and top10, by number of images, and of 300 frozen runs with open files.

    python benchmarks/memory.py [--quick | --heads]

ResNet50 at 224 px, one source of weights, 2 folds, one epoch; the whole command runs in a separate process. Pixels and
features are memory maps, whose resident part can be freed when another program needs it. It takes 8 minutes; --heads
measures only the frozen runs (one minute): 2 weights x 10 learning rates x 5 folds x 3 repeats, 100 images.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import psutil
from _shared import RADTL, as_toml, experiment, machine, publish, run_radtl, write_radiographs

HEADS = (("MobileNet", 48), ("ResNet50", 96))  # backbone and pixels
RATES = tuple(1e-3 * 1.5**power for power in range(10))
FOLDS, REPEATS = 5, 3


def main() -> None:
    """Measure and publish the tables."""
    if "--heads" not in sys.argv:
        _by_images("--quick" in sys.argv)
    if "--quick" not in sys.argv:
        number = 2 * len(RATES) * FOLDS * REPEATS
        lines = [f"{number} frozen runs with the report; {machine()}"]
        lines += [
            f"{'':<18}{'seconds':>8}{'peak (MB)':>11}{'open files':>12}",
            *map(_of_heads, *zip(*HEADS, strict=True)),
        ]
        publish("memory_heads", "\n".join(lines), is_timed=False)


def _by_images(quick: bool) -> None:
    """Measure the peak memory by number of images."""
    lines = [f"ResNet50, 224 px, batch 32; {machine()}", f"{'images':>8}{'frozen (MB)':>14}{'top10 (MB)':>14}"]
    for number in (60,) if quick else (100, 400, 1600):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            manifest = write_radiographs(folder, number)
            memory = []
            for tuning in ("frozen", "top10"):
                content = experiment(manifest, {tuning: (1e-3,)}, weights=["first"], folds=2, epochs=1)
                memory.append(run_radtl(content, folder / tuning, folder / "cache")[1])
            lines.append(f"{number:>8}" + "".join(f"{size / 1e6:>14.0f}" for size in memory))
    print("\n".join(lines)) if quick else publish("memory", "\n".join(lines), is_timed=False)


def _of_heads(backbone: str, size: int) -> str:
    """Return the line of one backbone: the most memory and the most open files of one process at any time."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        manifest = write_radiographs(folder, 100, side=128)
        content = experiment(manifest, {"frozen": RATES}, backbone=backbone, image_size=size, epochs=10)
        content["folds"] = {"count": FOLDS, "repeats": REPEATS}
        (folder / "e.toml").write_text(as_toml(content), encoding="utf-8")
        words = (*RADTL, "run", str(folder / "e.toml"), "--out", str(folder / "out"))
        start = time.monotonic()
        memory, files = _peaks(words, folder / "cache")
        done = len(list(folder.glob("out/runs/*-frozen-*/*/DONE.json")))
        if done != 2 * len(RATES) * FOLDS * REPEATS:
            raise SystemExit(f"{done} frozen runs are done")
        what = f"{backbone}, {size} px"
        return f"{what:<18}{time.monotonic() - start:>8.0f}{memory / 1e6:>11.0f}{files:>12}"


def _peaks(words: tuple[str, ...], cache: Path) -> tuple[int, int]:
    """Run a command; return the peak resident memory in bytes and the most open files, each of its largest process."""
    memory = files = 0
    environment = {**os.environ, "RADTL_CACHE": str(cache)}
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment) as running:
        while running.poll() is None:
            with suppress(psutil.NoSuchProcess):  # it has just ended
                process = psutil.Process(running.pid)
                for each in (process, *process.children(recursive=True)):
                    memory, files = max(memory, each.memory_info().rss), max(files, each.num_fds())
            time.sleep(0.01)
    if running.returncode:
        raise SystemExit(f"exit code {running.returncode}")
    return memory, files


if __name__ == "__main__":
    main()
