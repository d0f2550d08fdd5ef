"""Write an ensemble in one format: the model file and its card."""

from __future__ import annotations

import tempfile
from pathlib import Path

from radtl_tf.deploy.card.facts import CARD, Card
from radtl_tf.deploy.formats.conversion import convert_apart
from radtl_tf.deploy.formats.keras_file import write_keras_file
from radtl_tf.deploy.formats.network import save_pixel_graph
from radtl_tf.deploy.formats.openvino import HINTS
from radtl_tf.deploy.formats.table import SAVED_MODEL, Format
from radtl_tf.deploy.graph.ensemble import Ensemble
from radtl_tf.deploy.graph.saved_model import write_saved_model
from radtl_tf.records.disk import write_json


def write(format: Format, ensemble: Ensemble, folder: Path, card: Card) -> None:
    """Write ``ensemble`` to the existing ``folder`` in one format, with its card.

    Raises:
        OutputError: the model cannot be converted or written.
    """
    if format.name == SAVED_MODEL:
        write_saved_model(ensemble, folder, card)
        return
    if format.name == "keras":
        write_keras_file(ensemble, folder / format.file)
    else:
        with tempfile.TemporaryDirectory(prefix="radtl-") as scratch:
            save_pixel_graph(ensemble, Path(scratch) / "graph")
            convert_apart(format.name, Path(scratch) / "graph", folder / format.file)
    write_json(folder / CARD, {**card, **_own_facts(format)})


def _own_facts(format: Format) -> Card:
    """Return what the card of one format says in addition."""
    facts: dict[str, object] = {"file": format.file, "weights_precision": format.precision}
    return facts | {"runtime": HINTS} if format.name == "openvino" else facts
