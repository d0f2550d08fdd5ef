"""What folding batch norms changes in the results of an experiment on 400 real radiographs.

    RADTL_REAL=FOLDER python benchmarks/folded_estimates.py [--quick]

FOLDER is as in ``experiments/chest400.toml``, which is run twice, each time with an empty cache: as it is, and with the
network as Keras builds it. The table has the largest differences of the scores and of the means in ``estimates.csv``.
It takes 1 minute on 2 cores; --quick (32 px) tries the script.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
from _shared import RADTL, publish, timed

FILE = Path(__file__).resolve().parents[1] / "experiments" / "chest400.toml"
UNFOLDED = """
import keras
from radtl_tf.training.features import prefix_features

class Unfolded:
    def __init__(self, original):
        self.original, self.model = original, keras.models.clone_model(original)

    def refresh(self, value_of):
        for weight, other in zip(self.model.weights, self.original.weights, strict=True):
            weight.assign(value_of(other))

prefix_features.Folded = Unfolded
from radtl_tf.cli.main import main
main(standalone_mode=False, args=__import__("sys").argv[1:])
"""
RUN = ["scenario", "repeat", "fold", "part", "example"]
SHOWN = 5


def main() -> None:
    """Run both and publish the differences."""
    quick = "--quick" in sys.argv
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        file = folder / "chest400.toml"
        text = FILE.read_text(encoding="utf-8")
        file.write_text(text.replace("image_size = 224", "image_size = 32") if quick else text, encoding="utf-8")
        for way, start in {"folded": RADTL, "plain": (sys.executable, "-c", UNFOLDED)}.items():
            timed((*start, "run", str(file), "--out", str(folder / way)), RADTL_CACHE=str(folder / f"{way}-cache"))
        table = "\n".join([*_scores(folder), "", *_estimates(folder)])
    print(table) if quick else publish("folded_estimates", table, is_timed=False)


def _both(folder: Path, file: str, keys: list[str], value: str) -> pd.DataFrame:
    """Return the rows of a table of both runs, with the columns ``plain``, ``folded`` and ``differs``."""
    tables = [pd.read_csv(folder / way / file)[[*keys, value]] for way in ("plain", "folded")]
    found = tables[0].merge(tables[1], on=keys, suffixes=("_plain", "_folded"), validate="one_to_one")
    found = found.rename(columns={f"{value}_plain": "plain", f"{value}_folded": "folded"})
    return found.assign(differs=(found["plain"] - found["folded"]).abs())


def _scores(folder: Path) -> Iterator[str]:
    yield f"{'predictions.csv':<46}{'largest difference of a score':>34}"
    for name, differs in _both(folder, "predictions.csv", RUN, "score").groupby("scenario")["differs"].max().items():
        yield f"{name:<46}{differs:>34.1e}"


def _estimates(folder: Path) -> Iterator[str]:
    rows = _both(folder, "estimates.csv", ["scenario", "metric"], "mean").nlargest(SHOWN, "differs")
    yield f"{'estimates.csv, largest differences of a mean':<70}{'plain':>10}{'folded':>10}{'differs':>10}"
    for row in rows.itertuples(index=False):
        yield f"{row.scenario + ': ' + row.metric:<70}{row.plain:>10.5f}{row.folded:>10.5f}{row.differs:>10.5f}"


if __name__ == "__main__":
    main()
