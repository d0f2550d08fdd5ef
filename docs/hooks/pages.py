"""Pages of the site that are made of other files of the repository, so that each text is written once.

MkDocs calls ``on_config``, ``on_files`` and ``on_page_markdown``. Links between files of the repository become links
between pages of the site.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
from mkdocs.structure.files import File

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
# A page that repeats one file, by the file.
REPEATED = {
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "benchmarks/README.md": "explanation/costs.md",
    "weights/README.md": "reference/weights-folder.md",
}
# Where the site has what a file or folder of the repository says; "*" is any one name.
ELSEWHERE = {
    "experiments": "reference/experiments.md",
    "experiments/*": "reference/experiments.md",
    "datasets": "reference/data-sets.md",
    "datasets/*": "reference/data-sets.md",
    "docs/decisions": "decisions/index.md",
    "CITATION.cff": "citation.md",
    "docs/tutorials/compare.ipynb": "tutorials/compare.md",
}
LINK = re.compile(r"(?<=\]\()([^)\s#:]+)(#[^)\s]*)?(?=\))")
HEADING = re.compile(r"^# +(.*)$", re.MULTILINE)


def on_config(config: Any) -> Any:
    """List every decision in the navigation, below the page that introduces them."""
    for section in _sections(config.nav):
        if "decisions/index.md" in section:
            section += [path.relative_to(DOCS).as_posix() for path in _decisions()]
    return config


def on_files(files: Any, config: Any) -> Any:
    """Add the pages that are made here."""
    for uri, text in generated_pages():
        files.append(File.generated(config, uri, content=text))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Turn links out of ``docs`` into links between pages."""
    source = page.file.abs_src_path
    return site_links(markdown, Path(source), page.file.src_uri) if source else markdown


def generated_pages() -> Iterator[tuple[str, str]]:
    """Yield address and Markdown of each page that is made here."""
    for name, uri in REPEATED.items():
        yield uri, site_links((ROOT / name).read_text(encoding="utf-8"), ROOT / name, uri)
    yield "decisions/index.md", _decisions_page()
    yield "reference/experiments.md", _experiments_page()
    yield "reference/data-sets.md", _data_sets_page()
    yield "tutorials/compare.md", _notebook_page()
    yield "citation.md", f"# How to cite\n\n```yaml\n{(ROOT / 'CITATION.cff').read_text(encoding='utf-8')}```\n"


def site_links(text: str, source: Path, uri: str) -> str:
    """Return the Markdown of the file ``source`` with links that hold on the page ``uri``.

    A target that no page repeats is left as it is, and MkDocs warns of it.
    """

    def link(match: re.Match[str]) -> str:
        target = _page_of(source.parent / match[1])
        return match[0] if target is None else os.path.relpath(target, Path(uri).parent) + (match[2] or "")

    return LINK.sub(link, text)


def _page_of(path: Path) -> str | None:
    """Return the address of the page that says what the file or folder ``path`` says."""
    path = Path(os.path.normpath(path))
    if not path.exists() or not path.is_relative_to(ROOT):
        return None
    name = path.relative_to(ROOT).as_posix()
    for key in (name, f"{Path(name).parent}/*"):
        if found := REPEATED.get(key) or ELSEWHERE.get(key):
            return found
    return path.relative_to(DOCS).as_posix() if path.is_relative_to(DOCS) and path.is_file() else None


def _sections(nav: Any) -> Iterator[list[Any]]:
    """Yield every list of the navigation."""
    if isinstance(nav, dict):
        nav = [value for value in nav.values() if isinstance(value, list)]
        for section in nav:
            yield from _sections(section)
    elif isinstance(nav, list):
        yield nav
        for entry in nav:
            yield from _sections(entry)


def _decisions() -> list[Path]:
    return sorted((DOCS / "decisions").glob("[0-9]*.md"))


def _decisions_page() -> str:
    rows = [f"- [{_title(path)}]({path.name})" for path in _decisions()]
    intro = "Each page records one choice that could have gone another way, with its reasons."
    return "\n".join(["# Decisions", "", intro, "", *rows, ""])


def _title(path: Path) -> str:
    found = HEADING.search(path.read_text(encoding="utf-8"))
    return found[1] if found else path.stem


def _experiments_page() -> str:
    parts = [
        "# Experiments in the repository\n",
        "The folder `experiments` holds these files. `quick`, `mei2022` and `okazaki2024` are the presets of "
        "`radtl init`. Each file begins with its command and with the result to expect.\n",
    ]
    for path in sorted((ROOT / "experiments").glob("*.toml")):
        parts.append(f"## {path.stem}\n\n```toml\n{path.read_text(encoding='utf-8').strip()}\n```\n")
    return "\n".join(parts)


def _data_sets_page() -> str:
    parts = [
        "# Data sets\n",
        "Use these names in `radtl data build NAME`, or as `dataset` in an experiment file. The project holds no "
        "patients' images: download the files yourself and name their folder with `--manual-dir`.\n",
    ]
    for path in sorted((ROOT / "datasets").glob("*/README.md")):
        text = path.read_text(encoding="utf-8").strip()
        parts.append(f"## {path.parent.name}\n\n{site_links(text, path, 'reference/data-sets.md')}\n")
    return "\n".join(parts)


def _notebook_page() -> str:
    """Return the notebook as Markdown: it is kept without outputs, so text and code are all there is."""
    cells = nbformat.read(DOCS / "tutorials" / "compare.ipynb", as_version=4).cells
    first, *others = [
        cell.source if cell.cell_type == "markdown" else f"```python\n{cell.source}\n```" for cell in cells
    ]
    download = "[Download the notebook](compare.ipynb){ download }"
    return "\n\n".join([first, download, *others]) + "\n"
