"""Does training on unlabeled films help? Weights against the same weights continued on films of other patients.

    python benchmarks/self_supervised.py [--quick] [--publish]

MobileNet025 at 64 px starts from random weights and from the weights of the demo. Each start is continued by
``radtl pretrain --self-supervised`` on a folder of synthetic skulls without labels. Then an experiment on skulls of
other patients ("who is male?") compares the continued weights with their start: frozen, 5 folds by patient, the
question's corrected test, and the linear probe. Settings are the defaults of the source file at 64 px; nothing is
chosen on the held-out patients. It takes about 5 minutes on 2 idle cores; ``--quick`` tries it on few films; the table
is printed, and with ``--publish`` written to the page of results. Synthetic radiographs: this shows the method and is
never evidence about real films.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

from _shared import publish

import radtl_tf as radtl
from radtl_tf.data.phantoms.write import write_phantoms
from radtl_tf.experiment.weights.make import make_weights
from radtl_tf.places import shipped
from radtl_tf.records.self_supervised import self_supervised_from

BACKBONE, SIZE, PIXELS = "MobileNet025", 64, "tf"
SHIPPED = shipped("weights") / f"phantom-{BACKBONE}_notop.h5"
STARTS = ("random", "phantom")


def main() -> None:
    """Measure and print the table."""
    quick = "--quick" in sys.argv
    films, patients, epochs = (40, 60, 2) if quick else (400, 200, 30)
    lines = [
        f"{BACKBONE}, {SIZE} px, unlabeled films of {films} patients, {epochs} epochs; {patients} other patients",
        f"{'start':<10}{'kind':<8}{'start':>8}{'continued':>11}{'difference':>12}"
        f"{'95 % interval':>20}{'p':>8}  verdict",
    ]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_phantoms(folder / "films", kind="skull", num_patients=films, seed=2)
        write_phantoms(folder / "labeled", kind="skull", num_patients=patients, seed=1)
        for start in STARTS:
            history = _continue(folder, start, epochs)["history"]
            first, last = history[0], history[-1]
            lines += _compared(folder, start, epochs)
            loss, spread = (f"{first[key]:.2f} to {last[key]:.2f}" for key in ("loss", "embedding_sd"))
            lines.append(f"{'':<10}training without labels: loss {loss}, embedding_sd {spread}")
    text = "\n".join(lines)
    if "--publish" in sys.argv and not quick:
        publish("self_supervised", text, is_timed=False)
    else:
        print(text)


def _continue(folder: Path, start: str, epochs: int) -> dict[str, Any]:
    """Continue ``start`` on the films; return the record of the file."""
    raw: dict[str, Any] = {
        "name": f"{start}-continued",
        "data": {"images": "films"},
        "model": {"backbone": BACKBONE, "weights": start, "pixels": PIXELS if start == "random" else "native"},
        "training": {"image_size": SIZE, "epochs": epochs},
        "record": {"license": "CC0-1.0"},
    }
    if start != "random":
        raw["weights"] = {start: {"files": {BACKBONE: str(SHIPPED)}, "pixels": PIXELS}}
    return make_weights(self_supervised_from(raw, folder), folder / f"{start}.h5", folder / "data")


def _compared(folder: Path, start: str, epochs: int) -> list[str]:
    """Return lines that compare continued weights with their start: the question, and the linear probe."""
    entry = None if start == "random" else (SHIPPED, PIXELS)
    result = radtl.compare(
        radtl.Dataset.from_csv(
            folder / "labeled" / "labels.csv", positive="male", patient="patient_id", unit="patient"
        ),
        weights={"continued": (folder / f"{start}.h5", PIXELS), start: entry},
        backbones=[BACKBONE],
        image_size=SIZE,
        epochs=epochs,
        out=folder / f"results-{start}",
        accept=[],
    )
    answer, estimates = result.answer, result.frame("estimates")
    if answer is None:
        raise SystemExit("the experiment has no answer")

    def mean(weights: str, tuning: str) -> float:
        rows = estimates[(estimates.weights == weights) & (estimates.tuning == tuning) & (estimates.metric == "auroc")]
        rates = rows[rows.learning_rate.astype(str) == "selected"]
        return float((rates if len(rates) else rows)["mean"].iloc[0])

    low, high = answer.interval
    of_head, of_probe = ([mean(name, tuning) for name in (start, "continued")] for tuning in ("frozen", "probe"))
    tested = f"{f'{low:+.3f} to {high:+.3f}':>20}{answer.p:>8.3f}  {answer.verdict}"
    return [
        f"{start:<10}{'head':<8}{of_head[0]:>8.3f}{of_head[1]:>11.3f}{answer.difference:>+12.3f}{tested}",
        f"{'':<10}{'probe':<8}{of_probe[0]:>8.3f}{of_probe[1]:>11.3f}{of_probe[1] - of_probe[0]:>+12.3f}",
    ]


if __name__ == "__main__":
    main()
