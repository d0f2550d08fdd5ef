"""Compare the grid of radtl with the published protocol, one script per run, on the same images and settings.

    python benchmarks/published_script.py [plain] [augmented] [top10] [full] [--quick]

ResNet50, 400 PNG files of 512 px, resized to 224 px, batch 32, 5 folds, 30 epochs. The script (``_script.py``) uses
tf_keras with ImageDataGenerator. In each epoch of each run, it reads and resizes every image and passes it through the
whole backbone. Its time is extrapolated: measured set-up + 30 x a measured epoch for each run, with the first epoch
(tracing) counted separately. It runs in the users' environment, and again with the other setting of oneDNN: TensorFlow
enables it only on CPUs with AVX-512, radtl always.

radtl's frozen grid is measured completely, from the command line to the report: start of Python, reading the images,
check, features, heads, probes, similarities, statistics; on CPUs with bfloat16 also in bfloat16. Its other numbers are
epochs after the first one of a run. Each part has a table of its own, and takes 3 to 4 minutes on 2 cores; without a
name all are measured. The ratio of the whole command goes into ``history.csv``. --quick (60 images, 2 folds, few
epochs) tries the parts and only prints.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from _history import record
from _shared import cpu, experiment, machine, plan_of, publish, run_radtl, write_radiographs

from radtl_tf.experiment.engine import BackboneRuns
from radtl_tf.training.device import BFLOAT16, has_bfloat16

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
    """Measure the parts that are named, and publish their tables."""
    quick = "--quick" in sys.argv
    asked = [name for name in PARTS if name in sys.argv] or list(PARTS)
    size = Size(60, 2, 3, 2) if quick else Size()
    head = f"ResNet50, {size.images} images, 224 px, batch 32, {size.folds} folds, {size.epochs} epochs; {machine()}"
    with tempfile.TemporaryDirectory() as folder:
        own = _Own(Path(folder), write_radiographs(Path(folder), size.images), size)
        for name in asked:
            measure, show = PARTS[name]
            title = f"{'':<50}{'script':>12}{'radtl':>12}{'ratio':>8}"
            text = "\n".join([head, title, *measure(own)])
            print(text) if quick else show(text)
    if own.ratio and not quick:
        print(*record(cpu(), grid_script_ratio=own.ratio), sep="\n")


def _plain(own: _Own) -> Iterator[str]:
    default, changed, word = _both(own, "frozen")
    yield from _grid("frozen grid, whole command", default, own.whole, own.size)
    yield from _grid("frozen grid, features and heads only", default, own.learning, own.size)
    yield from _grid("the same, a second time (features kept)", default, own.again, own.size)
    yield from _grid(f"frozen grid, whole command, script {word} oneDNN", changed, own.whole, own.size)
    if has_bfloat16():
        yield from _grid("frozen grid in bfloat16, whole command", default, own.in_bfloat16, own.size)
    yield "grids of the script: priced from its set-up and epochs"
    yield f"TensorFlow's default on this CPU: oneDNN {'on' if default.onednn else 'off'}"
    own.ratio = default.price(own.size) / own.whole


def _augmented(own: _Own) -> Iterator[str]:
    default, changed, word = _both(own, "frozen", "augmented")
    what, views = f"frozen, augmented, views = {own.size.epochs}", own.learning + own.size.epochs * own.view * WEIGHTS
    yield from _grid(what, default, views, own.size)
    yield from _grid(f"{what}, script {word} oneDNN", changed, views, own.size)
    yield "views: from one measured pass over the images"


def _tuned(own: _Own, tuning: str) -> Iterator[str]:
    default, changed, word = _both(own, tuning)
    seconds, what = own.epoch(tuning), f"{tuning}, an epoch of a run"
    yield _epoch(what, default, seconds)
    yield _epoch(f"{what}, script {word} oneDNN", changed, seconds)


def _both(own: _Own, tuning: str, augmentation: str = "plain") -> tuple[_Script, _Script, str]:
    """Return the script as it is installed and with the other setting of oneDNN, and the word for that."""
    default = _Script(own.manifest, tuning, own.size, augmentation)
    other, word = ("0", "without") if default.onednn else ("1", "with")
    return default, _Script(own.manifest, tuning, own.size, augmentation, TF_ENABLE_ONEDNN_OPTS=other), word


PARTS: dict[str, tuple[Callable[[_Own], Iterator[str]], Callable[[str], None]]] = {
    "plain": (_plain, lambda text: publish("published_script", text)),
    "augmented": (_augmented, lambda text: publish("published_script_augmented", text)),
    "top10": (lambda own: _tuned(own, "top10"), lambda text: publish("published_script_top10", text)),
    "full": (lambda own: _tuned(own, "full"), lambda text: publish("published_script_full", text)),
}


def _grid(what: str, script: _Script, seconds: float, size: Size) -> Iterator[str]:
    price = script.price(size)
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

    def price(self, size: Size) -> float:
        """Return the seconds of the whole grid."""
        return size.runs * (self.setup + self.tracing + size.epochs * self.epoch)


class _Own:
    """radtl on the same images: seconds of the whole command and of its parts."""

    def __init__(self, folder: Path, manifest: Path, size: Size) -> None:
        self._folder, self.manifest, self.size = folder, manifest, size
        self._frozen = self._experiment({"frozen": RATES}, epochs=size.epochs)
        self.ratio: float | None = None  # of the whole command, when it is known

    @cached_property
    def whole(self) -> float:
        """The seconds of the whole command, with an empty cache."""
        return run_radtl(self._frozen, self._folder / "frozen", self._folder / "cache")[0]

    @cached_property
    def in_bfloat16(self) -> float:
        """The seconds of the whole command in bfloat16, with an empty cache; the script computes in float32."""
        content = {**self._frozen, "training": {**self._frozen["training"], "precision": BFLOAT16}}
        return run_radtl(content, self._folder / "bfloat16", self._folder / "bfloat16-cache")[0]

    @cached_property
    def again(self) -> float:
        """The seconds of the runs of another experiment on the same images."""
        _ = self.whole
        run_radtl({**self._frozen, "seed": 1}, self._folder / "again", self._folder / "cache")
        return self._seconds("again")

    @cached_property
    def learning(self) -> float:
        """The seconds of the heads and of the passes over the images."""
        _ = self.whole
        return self._seconds("frozen") + WEIGHTS * self._pass(None)

    @cached_property
    def view(self) -> float:
        """The seconds of a pass over all images with augmentation."""
        return self._pass(0)

    def epoch(self, tuning: str) -> float:
        """Return the seconds of an epoch of a run after the first one, including inner validation."""
        content = self._experiment({tuning: RATES[1:]}, epochs=2, weights=["first"], folds=2)
        run_radtl(content, self._folder / tuning, self._folder / "cache")
        files = sorted(self._folder.glob(f"{tuning}/runs/*-{tuning}-*/*/history.csv"))
        table = pd.concat([pd.read_csv(file) for file in files])
        trained = self.size.images / 2 * 0.8  # two folds train on half of the images, less the inner part
        return float(table[table["epoch"] > 1]["seconds"].mean()) * 0.64 * self.size.images / trained

    def _experiment(self, tunings: dict[str, tuple[float, ...]], **options: object) -> dict[str, Any]:
        return experiment(self.manifest, tunings, **{"folds": self.size.folds, **options})

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
