"""The command ``data preview``."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def test_a_sheet_is_written(tmp_path: Path, radiographs_in: Any, radtl: Any) -> None:
    manifest = radiographs_in(tmp_path)
    words = ["data", "preview", manifest, "--positive", "sick", "--image-size", 32, "--pixels", "tf"]
    result = radtl(*words, "--augmentation", "published", "--per-class", 2, "--out", tmp_path / "sheet.html")
    assert result.exit_code == 0, result.output
    page = (tmp_path / "sheet.html").read_text()
    assert page.count("<img") == 2 * 2 * 3  # classes, images, plain and two views
    assert "000.png" not in page and "0001" not in page  # no path, no patient
    unknown = radtl(*words[:-1], "tff", "--out", tmp_path / "other.html")
    assert unknown.exit_code == 1 and "'tf'" in unknown.stderr
