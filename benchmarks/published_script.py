"""Compare the grid of radtl with the published protocol, one script per run, on the same images and settings.

    python benchmarks/published_script.py [--quick]

ResNet50, 400 PNG files of 512 px, resized to 224 px, batch 32, 5 folds, 30 epochs. The script (``_script.py``) uses
tf_keras with ImageDataGenerator. In each epoch of each run, it reads and resizes every image and passes it through the
whole backbone. Its time is extrapolated: measured set-up + 30 x a measured epoch for each run, with the first epoch
(tracing) counted separately. It runs in the users' environment, and again with the other setting of oneDNN: TensorFlow
enables it only on CPUs with AVX-512, radtl always.

radtl's frozen grid is measured completely, from the command line to the report: start of Python, reading the images,
check, features, heads, probes, similarities, statistics. Its other numbers are epochs after the first one of a run.
It takes 15 minutes on 2 cores; --quick (60 images, 2 folds, few epochs) tries the script in 3 minutes.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from _shared import experiment, machine, plan_of, publish, run_radtl, write_radiographs

from radtl_tf.experiment.engine import BackboneRuns

RATES, WEIGHTS = (1e-2, 1e-3), 2


@dataclass(frozen=True)
class Size:
    """The measured size, and the size for which times are extrapolated."""

    images: int = 400
    folds: int = 5
    epochs: int = 30
    script_epochs: int = 3

    @property
    def runs(self) -> int:
        """The number of runs of the frozen grid."""
        return len(RATES) * WEIGHTS * self.folds


def main() -> None:
    """Measure both and publish the table."""
    size = Size(60, 2, 3, 2) if "--quick" in sys.argv else Size()
    head = f"ResNet50, {size.images} images, 224 px, batch 32, {size.folds} folds, {size.epochs} epochs; {machine()}"
    with tempfile.TemporaryDirectory() as folder:
        lines = list(_lines(Path(folder), size))
    text = "\n".join([head, *lines])
    if "--quick" in sys.argv:
        print(text)
    else:
        publish("published_script", text)


def _lines(folder: Path, size: Size) -> Iterator[str]:
    manifest = write_radiographs(folder, size.images)
    own = _Own(folder, manifest, size)
    yield f"{'':<50}{'script':>12}{'radtl':>12}{'ratio':>8}"
    frozen = _Script(manifest, "frozen", size)
    yield from _grid("frozen grid, whole command", frozen, own.whole, size)
    yield from _grid("frozen grid, features and heads only", frozen, own.learning, size)
    yield from _grid("the same, a second time (features kept)", frozen, own.again, size)
    other, word = ("0", "without") if frozen.onednn else ("1", "with")
    changed = _Script(manifest, "frozen", size, TF_ENABLE_ONEDNN_OPTS=other)
    yield from _grid(f"frozen grid, whole command, script {word} oneDNN", changed, own.whole, size)
    augmented = _Script(manifest, "frozen", size, augmentation="augmented")
    views = own.learning + size.epochs * own.view * WEIGHTS
    what = f"frozen, augmented, views = {size.epochs}"
    yield from _grid(what, augmented, views, size)
    changed = _Script(manifest, "frozen", size, augmentation="augmented", TF_ENABLE_ONEDNN_OPTS=other)
    yield from _grid(f"{what}, script {word} oneDNN", changed, views, size)
    for tuning in ("top10", "full"):
        seconds, what = own.epoch(tuning), f"{tuning}, an epoch of a run"
        yield _epoch(what, _Script(manifest, tuning, size), seconds)
        changed = _Script(manifest, tuning, size, TF_ENABLE_ONEDNN_OPTS=other)
        yield _epoch(f"{what}, script {word} oneDNN", changed, seconds)
    default = "on" if frozen.onednn else "off"
    yield "grids of the script: priced from its set-up and epochs; views: from one measured pass over the images"
    yield f"TensorFlow's default on this CPU: oneDNN {default}"


def _grid(what: str, script: _Script, seconds: float, size: Size) -> Iterator[str]:
    price = size.runs * (script.setup + script.tracing + size.epochs * script.epoch)
    yield f"{what:<50}{price:>10.0f} s{seconds:>10.1f} s{price / seconds:>8.1f}"


def _epoch(what: str, script: _Script, seconds: float) -> str:
    return f"{what:<50}{script.epoch:>10.1f} s{seconds:>10.1f} s{script.epoch / seconds:>8.1f}"


class _Script:
    """The script's seconds: set-up, extra time of the first epoch, and one epoch."""

    def __init__(self, manifest: Path, tuning: str, size: Size, augmentation: str = "plain", **variables: str) -> None:
        epochs = size.script_epochs if tuning == "frozen" else 2
        file = Path(__file__).with_name("_script.py")
        command = [sys.executable, str(file), str(manifest), tuning, str(epochs), augmentation]
        environment = {key: value for key, value in os.environ.items() if key != "TF_ENABLE_ONEDNN_OPTS"} | variables
        done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
        found = json.loads(done.stdout.strip().splitlines()[-1])
        later = found["epochs"][1:]
        self.setup, self.epoch, self.onednn = found["setup"], sum(later) / len(later), found["onednn"]
        self.tracing = max(found["epochs"][0] - self.epoch, 0.0)


class _Own:
    """radtl on the same images: seconds of the whole command and of its parts."""

    def __init__(self, folder: Path, manifest: Path, size: Size) -> None:
        self._folder, self._manifest, self._size = folder, manifest, size
        content = self._experiment({"frozen": RATES}, epochs=size.epochs)
        self.whole, _ = run_radtl(content, folder / "frozen", folder / "cache")
        heads = self._seconds("frozen")
        run_radtl({**content, "seed": 1}, folder / "again", folder / "cache")
        self.again = self._seconds("again")
        self.view = self._pass(0)
        self.learning = heads + WEIGHTS * self._pass(None)

    def epoch(self, tuning: str) -> float:
        """Return the seconds of an epoch of a run after the first one, including inner validation."""
        content = self._experiment({tuning: RATES[1:]}, epochs=2, weights=["first"], folds=2)
        run_radtl(content, self._folder / tuning, self._folder / "cache")
        files = sorted(self._folder.glob(f"{tuning}/runs/*-{tuning}-*/*/history.csv"))
        table = pd.concat([pd.read_csv(file) for file in files])
        trained = self._size.images / 2 * 0.8  # two folds train on half of the images, less the inner part
        return float(table[table["epoch"] > 1]["seconds"].mean()) * 0.64 * self._size.images / trained

    def _experiment(self, tunings: dict[str, tuple[float, ...]], **options: object) -> dict[str, object]:
        return experiment(self._manifest, tunings, **{"folds": self._size.folds, **options})

    def _seconds(self, out: str) -> float:
        """Return the total seconds of the runs of a folder, without the passes over the images."""
        files = self._folder.glob(f"{out}/runs/*/*/run.json")
        return sum(json.loads(file.read_text(encoding="utf-8"))["seconds"] for file in files)

    def _pass(self, view: int | None) -> float:
        """Return the seconds of one pass of all images through the traced prefix."""
        content = self._experiment({"frozen": RATES[:1]}, epochs=1, augmentation="published", views=1)
        plan = plan_of(content, self._folder / "pass", self._folder / "pass-cache")
        bench = BackboneRuns(plan, "ResNet50")
        store = bench.store(*next((plan.record(run), plan.draw(run)) for run in plan.runs))
        store.computed("frozen", np.arange(1), view)
        start = time.monotonic()
        store.rows("frozen", np.arange(1), view)
        return time.monotonic() - start


if __name__ == "__main__":
    main()
