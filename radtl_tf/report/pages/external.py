"""Show the test of a frozen model: tables for a terminal, and one HTML page."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from radtl_tf.evaluation.external.drift import Drift, sentence
from radtl_tf.evaluation.external.numbers import Numbers
from radtl_tf.evaluation.external.overlap import Overlap, overlap_sentence
from radtl_tf.evaluation.external.results import External
from radtl_tf.evaluation.external.scored import Scored, by_patient
from radtl_tf.evaluation.formatting import number, p_cell, range_text
from radtl_tf.evaluation.metrics.metric_table import METRICS
from radtl_tf.records.disk import write_text
from radtl_tf.report.drawing.table import Table, render_text
from radtl_tf.report.drawing.templates import render_template
from radtl_tf.report.pages.external_figures import Drawn, number_figure, roc_figure


def as_text(external: External, drifts: Sequence[Drift], overlaps: Sequence[Overlap] = ()) -> str:
    """Return the test for a terminal."""
    said = [overlap_sentence(overlaps)] if overlaps else []
    lines = [external.sentence, *said, *([sentence(drifts)] if drifts else []), *external.notes]
    tables = "\n".join(render_text(table) for table in tables_of(external, drifts))
    return "\n\n".join([*lines, tables]).rstrip()


def write_page(
    path: Path,
    external: External,
    drifts: Sequence[Drift],
    images: Sequence[Scored] | Numbers,
    overlaps: Sequence[Overlap] = (),
) -> None:
    """Write the test as one HTML page without scripts or external addresses.

    ``images`` are the images with each class against the rest or each threshold (a binary task has one such view), or
    with the numbers of a regression.

    Raises:
        OutputError: the file cannot be written.
    """
    page = render_template(
        "external.html",
        external=external,
        overlap=overlap_sentence(overlaps),
        is_overlap=any(one.number for one in overlaps),
        drifts=drifts,
        is_drift=any(one.is_drift for one in drifts),
        drift_sentence=sentence(drifts) if drifts else "",
        figure=_figure(external, images),
        tables=tables_of(external, drifts),
    )
    write_text(path, page)


def _figure(external: External, images: Sequence[Scored] | Numbers) -> Drawn:
    per_patient = external.unit == "patient"
    if isinstance(images, Numbers):
        return number_figure(external, images.by_patient() if per_patient else images)
    return roc_figure(external, [by_patient(view) for view in images] if per_patient else images)


def tables_of(external: External, drifts: Sequence[Drift]) -> list[Table]:
    """Return the tables of a test as text: estimates, the comparison of two models, stages, images against training."""
    tables = [_estimates(external)]
    tables += [_comparisons(external)] if external.comparisons else []
    tables += [_confusion(external, number, name) for number, name in enumerate(external.confusions)]
    return tables + ([_inputs(drifts)] if drifts else [])


def _confusion(external: External, number: int, name: str) -> Table:
    return Table(
        key=f"stages-{number}" if number else "stages",
        title=f"True and predicted stages of {name}",
        caption=f"Number of {external.unit}s of each true stage (row) by the predicted stage (column).",
        columns=("True stage", *external.stages),
        rows=tuple(
            (stage, *map(str, row.tolist()))
            for stage, row in zip(external.stages, external.confusions[name], strict=True)
        ),
    )


def _estimates(external: External) -> Table:
    return Table(
        key="estimates",
        title="Estimates",
        caption="The intervals hold for these trained models. They do not include the variation between trainings.",
        columns=("Model", "Metric", "Value", "95 % interval", "Interval by"),
        rows=tuple(
            (
                *(one.model, _named(one.metric, external.label_unit), number(one.value)),
                *(range_text(one.ci_low, one.ci_high), one.method),
            )
            for one in external.estimates
        ),
    )


def _named(metric: str, unit: str) -> str:
    """Return the name of a metric for a reader, with its unit; the AUROC of a class keeps the class."""
    name, divider, of_class = metric.partition(":")
    in_unit = f" ({unit})" if unit and METRICS[name].has_unit else ""
    return f"{METRICS[name].title}{in_unit}{divider}{of_class}"


def _comparisons(external: External) -> Table:
    main = METRICS[external.comparisons[0].metric].name
    return Table(
        key="comparisons",
        title="Comparison",
        caption=f"The first model minus the second, on the same cases. The {main} is the main comparison; p values are "
        "not adjusted.",
        columns=("Metric", "First", "Second", "Difference", "95 % interval", "p", "Method"),
        rows=tuple(
            (
                *(_named(test.metric, external.label_unit), test.a, test.b, number(test.difference, sign=True)),
                *(range_text(test.ci_low, test.ci_high), p_cell(test.p_value), test.method),
            )
            for test in external.comparisons
        ),
    )


def _inputs(drifts: Sequence[Drift]) -> Table:
    return Table(
        key="inputs",
        title="Images compared with the training images",
        caption="Grey values run from 0 to 1, border is the mean of the outermost pixels, and sizes are in pixels. p "
        "is the probability of at least this many images outside by chance, adjusted over the rows (Holm).",
        columns=("What", "Training median", "Training 1 % to 99 %", "Median here", "Outside", "By chance", "p"),
        rows=tuple(
            (
                *(one.name, f"{one.median:.4g}", f"{one.low:.4g} to {one.high:.4g}", f"{one.here:.4g}"),
                *(str(int(one.outside.sum())), f"{one.expected:.1f}", p_cell(one.p_value)),
            )
            for one in drifts
        ),
    )
