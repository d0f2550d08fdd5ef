"""The words that style asks to avoid do not come back into the text that a person reads.

Read are strings, docstrings and comments of the package, the pages, the templates and the shipped files. A word is
caught wherever it appears, so it is rewritten and never excused in place.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
WORDS = (
    r"stands?(?!-)",  # "stand-in" and "stand-alone" are words of their own
    r"stood",
    r"anew",
    r"whom",
    r"mend(?:s|ed|ing)?",
    r"yet",
    r"go(?:es)? with",
    r"but for",
    r"(?<!there )(?:is|are) no(?! longer)",  # "there is no" and "is no longer" are plain English
    r"of which",
    r"that of",
    r"beside",
    r"what (?:it is|they are) like",
)
AVOIDED = re.compile(rf"\b(?:{'|'.join(WORDS)})\b", re.IGNORECASE)
SUFFIXES = {".py", ".md", ".ipynb", ".toml", ".tsv", ".cfg", ".html", ".css", ""}
FOLDERS = sorted(path for path in (ROOT / "radtl_tf").iterdir() if (path / "__init__.py").is_file())
ROOMS = [
    *(str(path.relative_to(ROOT)) for path in FOLDERS),
    *("radtl_tf/*.py", "benchmarks", "datasets", "docs", "experiments", "weights"),
    *("CHANGELOG.md", "CONTRIBUTING.md", "Makefile", "README.md", "setup.cfg"),
]


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_avoids_the_words_of_a_translation(room: str) -> None:
    hits = [hit for path in _files(room) for hit in _hits(path.read_text(encoding="utf-8"), path)]
    assert not hits, "\n".join(hits)


@pytest.mark.parametrize(
    ("code", "lines"),
    [
        ('x = "it is no " "value"\n', [1]),  # a phrase across two literals
        ('def f():\n    """Text of\n    which more."""\n', [2]),  # across two lines
        ("# a note that goes\n# with it\n", [1]),  # across two comments
        ('y = f"{x} stands {y} yet"\n', [1, 1]),
        ("yet = beside_it = 1  # a stand-in; there is no other, it is no longer here\n", []),
    ],
)
def test_the_words_are_found_in_strings_docstrings_and_comments(code: str, lines: list[int]) -> None:
    assert [int(hit.split(":")[1]) for hit in _hits(code, ROOT / "a.py")] == lines


def _files(room: str) -> list[Path]:
    files = ROOT.glob(room) if (ROOT / room).is_file() or "*" in room else (ROOT / room).rglob("*")
    return sorted(path for path in files if path.is_file() and path.suffix in SUFFIXES)


def _hits(text: str, path: Path) -> list[str]:
    passages = {".py": _of_code, ".ipynb": _of_notebook}.get(path.suffix, _of_page)
    return [
        f"{path.relative_to(ROOT)}:{line}: ... {passage[max(0, hit.start() - 40) : hit.end() + 40]} ..."
        for line, passage in sorted((line, " ".join(words.split())) for line, words in passages(text))
        for hit in AVOIDED.finditer(passage)
    ]


def _of_page(text: str) -> Iterator[tuple[int, str]]:
    """Yield each paragraph, each run of comments, with the line it begins at."""
    line = 1
    for paragraph in re.split(r"(\n\s*\n)", text):
        yield line, re.sub(r"^\s*#+ ?", "", paragraph, flags=re.MULTILINE)
        line += paragraph.count("\n")


def _of_notebook(text: str) -> Iterator[tuple[int, str]]:
    for number, cell in enumerate(json.loads(text)["cells"], start=1):
        yield number, "".join(cell["source"])


def _of_code(text: str) -> Iterator[tuple[int, str]]:
    for match in re.finditer(r"(?:(?:^|(?<=\s))#[: ].*\n\s*)+", text):  # a hash within a string is read twice
        yield text.count("\n", 0, match.start()) + 1, re.sub(r"#[: ]", "", match.group())
    within = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.JoinedStr):
            within.update(id(part) for part in node.values)
            parts = [part.value if isinstance(part, ast.Constant) else "{}" for part in node.values]
            yield node.lineno, "".join(map(str, parts))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in within:
            yield node.lineno, node.value
