"""The documentation site: its hooks, and pages that have to agree with the code. `make docs` builds it strictly."""

from __future__ import annotations

import configparser
import importlib.util
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import click
import pytest

import radtl_tf
from radtl_tf.cli.main import main

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
# Addresses that a browser loads without a click: pictures, scripts, frames, styles, icons, fonts.
LOADED = re.compile(r"""(?:\bsrc(?:set)?=|<link\b(?![^>]*rel="?canonical)[^>]*\bhref=)["']?((?:https?:)?//[^"' >]+)""")
STYLED = re.compile(r"""(?:url\(|@import )["']?((?:https?:)?//[^"')]+)""")


def hook(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"_site_{name}", DOCS / "hooks" / f"{name}.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_on_installation_has_every_extra() -> None:
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg")
    page = (DOCS / "how-to" / "install.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `([\w-]+)` \|", page, flags=re.MULTILINE)) == set(config["options.extras_require"])


def test_the_python_page_has_every_public_name() -> None:
    page = (DOCS / "reference" / "python.md").read_text(encoding="utf-8")
    named = {name.removeprefix("api.") for name in re.findall(r"^::: radtl_tf\.([\w.]+)$", page, flags=re.MULTILINE)}
    assert set(radtl_tf.__all__) <= named


def test_the_page_of_commands_has_every_option_and_example() -> None:
    text = "\n".join(hook("commands").commands())
    for path, command in _commands(main, "radtl"):
        part = re.split(rf"^#+ {path}\n", text, flags=re.MULTILINE)[1].split("\n#")[0]
        options = {option for parameter in command.params for option in parameter.opts if option.startswith("--")}
        assert options <= set(re.findall(r"--[\w-]+", part)), path
        assert ("Example:" in (command.help or "")) == ("```bash" in part), path


def _commands(command: click.Command, path: str) -> list[tuple[str, click.Command]]:
    inner = command.commands.items() if isinstance(command, click.Group) else ()
    return [(path, command), *(found for name, one in inner for found in _commands(one, f"{path} {name}"))]


def test_the_page_of_the_experiment_file_has_every_key_with_its_meaning_range_and_default() -> None:
    text = "\n".join(hook("marks").experiment_keys())
    rows = re.findall(r"^\| (`\w+`) \| (.*?) \| (.*?) \| (.*) \|$", text, flags=re.MULTILINE)
    assert [key for key, *_, meaning in rows if not meaning.strip()] == []
    assert ("`inner`", "number, above 0, at most 0.5", "`0.2`") in [row[:3] for row in rows]
    assert ("`name`", "text", "required") in [row[:3] for row in rows]
    assert "### `[weights.NAME]`" in text


def test_the_columns_of_the_output_folder_are_those_that_are_written() -> None:
    from radtl_tf.evaluation.question.comparisons import COMPARISON_COLUMNS
    from radtl_tf.evaluation.question.estimates import ESTIMATE_COLUMNS
    from radtl_tf.evaluation.question.learning_curve import CURVE_COLUMNS
    from radtl_tf.evaluation.results.similarity import COLUMNS
    from radtl_tf.records.runs import BINARY, FOLD_COLUMNS

    page = (DOCS / "reference" / "output-folder.md").read_text(encoding="utf-8")
    written = {
        name: tuple(re.findall(r"`(\w+)`", columns))
        for name, columns in re.findall(r"^### `([\w.]+)`\n\n(.+)$", page, flags=re.MULTILINE)
    }
    assert written == {
        "folds.csv": FOLD_COLUMNS,
        "predictions.csv": BINARY.prediction_columns,
        "estimates.csv": ESTIMATE_COLUMNS,
        "comparisons.csv": COMPARISON_COLUMNS,
        "learning_curve.csv": CURVE_COLUMNS,
        "similarity.csv": COLUMNS,
    }


@pytest.mark.parametrize(
    ("link", "page", "expected"),
    [
        ("../../benchmarks/README.md#a", "how-to/gpu.md", "../explanation/costs.md#a"),
        ("../../experiments", "how-to/own-data.md", "../reference/experiments.md"),
        ("../CHANGELOG.md", "stability.md", "changelog.md"),
        ("install.md", "how-to/gpu.md", "install.md"),
        ("https://example.org/x", "faq.md", "https://example.org/x"),
        ("../setup.cfg", "faq.md", "../setup.cfg"),  # no page has it: MkDocs warns
    ],
)
def test_links_between_files_become_links_between_pages(link: str, page: str, expected: str) -> None:
    assert hook("pages").site_links(f"[x]({link})", DOCS / page, page) == f"[x]({expected})"


@pytest.mark.slow
def test_the_built_pages_ask_nothing_of_a_network(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(tmp_path / "site")]
    built = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    pages = list((tmp_path / "site").rglob("*.html"))
    asked = {found for page in pages for found in LOADED.findall(page.read_text(encoding="utf-8"))}
    styles = (tmp_path / "site").rglob("*.css")
    asked |= {found for style in styles for found in STYLED.findall(style.read_text(encoding="utf-8"))}
    assert len(pages) > 50
    assert asked == set()


def test_every_reason_why_a_block_is_not_run_is_visible() -> None:
    shown = hook("marks").on_page_markdown("<!-- not run: needs a GPU -->\n```bash\nradtl doctor\n```")
    assert shown.startswith("*Not run in our tests: needs a GPU*")
