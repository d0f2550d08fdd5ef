"""Scores as the rows of a table, one row per image, made while the images are scored."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from radtl_tf.deploy.card.facts import Card
from radtl_tf.deploy.class_check import target_of
from radtl_tf.deploy.engines.engine import Engine
from radtl_tf.deploy.outputs import score_names, stage_of
from radtl_tf.deploy.predict import Explain, Score, predict
from radtl_tf.deploy.quality import Quality
from radtl_tf.library.results.score_sources import Source
from radtl_tf.progress import Watch, timed
from radtl_tf.records.runs import Target

PATH, ROW, VALID, REASON, STAGE, QUALITY = "path", "row", "valid", "reason", "stage", "quality"
Row = tuple[Any, ...]
Use = Callable[[int, Score], None]  # what is done with each score and its number, from 1


@dataclass(frozen=True)
class ScoreTable:
    """The columns of a table of scores, and how a score becomes a row.

    Columns: ``path`` (``row`` for a Dataset); ``valid``; ``reason``, why an image has no score; ``score`` of the
    positive class or the number of a regression, or ``score_<class>`` of each class or stage; ``stage``, the predicted
    stage of an ordinal model; ``above_<operating point>`` for each threshold in the card of a binary model;
    ``quality``, the codes of ``deploy.quality`` with spaces between them. ``None`` is an empty cell.
    """

    card: Card
    first: str = PATH

    @property
    def target(self) -> Target:
        """What the model predicts."""
        return target_of(self.card)

    @property
    def points(self) -> Sequence[dict[str, Any]]:
        """The operating points in the card, each with ``name`` and ``threshold``."""
        return self.card.get("operating_points") or ()

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns."""
        above = (f"above_{re.sub(r'[^A-Za-z0-9.]+', '_', point['name'])}" for point in self.points)
        stage = (STAGE,) if self.target.kind == "ordinal" else ()
        return (self.first, VALID, REASON, *score_names(self.target), *stage, *above, QUALITY)

    def rows(
        self, engine: Engine, sources: Sequence[Source], watch: Watch, explain: Explain | None, uses: Sequence[Use]
    ) -> Iterator[Row]:
        """Yield a row per source, in order, as soon as it is scored; it is used first."""
        quality = Quality(self.card)
        files = (source.path for source in sources if source.fault is None)
        with closing(predict(engine, files, explain)) as scores:
            found = (Score(one.path, None, one.fault) if one.fault else next(scores) for one in sources)
            for number, score in enumerate(timed(found, watch, "Scores", len(sources)), start=1):
                for use in uses:
                    use(number, score)
                yield self._row(sources[number - 1].name, score, quality)

    def _row(self, name: str | int, score: Score, quality: Quality) -> Row:
        if score.scores is None:
            return (name, False, score.error, *[None] * (len(self.columns) - 3))
        above = (score.scores[0] >= point["threshold"] for point in self.points)
        stage = (self.target.classes[stage_of(score.scores)],) if self.target.kind == "ordinal" else ()
        flags = " ".join(quality.flags(score.reading, score.scores)) if score.reading else ""
        return (name, True, None, *score.scores, *stage, *above, flags or None)
