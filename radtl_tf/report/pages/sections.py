"""What a report shows, in its order: figures, tables, Methods text, checklists and references."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from radtl_tf.evaluation.evaluate import Evaluation
from radtl_tf.report.drawing.figure import Figure
from radtl_tf.report.drawing.table import Table
from radtl_tf.report.numbers_and_stages.agreement import bland_altman_figure, scatter_figure
from radtl_tf.report.numbers_and_stages.stages import confusion_figure
from radtl_tf.report.results.forest import conventions_figure, forest_figure, pairs_figure
from radtl_tf.report.results.heatmap import heatmap_figure
from radtl_tf.report.results.patient_flow import flow_figure
from radtl_tf.report.results.roc_curves import precision_recall_figure, roc_figure
from radtl_tf.report.results.tables import tables
from radtl_tf.report.results.training_curves import courses_figure
from radtl_tf.report.saliency.section import SECTION, Saliency
from radtl_tf.report.text.citation import bibtex, citations
from radtl_tf.report.text.guidelines import Item, as_table, checklists
from radtl_tf.report.text.methods import paragraphs, sentences
from radtl_tf.report.text.methods_sentences import missing_data
from radtl_tf.report.text.secondary_sentences import checklist_sentences
from radtl_tf.report.topics.calibration import calibration_figure
from radtl_tf.report.topics.learning_curve import learning_curve_figure
from radtl_tf.report.topics.selective_prediction import selective_figure
from radtl_tf.report.topics.similarity import layers_figure

# The topics that the page folds: each table and figure names its topic in ``section``.
SECTIONS = {
    "results": "Results",
    "references": "Linear probe and trivial baselines",
    "metrics": "Other metrics",
    "calibration": "Calibration and selective prediction",
    "subgroups": "Subgroups",
    "conditions": "Learning curve and pixel conventions",
    "grid": "All scenarios of the grid",
    "training": "Training",
    "data": "Data",
    "method": "How it was made",
    "review": "For critical readers",
}

# The report's figures in their order; a maker returns None where an experiment has nothing to show.
FIGURES: tuple[Callable[[Evaluation], Figure | None], ...] = (
    *(
        forest_figure,
        pairs_figure,
        learning_curve_figure,
        conventions_figure,
        scatter_figure,
        bland_altman_figure,
        confusion_figure,
        roc_figure,
        precision_recall_figure,
        calibration_figure,
        selective_figure,
        heatmap_figure,
    ),
    *(courses_figure, layers_figure, flow_figure),
)
_PLACES = {"answer": "Answer", "notes": "Notes", "methods": "Methods text", "cite": "How to cite"}


@dataclass(frozen=True)
class Contents:
    """All that a report shows: ``checklists`` are the items of each guideline, ``methods`` a text per heading.

    If there are saliency maps, ``figures`` and ``tables`` include their check. ``saliency`` holds the maps, which show
    patients' images and appear on the page only.
    """

    figures: list[Figure]
    tables: list[Table]
    methods: dict[str, str]
    checklists: dict[str, list[Item]]
    citations: list[str]
    bibtex: str
    saliency: Saliency | None = None

    @property
    def titles(self) -> dict[str, str]:
        """The title of every place that a checklist may point to, by its anchor."""
        maps = {SECTION: "Saliency maps"} if self.saliency else {}
        figures = {figure.key: figure.title for figure in self.figures}
        return _PLACES | maps | figures | {table.key: table.title for table in self.tables}

    def checklist_tables(self) -> list[Table]:
        """Return each checklist as a table."""
        return [as_table(name, items, self.titles) for name, items in self.checklists.items()]


def contents(evaluation: Evaluation, saliency: Saliency | None = None) -> Contents:
    """Return what the report of an evaluation shows; every figure is drawn once."""
    answer = evaluation.question
    said = sentences(evaluation) | {"result": answer.sentence if answer else ""}
    said |= {"saliency": saliency.draft if saliency else "", "missing": missing_data(evaluation)}
    said |= checklist_sentences(evaluation)
    shown = Contents(
        figures=[*figures(evaluation), *(saliency.figures if saliency else ())],
        tables=[*tables(evaluation), *([saliency.table] if saliency and saliency.table.rows else ())],
        methods=paragraphs(evaluation),
        checklists={},
        citations=citations(evaluation),
        bibtex=bibtex(evaluation),
        saliency=saliency,
    )
    return replace(shown, checklists=checklists(said, shown.titles))


def figures(evaluation: Evaluation) -> list[Figure]:
    """Return every figure that has something to show, in the order of the report."""
    return [figure for figure in (make(evaluation) for make in FIGURES) if figure]
