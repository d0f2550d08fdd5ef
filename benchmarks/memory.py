"""Peak memory of an experiment with frozen and top10, by number of images.

    python benchmarks/memory.py [--quick]

ResNet50 at 224 px, one source of weights, 2 folds, one epoch; the whole command runs in a separate process. Pixels and
features are memory maps, whose resident part can be freed when another program needs it. It takes 8 minutes.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from _shared import experiment, machine, publish, run_radtl, write_radiographs


def main() -> None:
    """Measure and publish the table."""
    quick = "--quick" in sys.argv
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


if __name__ == "__main__":
    main()
