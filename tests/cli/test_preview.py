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


def test_an_experiment_gives_the_size_unless_an_option_does(tmp_path: Path, radiographs_in: Any, radtl: Any) -> None:
    manifest, file = radiographs_in(tmp_path), tmp_path / "experiment.toml"
    file.write_text(
        f"""
name = "wide"
[task]
manifest = "{manifest}"
positive = "sick"
patient = "patient_id"
[grid]
backbones = ["MobileNet"]
weights = ["random"]
image_sizes = ["32x64", 48]
tunings = [{{ mode = "frozen", learning_rates = [0.1] }}]
"""
    )
    for size, words in (("32 x 64 px", ()), ("40 x 40 px", ("--image-size", 40))):
        page = tmp_path / f"{size}.html"
        known = ["--positive", "sick", "--per-class", 1, "--experiment", file, "--out", page]
        result = radtl("data", "preview", manifest, *known, *words)
        assert result.exit_code == 0, result.output
        assert size in page.read_text()
