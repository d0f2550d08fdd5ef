"""The commands in the pages are commands that exist; those of the guides run, on phantoms, in the slow tests.

A block of ``bash`` that is not run has a line above it, ``<!-- not run: the reason -->``, which the site shows.
``<!-- test: a command -->`` prepares what a reader has and a test lacks.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click
import pytest

from radtl_tf.cli.main import main
from radtl_tf.data.phantoms.write import write_phantoms

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("*/README.md")])
GUIDES = [page for page in sorted(ROOT.glob("docs/**/*.md")) if page.parent.name not in ("decisions", "tutorials")]
FENCE = re.compile(r"(?:^<!-- (not run|test): (.+?) -->\n)?^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
LANGUAGES = {"bash", "bibtex", "csv", "python", "text", "toml", "yaml"}
FIRST = "own-data"  # the guide whose results the others use
EXPERIMENT = """\
name = "small"
[task]
manifest = "labels.csv"
positive = "present"
patient = "patient_id"
unit = "image"
[question]
compare = ["random", "other"]
[folds]
count = 2
[grid]
backbones = ["MobileNet"]
weights = ["random", "other"]
tunings = [ { mode = "frozen", learning_rates = [1e-2] } ]
[weights.other]
files.MobileNet = "other.h5"
pixels = "tf"
[training]
image_size = 32
epochs = 1
"""


@dataclass(frozen=True)
class Block:
    """A fenced block: its language and text, and the comment above it, of the kind ``not run``, ``test`` or ````."""

    language: str
    text: str
    mark: str
    words: str


def blocks(page: Path) -> list[Block]:
    return [
        Block(language, text, mark, words)
        for mark, words, language, text in FENCE.findall(page.read_text(encoding="utf-8"))
    ]


def commands(page: Path) -> Iterator[list[str]]:
    """Yield the words of every call of ``radtl`` in the ``bash`` blocks of a page."""
    for block in blocks(page):
        if block.language == "bash":
            text = block.text.replace("\\\n", " ")
            for line in text.splitlines():
                if call := re.match(r"\s*(?:\w+=\S+ +|srun +)*radtl (.*)", line):
                    yield shlex.split(call[1], comments=True)


def parse(words: list[str]) -> None:
    """Let click parse a call as it would when it is made; nothing is done.

    Raises:
        UsageError: there is no such verb, option or choice, or something is missing.
    """
    command: click.Command | None = main
    context = click.Context(main, info_name="radtl", **main.context_settings)
    while isinstance(command, click.Group):
        name, command, words = command.resolve_command(context, words)
        is_group = isinstance(command, click.Group)
        context = click.Context(command, parent=context) if is_group else command.make_context(name, words, context)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_of_a_page_can_be_called_so(page: Path) -> None:
    for words in commands(page):
        try:
            parse(words)
        except click.UsageError as error:
            pytest.fail(f"radtl {shlex.join(words)}: {error.format_message()}")


@pytest.mark.parametrize(
    "words", ["run", "runs x", "data check x --labels y", "init --preset slow --manifest a --out b"]
)
def test_a_wrong_command_is_found(words: str) -> None:
    with pytest.raises(click.UsageError):
        parse(words.split())


@pytest.mark.parametrize("page", GUIDES, ids=lambda page: page.stem)
def test_every_block_of_a_guide_names_its_language(page: Path) -> None:
    found = blocks(page)
    assert page.read_text(encoding="utf-8").count("```") == 2 * len(found)
    assert {block.language for block in found} <= LANGUAGES
    for block in found:
        if block.language == "toml":
            tomllib.loads(block.text)


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with what the guides speak of: a manifest, new images, another hospital, an experiment."""
    from radtl_tf.models.backbones import build_base
    from radtl_tf.models.weights.file import write_weights

    folder = tmp_path_factory.mktemp("work") / "data"
    write_phantoms(folder, kind="supernumerary", num_patients=60, seed=1, height=64)
    write_phantoms(folder / "other-hospital", kind="supernumerary", num_patients=30, seed=2, height=64)
    write_phantoms(folder / "drawn", kind="supernumerary", num_patients=3, seed=3, height=64)
    (folder / "drawn" / "images").rename(folder / "new-images")
    write_weights(folder / "other.h5", build_base("MobileNet", 32, seed=99))
    (folder / "small.toml").write_text(EXPERIMENT, encoding="utf-8")
    run_page(next(page for page in GUIDES if page.stem == FIRST), folder)
    return folder


def script_of(page: Path) -> str:
    """Return the commands of a page that are run, as one shell script; Python runs in it, too."""
    lines = ["set -euo pipefail"]
    for block in blocks(page):
        if block.language in ("bash", "python") and block.mark != "not run":
            lines += [block.words] if block.mark == "test" else []
            lines += [block.text if block.language == "bash" else f"python - <<'END'\n{block.text}END"]
    return "\n".join(lines) + "\n"


def run_page(page: Path, folder: Path) -> None:
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "RADTL_CACHE": str(folder.parent / "cache"),
    }
    ended = subprocess.run(
        ["bash", "-c", script_of(page)], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, f"{page.name}\n{ended.stdout[-2000:]}\n{ended.stderr[-4000:]}"


@pytest.mark.slow
@pytest.mark.parametrize(
    "page",
    [pytest.param(page, id=page.stem) for page in GUIDES if page.stem != FIRST and script_of(page).count("\n") > 1],
)
def test_the_commands_of_a_guide_run(page: Path, work: Path) -> None:
    run_page(page, work)
