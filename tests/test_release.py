"""Version, citation, changelog and the notes of the tag agree."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import radtl_tf

ROOT = Path(__file__).resolve().parents[1]
CHANGELOG = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
CITATION = (ROOT / "CITATION.cff").read_text(encoding="utf-8")


def test_version_citation_and_changelog_name_one_release() -> None:
    version, date = re.findall(r"^## \[(\d+\.\d+\.\d+)\] - (\d{4}-\d{2}-\d{2})$", CHANGELOG, flags=re.MULTILINE)[0]
    assert version == radtl_tf.__version__
    assert f"\nversion: {version}\n" in CITATION and f'\ndate-released: "{date}"\n' in CITATION


def test_the_notes_of_the_tag_are_the_section_of_the_changelog() -> None:
    script = ROOT / "docs" / "make_release_notes.py"
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, check=True)
    title, _, notes = done.stdout.partition("\n\n")
    assert title == f"radtl_tf {radtl_tf.__version__}"
    assert notes.splitlines()[0] in CHANGELOG and not re.search(r"^#", notes, flags=re.MULTILINE)
    with pytest.raises(subprocess.CalledProcessError):
        subprocess.run([sys.executable, script, "9.9.9"], capture_output=True, check=True)
