"""Time of evaluation and report of a published grid: four backbones, 24 settings of two weights, five folds.

    python benchmarks/report.py

The output folder has 240 runs and 40 probes with simulated scores (``tests/evaluation/synthetic.py``) and 600 patients,
some with several images. It takes ten seconds.
"""

from __future__ import annotations

import runpy
import sys
import tempfile
import time
from pathlib import Path

from _shared import machine, publish

SYNTHETIC = Path(__file__).parents[1] / "tests" / "evaluation" / "synthetic.py"
BACKBONES = ("ResNet50", "DenseNet121", "InceptionV3", "InceptionResNetV2")
TUNINGS = {"full": (1e-3, 1e-4), "frozen": (1e-2, 1e-3), "top10": (1e-2, 1e-3)}
PATIENTS = 600


def main() -> None:
    """Time both and publish the table."""
    from radtl_tf.evaluation.evaluate import evaluate
    from radtl_tf.report.pages.experiment import write_report

    with tempfile.TemporaryDirectory() as name:
        folder = _drawn(Path(name) / "out")
        start = time.monotonic()
        found = evaluate(folder)
        evaluated = time.monotonic()
        page = write_report(folder, found)
        written = time.monotonic()
        runs = len(found.record.runs)
        size = page.stat().st_size / 1e6
    lines = [
        f"{runs} runs and probes, {PATIENTS} patients; {machine()}; TensorFlow loaded: {'tensorflow' in sys.modules}",
        f"evaluation {evaluated - start:.1f} s, report with all tables and figures {written - evaluated:.1f} s, "
        f"report.html {size:.1f} MB",
    ]
    publish("report", "\n".join(lines))


def _drawn(folder: Path) -> Path:
    """Write the output folder of an experiment that was never run."""
    names = runpy.run_path(str(SYNTHETIC), run_name="synthetic")
    like = names["Synthetic"](backbones=BACKBONES, tunings=TUNINGS, num_patients=PATIENTS)
    return names["write_synthetic"](folder, like)


if __name__ == "__main__":
    main()
