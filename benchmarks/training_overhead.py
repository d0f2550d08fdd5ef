"""The overhead of training besides arithmetic: the parts of the wall time of a grid of 20 frozen and 20 top10 runs.

    python benchmarks/training_overhead.py [--quick]

ResNet50, 400 images of 224 px, 5 folds, 2 learning rates, 2 weights, 5 epochs (a sixth of the published number; with
more epochs, the share of the overhead is smaller). The functions that do the arithmetic are timed from outside, each
without the timed functions that it calls. The extra time of the first call of a compiled function is its tracing.
It takes 3 minutes on 2 cores; --quick (60 images of 96 px) tries the script.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from pathlib import Path

START = time.monotonic()

from _shared import experiment, machine, plan_of, publish, write_radiographs  # noqa: E402
from _watch import Watch  # noqa: E402

from radtl_tf.evaluation.evaluate import evaluate  # noqa: E402
from radtl_tf.experiment import engine, similarity  # noqa: E402
from radtl_tf.experiment.plan import networks  # noqa: E402
from radtl_tf.report.pages.experiment import write_report  # noqa: E402
from radtl_tf.training import prefetch as ahead  # noqa: E402
from radtl_tf.training import trainer  # noqa: E402
from radtl_tf.training.features import prefix_features as features  # noqa: E402
from radtl_tf.training.heads import together as heads  # noqa: E402

# label, owner, function, whether its first call traces
TIMED = (
    ("prefix: passes over the images", features.PrefixPass, "__call__", True),
    ("suffix: training steps", trainer.Trainer, "step", True),
    ("suffix: forward passes", trainer.Trainer, "logits", True),
    ("suffix: forward passes", trainer.Trainer, "pooled", True),
    ("heads: steps", heads._Heads, "_learn", True),
    ("heads: scores", heads._Heads, "scores", True),
    ("linear probe", engine, "train_probe", False),
    ("building models", networks.Networks, "take", False),
    ("building models", engine.BackboneRuns, "__init__", False),
    ("building models", engine.BackboneRuns, "trainer", False),
    ("writing features", features.ArrayCache, "fill", False),
    ("writing runs", engine.BackboneRuns, "_write", False),
    ("weights: reading, setting", engine.BackboneRuns, "_weights", False),
    ("reset of a run", trainer.Trainer, "reset", False),
    ("copies of the best epoch", trainer.Trainer, "learned", False),
    ("waiting for batches", ahead.Ahead, "_taken", False),
    ("TensorBoard", engine.Monitor, "__call__", False),
    ("TensorBoard", engine.Monitor, "__init__", False),
)
ARITHMETIC = ("prefix", "suffix", "heads", "linear probe", "evaluation")


class _Grid(Watch):
    """A watch that tells the time of tracing from the others."""

    def tracing(self) -> float:
        """Return the extra time of first calls, and subtract it from their labels."""
        total = 0.0
        for key, calls in self.calls.items():
            extra = max(calls[0] - statistics.median(calls[1:] or [0.0]), 0.0)
            self.seconds[key.rsplit(" ", 1)[0]] -= extra
            total += extra
        return total


def main() -> None:
    """Run the grid with timing and publish the table."""
    imports = time.monotonic() - START
    quick = "--quick" in sys.argv
    number, size, epochs = (60, 96, 2) if quick else (400, 224, 5)
    what, load = f"{number} images, {size} px, {epochs} epochs, 20 frozen and 20 top10 runs", machine()
    watch = _Grid()
    for row in TIMED:
        watch.wrap(*row)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rates = {"frozen": (1e-2, 1e-3), "top10": (1e-2, 1e-3)}
        content = experiment(write_radiographs(folder, number), rates, image_size=size, epochs=epochs)
        start = time.monotonic()
        plan = watch.measure("reading images, check, folds", lambda: plan_of(content, folder / "out", folder / "cache"))
        for _ in engine.execute(plan):
            pass
        engine.collect_predictions(plan)
        watch.measure("evaluation: similarities", lambda: similarity.write_similarities(plan))
        evaluation = watch.measure("evaluation: statistics", lambda: evaluate(folder / "out"))
        watch.measure("report", lambda: write_report(folder / "out", evaluation))
        wall = time.monotonic() - start
    text = _table(watch, wall, imports, f"{what}; {load}")
    print(text) if quick else publish("training_overhead", text)


def _table(watch: _Grid, wall: float, imports: float, what: str) -> str:
    tracing = watch.tracing()
    building = watch.seconds.pop("building models")
    run = wall - tracing - building
    watch.seconds["everything else"] = run - sum(watch.seconds.values())
    arithmetic = sum(seconds for label, seconds in watch.seconds.items() if label.startswith(ARITHMETIC))
    rows = sorted(watch.seconds.items(), key=lambda row: -row[1])
    lines = [what, f"{'':<34}{'seconds':>9}{'share':>8}"]
    lines += [f"{label:<34}{seconds:>9.1f}{seconds / run:>8.1%}" for label, seconds in rows]
    lines += [
        f"{'wall time':<34}{run:>9.1f}",
        f"{'overhead (neither prefix, suffix, heads, probe nor evaluation)':<64}{1 - arithmetic / run:>8.1%}",
        f"apart: imports {imports:.1f} s, building models {building:.1f} s, tracing {tracing:.1f} s",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
