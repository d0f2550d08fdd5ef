"""Score images with an exported model: ``radtl_tf.predict``, and its rows one after the other."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from radtl_tf.deploy.engines.engine import Engine, open_model
from radtl_tf.deploy.formats.table import SAVED_MODEL
from radtl_tf.deploy.outputs import score_names
from radtl_tf.deploy.predict import Explain
from radtl_tf.errors import OutputError
from radtl_tf.library.bars import bars
from radtl_tf.library.results.overlays import overlays
from radtl_tf.library.results.score_sources import Images, Source, find_sources, is_dataset
from radtl_tf.library.results.score_table import PATH, REASON, ROW, VALID, Row, ScoreTable, Use
from radtl_tf.logs import get_logger
from radtl_tf.progress import Watch, silent

_log = get_logger(__name__)

ERROR = "error"  # of a frame: the earlier name of the column "reason"


@dataclass(frozen=True)
class Scoring:
    """Images that are ready to be scored: the columns of their table, and its rows.

    ``explain`` and ``dicom_sr`` are new folders for overlays and for structured reports.
    """

    table: ScoreTable
    engine: Engine
    sources: list[Source]
    maps: Explain | None
    explain: Path | None
    dicom_sr: Path | None

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of the rows."""
        return self.table.columns

    @contextmanager
    def rows(self, watch: Watch = silent) -> Iterator[Iterator[Row]]:
        """Yield the rows, which are made while the images are scored; both folders get their names when the block ends.

        Raises:
            OutputError: one of the folders exists or cannot be written.
            RadtlError: highdicom, which writes structured reports, is not installed.
        """
        with ExitStack() as stack:
            uses: list[Use] = []
            if self.explain is not None:
                uses.append(stack.enter_context(overlays(self.explain, self.table.target)))
            if self.dicom_sr is not None:
                from radtl_tf.deploy.structured_report import structured_reports

                uses.append(stack.enter_context(structured_reports(self.engine.card, self.dicom_sr)))
            yield self.table.rows(self.engine, self.sources, watch, self.maps, uses)


def scoring(
    model: Path,
    images: Images,
    path_column: str | None = None,
    explain: Path | None = None,
    dicom_sr: Path | None = None,
) -> Scoring:
    """Open a model and find the images; ``explain`` and ``dicom_sr`` as of ``Scoring``.

    Raises:
        DataError: no path exists, folders contain no image, a manifest cannot be read, or a Dataset has no files.
        OutputError: ``model`` is not the folder of a model, or is damaged; it has no maps for ``explain``; or its unit
            has no code for ``dicom_sr``.
    """
    sources = find_sources(images, path_column)
    engine = open_model(model)
    table = ScoreTable(engine.card, ROW if is_dataset(images) else PATH)
    maps = None if explain is None else _maps_of(model, engine.format)
    if dicom_sr is not None:
        from radtl_tf.deploy.structured_report import check_unit

        check_unit(engine.card)
    if table.target.is_number:
        _log.info(f"The column score is in {engine.card['label_unit']}")
    return Scoring(table, engine, sources, maps, explain, dicom_sr)


def predictions(
    model: Path,
    images: Images,
    path_column: str | None = None,
    explain: Path | None = None,
) -> pd.DataFrame:
    """Return a row per image, with the columns of ``ScoreTable``, and ``error``, which repeats ``reason``.

    Raises:
        DataError, OutputError: as ``scoring`` and ``Scoring.rows``.
    """
    found = scoring(model, images, path_column, explain)
    with bars() as watch, found.rows(watch) as rows:
        frame = pd.DataFrame(list(rows), columns=list(found.columns))
    scores = dict.fromkeys(score_names(found.table.target), float)
    frame = frame.astype({VALID: bool, REASON: object, **scores})
    return frame.assign(**{ERROR: frame[REASON]})


def _maps_of(model: Path, format: str) -> Explain:
    from radtl_tf.deploy.graph.explain import open_maps

    maps = open_maps(model) if format == SAVED_MODEL else None
    if maps is None:
        raise OutputError(
            f"{model} cannot explain its scores: expected a SavedModel exported by this version, not one of an earlier "
            "version, of another format, or of a vision transformer. Export it again, or another setting."
        )
    return maps
