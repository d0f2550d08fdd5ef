"""How many patients there are, how many are recommended, and which widths they allow."""

from __future__ import annotations

from collections.abc import Iterator

from radtl_tf.data.folds.draw import MIN_TEST_PATIENTS
from radtl_tf.evaluation.evaluate import Evaluation
from radtl_tf.evaluation.review.case_numbers import Observed, OfClass
from radtl_tf.evaluation.review.sample_size import ENOUGH, WANTED, Width
from radtl_tf.report.drawing.table import Table
from radtl_tf.report.review.separate_patients import SECTION

_RILEY = "Riley et al. 2021; Newcombe 2006"
_OBUCHOWSKI = "Obuchowski et al. 2004"
_COLLINS = "Collins et al. 2016"


def case_numbers_table(evaluation: Evaluation) -> Table:
    """Return the numbers of patients and the widths; no rows for a task that has neither classes nor a question."""
    found = evaluation.review.numbers
    rows = [*(_of_class(found.rarest) if found.rarest else ()), *(_observed(one) for one in found.observed)]
    return Table(
        key="case-numbers",
        title="Are there enough patients?",
        caption=f"{_held(found.rarest)}Widths are half-widths of 95 % intervals. Patients needed: in all, and of the "
        "rarer class, if their proportion stays the same. The formulas of the literature are for one fixed model that "
        "is tested once on one case per patient, so they are the least that is needed for a comparison of training "
        "procedures.",
        columns=("What", "Here", "Wanted", "Patients needed", "Source"),
        rows=tuple(rows),
        section=SECTION,
    )


def _held(rarest: OfClass | None) -> str:
    if not rarest:
        return "For this kind of task, only the observed width is shown: the formulas need classes to count. "
    return f"For an AUROC of {rarest.auroc:.3f}, the lower one of the question's weights. "


def _of_class(rarest: OfClass) -> Iterator[tuple[str, ...]]:
    wanted = f"+-{WANTED:g}"
    at_least = f"at least {ENOUGH}"
    yield f"Patients, {rarest.name}", str(rarest.patients), at_least, "", _COLLINS
    yield f"Patients, {rarest.other}", str(rarest.others), at_least, "", _COLLINS
    smallest = f"at least {MIN_TEST_PATIENTS}"
    yield "Patients of the rarer class in the smallest test part", str(rarest.tested), smallest, "", "this program"
    yield "Width of the AUROC in the smallest test part, fixed model", f"+-{rarest.of_part:.3f}", "", "", _RILEY
    for width, source in zip(rarest.fixed, (_RILEY, _OBUCHOWSKI), strict=True):
        yield "Width of the AUROC with all patients tested, fixed model", *_width(width, wanted), source
    yield "Expected width of a difference of two procedures", *_width(rarest.difference, wanted), "this program"


def _width(width: Width, wanted: str) -> tuple[str, str, str]:
    return f"+-{width.half:.3f}", wanted, f"{width.needed:,}, {width.needed_of_rarer:,} of the rarer class"


def _observed(one: Observed) -> tuple[str, ...]:
    what = f"Observed width of {one.a} minus {one.b}"
    return what, f"+-{one.half:.3f}", f"+-{one.wanted:g}", f"{one.needed:,}", "width falls with the root of the number"
