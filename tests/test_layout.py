"""The layout of the repository, as described in docs/decisions/0001-layout-and-packaging.md."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "radtl_tf"
MODULES = sorted(path.relative_to(PACKAGE) for path in PACKAGE.rglob("[!_]*.py"))
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
SHIPPED = ("datasets", "weights", "experiments")


def test_every_module_has_its_test_file() -> None:
    expected = [ROOT / "tests" / module.parent / f"test_{module.name}" for module in MODULES]
    assert [str(path.relative_to(ROOT)) for path in expected if not path.is_file()] == []


@pytest.mark.parametrize("folder", SHIPPED)
def test_a_shipped_folder_is_no_package(folder: str) -> None:
    assert (ROOT / folder).is_dir()
    assert not (ROOT / folder / "__init__.py").exists()  # else a clone would hide a package of that name
    assert not (PACKAGE / f"{folder}.py").exists()  # else it would hide the folder in an installed package


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\(([^)\s#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
    assert [target for target in targets if not (page.parent / target).exists()] == []


def test_decisions_are_numbered_without_gaps() -> None:
    numbers = sorted(int(path.name[:4]) for path in (ROOT / "docs" / "decisions").glob("*.md"))
    assert numbers == list(range(1, len(numbers) + 1))
