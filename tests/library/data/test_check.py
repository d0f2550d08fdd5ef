from __future__ import annotations

from pathlib import Path

import pytest

from radtl_tf.errors import ExperimentError
from radtl_tf.library.data.dataset import Dataset


def test_findings_as_text_as_a_frame_and_as_a_page(data: Dataset, tmp_path: Path) -> None:
    check = data.check()
    assert [finding.code for finding in check.errors] == []
    assert "duplicates-across" in {finding.code for finding in check.warnings}
    frame = check.frame().set_index("code")
    assert frame.loc["duplicates-across", "lines"] == (2, 3, 62, 63)
    assert set(frame["level"]) <= {"error", "warning", "info"}
    assert all(code in repr(check) for code in frame.index)
    page = check.to_html(tmp_path / "check.html")
    assert "duplicates-across" in page.read_text(encoding="utf-8")


def test_folds_that_cannot_be_drawn_are_an_error(data: Dataset) -> None:
    assert [finding.code for finding in data.check(folds=20).errors] == ["folds"]
    with pytest.raises(ExperimentError):
        data.check(folds=1)
