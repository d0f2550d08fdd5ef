"""Write an ensemble in one format, and what its card says of it."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from radtl_tf.deploy.card.facts import Card
from radtl_tf.deploy.formats.conversion import convert_apart
from radtl_tf.deploy.formats.keras_file import write_keras_file
from radtl_tf.deploy.formats.network import save_pixel_graph
from radtl_tf.deploy.formats.openvino import HINTS
from radtl_tf.deploy.formats.table import SAVED_MODEL, Format
from radtl_tf.deploy.graph.ensemble import Ensemble
from radtl_tf.deploy.graph.saved_model import write_labels, write_saved_model


def write(format: Format, ensemble: Ensemble, folder: Path, card: Card) -> None:
    """Write the files of ``ensemble`` in one format to the existing ``folder``; ``card`` names the classes.

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
    write_labels(folder, card)


def format_facts(format: Format) -> dict[str, Any]:
    """Return what the card of one format says in addition: ``runtime`` are settings that its engine needs."""
    facts: dict[str, Any] = {"model_format": format.name, "file": format.file, "weights_precision": format.precision}
    return facts | {"runtime": HINTS} if format.name == "openvino" else facts
