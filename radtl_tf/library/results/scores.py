"""Score images with an exported model: ``radtl_tf.predict``, and its rows one after the other."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from radtl_tf.deploy.class_check import target_of
from radtl_tf.deploy.engines.engine import Engine, open_model
from radtl_tf.deploy.formats.table import SAVED_MODEL
from radtl_tf.deploy.predict import Explain, Score
from radtl_tf.errors import OutputError
from radtl_tf.library.bars import bars
from radtl_tf.library.results.overlays import overlays
from radtl_tf.library.results.score_sources import Images, Source, find_sources, is_dataset
from radtl_tf.library.results.score_table import PATH, REASON, ROW, VALID, Row, ScoreTable
from radtl_tf.progress import Watch, silent

ERROR = "error"  # of a frame: the earlier name of the column "reason"


@dataclass(frozen=True)
class Scoring:
    """Images that are ready to be scored: the columns of their table, and its rows."""

    table: ScoreTable
    engine: Engine
    sources: list[Source]
    explain: Explain | None
    folder: Path | None

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of the rows."""
        return self.table.columns

    def rows(self, watch: Watch = silent) -> Iterator[Row]:
        """Yield the rows while the images are scored; overlays get their final name after the last row."""
        classes = target_of(self.engine.card).score
        drawing = nullcontext(_draw_nothing) if self.folder is None else overlays(self.folder, classes)
        with drawing as draw:
            yield from self.table.rows(self.engine, self.sources, watch, self.explain, draw)


def scoring(model: Path, images: Images, path_column: str | None = None, explain: Path | None = None) -> Scoring:
    """Open a model and find the images; ``explain`` is a new folder for overlays.

    Raises:
        DataError: no path exists, folders contain no image, a manifest cannot be read, or a Dataset has no files.
        OutputError: ``model`` is not the folder of a model, or is damaged; or it has no maps for ``explain``.
    """
    sources = find_sources(images, path_column)
    engine = open_model(model)
    table = ScoreTable(engine.card, ROW if is_dataset(images) else PATH)
    return Scoring(table, engine, sources, _maps_of(model, engine.format) if explain else None, explain)


def predictions(
    model: Path, images: Images, path_column: str | None = None, explain: Path | None = None
) -> pd.DataFrame:
    """Return a row per image, with the columns of ``ScoreTable``, and ``error``, which repeats ``reason``.

    Raises:
        DataError, OutputError: as ``scoring``.
    """
    found = scoring(model, images, path_column, explain)
    with bars() as watch:
        frame = pd.DataFrame(list(found.rows(watch)), columns=list(found.columns))
    scores = dict.fromkeys(target_of(found.engine.card).score, float)
    frame = frame.astype({VALID: bool, REASON: object, **scores})
    return frame.assign(**{ERROR: frame[REASON]})


def _maps_of(model: Path, format: str) -> Explain:
    from radtl_tf.deploy.graph.explain import open_maps

    maps = open_maps(model) if format == SAVED_MODEL else None
    if maps is None:
        raise OutputError(
            f"{model} cannot explain its scores: expected a SavedModel exported by this version, not one of an earlier "
            "version or of another format. Export it again."
        )
    return maps


def _draw_nothing(number: int, score: Score) -> None:
    """Draw nothing: no overlays were requested."""
