"""The data check of a ``Dataset``: its findings as text, as a DataFrame and as a page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from radtl_tf.data.check.check_source import check_images
from radtl_tf.data.check.findings import Checked, Examined, Finding
from radtl_tf.data.manifest.cases import Cases
from radtl_tf.records.experiment import FoldPlan
from radtl_tf.records.reader import record_from
from radtl_tf.report.pages.check import as_text, write_page


@dataclass(frozen=True, repr=False)
class DataCheck:
    """The problems that the data check found in a data set; ``repr`` is the whole check as text."""

    checked: Checked

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The findings that stop an experiment."""
        return self.checked.errors

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """The findings to review before an experiment."""
        return tuple(finding for finding in self.checked.findings if finding.level == "warning")

    def frame(self) -> pd.DataFrame:
        """Return a row per finding: level, code, message, advice, and the affected lines."""
        rows = [(f.level, f.code, f.message, f.advice, f.lines) for f in self.checked.findings]
        return pd.DataFrame(rows, columns=["level", "code", "message", "advice", "lines"])

    def to_html(self, path: str | Path) -> Path:
        """Write the check as one HTML page without scripts or external links; return its path.

        Raises:
            OutputError: the file cannot be written.
        """
        file = Path(path).expanduser()
        write_page(file, self.checked, "data set")
        return file

    def __repr__(self) -> str:
        return as_text(self.checked)


def data_check(
    images: Sequence[Examined], cases: Cases, folds: int, seed: int, known: Sequence[Finding] = ()
) -> DataCheck:
    """Return the check of ``images``, including the class counts of ``folds`` folds drawn with ``seed``.

    ``known`` are findings about the table of the images.

    Raises:
        ExperimentError: ``folds`` is out of range.
    """
    plan = record_from({"count": folds}, FoldPlan)
    return DataCheck(check_images(images, cases, plan=plan, seed=seed, known=known))
