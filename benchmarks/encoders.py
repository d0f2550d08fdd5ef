"""Every backbone in every tuning: gradients, frozen layers, cuts, random draws, names, batch norms, Grad-CAM, export.

    python benchmarks/encoders.py [--quick] [--without-export] [--formats] [BACKBONE ...]

Random weights, images of the smallest size that the backbone takes. It exits with 1 if a row is not right:

- every learning variable has a gradient, and a training step changes it and nothing below the cut;
- prefix and suffix give the features of the whole network, and so does the last feature map; the difference
  by folded batch norms is shown, not judged: random weights with the statistics of eight images enlarge rounding;
- the same step gives the same weights bit for bit and in the same order as elsewhere, and so does the same seed;
- names are the same in every build;
- the SavedModel gives the probabilities of Keras; with ``--formats``, every other format of a frozen network does.

``--quick`` takes the MobileNets only, without an export. All rows take 3 CPU minutes without exports, 15 with them.
"""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Iterator

import keras
from _encoders import TUNINGS, Encoder, Tuned, Whole
from _shared import machine, publish

from radtl_tf.models.backbones import BACKBONES

ROUNDING = 1e-5  # of features, relative to the largest one
PARITY = 1e-3  # of probabilities
_TUNED = f"{'tuning':>8}{'learning':>10}{'no grad':>9}{'moved':>7}{'stuck':>7}{'compose':>10}{'again':>7}{'export':>9}"
_HEAD = f"{'':<20}{'px':>4}{_TUNED}"


def main() -> None:
    """Measure and publish the table."""
    quick, names = "--quick" in sys.argv, [word for word in sys.argv[1:] if not word.startswith("--")]
    chosen = names or [name for name in BACKBONES if not quick or name.startswith("Mobile")]
    lines, wrong = [f"float32, {machine()}", _HEAD], []
    for name in chosen:
        start = time.process_time()
        for line, is_right in _lines(
            name, export=not quick and "--without-export" not in sys.argv, formats="--formats" in sys.argv
        ):
            lines.append(line)
            wrong += [] if is_right else [line]
            print(line, flush=True)
        print(f"{name}: {time.process_time() - start:.0f} CPU seconds", file=sys.stderr, flush=True)
        keras.backend.clear_session()
    lines.append(f"{len(chosen)} backbones, {len(wrong)} rows that are not right")
    text = "\n".join(lines)
    if quick or names:
        print(text)
    else:
        publish("encoders", text, is_timed=False)
    sys.exit(1 if wrong else 0)


def _lines(name: str, *, export: bool, formats: bool) -> Iterator[tuple[str, bool]]:
    encoder = Encoder(name)
    whole = encoder.whole()
    yield (
        f"{name:<20}{encoder.size:>4}  {whole.layers} layers with weights, {whole.fused} of {whole.norms} batch norms "
        f"fused, {whole.folded} folded ({whole.fold:.0e}), {whole.depth} stochastic, "
        f"{whole.stages} stages, map {whole.map:.0e}, names {_yes(whole.names)}, draw {_yes(whole.drawn)}",
        is_right(whole),
    )
    for tuning in TUNINGS:
        row = encoder.tuned(tuning, export=export)
        numbers = f"{row.learning:>10}{row.without:>9}{row.moved:>7}{row.unmoved:>7}{row.compose:>10.0e}"
        yield f"{'':<24}{tuning:>8}{numbers}{_yes(row.again and row.order):>7}{_number(row.export)}", is_right_in(row)
    if formats:
        for format, difference in encoder.exports():
            yield f"{'':<24}  exported as {format:<14}{difference:>9.0e}", difference < PARITY


def is_right(whole: Whole) -> bool:
    """Return whether a backbone is as it must be."""
    is_same = whole.names and whole.drawn and whole.descends
    return is_same and whole.fused == whole.norms and whole.map < ROUNDING


def is_right_in(row: Tuned) -> bool:
    """Return whether a backbone is as it must be in one tuning; a frozen one has nothing that learns."""
    learns = row.learning == 0 if row.tuning == "frozen" else row.learning > 0
    is_exact = row.compose < ROUNDING and not row.export > PARITY
    return learns and row.again and row.order and is_exact and (row.without, row.moved, row.unmoved) == (0, 0, 0)


def _number(value: float) -> str:
    return f"{'-':>9}" if math.isnan(value) else f"{value:>9.0e}"


def _yes(value: bool) -> str:
    return "yes" if value else "NO"


if __name__ == "__main__":
    main()
