"""Print the notes of a release, the section of CHANGELOG.md, as the message of its tag.

    python docs/make_release_notes.py | git tag -a v0.1.0 -F -

Without an argument the version is the package's own.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

import radtl_tf

ROOT = Path(__file__).resolve().parents[1]


def main() -> None:
    """Print the notes of the version that is named, or of the package."""
    version = sys.argv[1] if len(sys.argv) > 1 else radtl_tf.__version__
    notes = notes_of(version, (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"))
    if not notes:
        sys.exit(f"CHANGELOG.md has no section for {version}. Add one, such as: ## [{version}] - 2026-11-29")
    print(f"radtl_tf {version}\n\n{notes}")


def notes_of(version: str, changelog: str) -> str:
    """Return the section of ``version`` without its heading, or "" if there is none.

    Headings lose their marks, because git takes lines that begin with # for comments.
    """
    found = re.search(
        rf"^## \[{re.escape(version)}\][^\n]*\n(.*?)(?=^## |\Z)", changelog, flags=re.MULTILINE | re.DOTALL
    )
    return re.sub(r"^#+ ", "", found[1].strip(), flags=re.MULTILINE) if found else ""


if __name__ == "__main__":
    main()
