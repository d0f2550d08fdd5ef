"""The report in a real browser: nothing is asked of the network, nothing is wider than a telephone, it prints."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from html import escape
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from radtl_tf.evaluation.evaluate import evaluate
from radtl_tf.report.html import write_report

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium, chromium-browser or google-chrome on the PATH"),
]
_OWN = re.compile(r"chrome|devtools|https?://([\w-]+\.)*(google\.com|googleapis\.com|gvt1\.com)/")
MEASURE = """
const frame = document.querySelector("iframe");
frame.addEventListener("load", () => {
  const page = frame.contentDocument, view = page.documentElement;
  const sizes = [...page.querySelectorAll("figure svg")].map((svg) => svg.getBoundingClientRect());
  const headings = [...page.querySelectorAll("h1, h2, h3, h4")].map((heading) => Number(heading.tagName[1]));
  const found = {
    width: view.clientWidth,
    needed: view.scrollWidth,
    wide: [...page.querySelectorAll(".scroll")].filter((box) => box.scrollWidth > box.clientWidth).length,
    boxes: [...page.querySelectorAll(".scroll")].every((box) => box.clientWidth <= view.clientWidth),
    drawings: sizes.length,
    smallest: Math.min(...sizes.map((size) => Math.min(size.width, size.height))),
    forest: page.querySelector("#forest svg").getBoundingClientRect().top,
    headings: headings,
    paper: frame.contentWindow.getComputedStyle(page.body).backgroundColor,
    first: page.querySelector("a").getAttribute("href"),
  };
  document.body.innerHTML = "<pre>" + JSON.stringify(found) + "</pre>";
});
"""


@pytest.fixture(scope="module")
def page(finished: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of the drawn experiment in a folder of its own, so that nothing beside it can be loaded."""
    folder = tmp_path_factory.mktemp("browser")
    return Path(shutil.copy(write_report(finished, evaluate(finished)), folder / "report.html"))


def browse(page: Path, *flags: str) -> subprocess.CompletedProcess[str]:
    """Open ``page`` without a window and without a network."""
    assert CHROMIUM is not None
    quiet = ("--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run")
    alone = "--host-resolver-rules=MAP * ~NOTFOUND"
    place = f"--user-data-dir={page.parent / 'profile'}"
    command = [
        CHROMIUM,
        "--headless",
        "--no-sandbox",
        "--hide-scrollbars",
        "--disable-gpu",
        alone,
        *quiet,
        place,
        *flags,
    ]
    return subprocess.run(
        [*command, page.as_uri()], capture_output=True, text=True, timeout=300, check=True, errors="replace"
    )


def measured(page: Path, width: int, html: str | None = None) -> dict[str, object]:
    """Lay the page out in a frame ``width`` pixels wide (a window cannot be that narrow) and return its measures."""
    inner = escape(html or page.read_text(encoding="utf-8"))
    frame = f'<iframe style="width: {width}px; height: 800px; border: 0" srcdoc="{inner}"></iframe>'
    wrapper = page.with_name(f"frame-{width}.html")
    wrapper.write_text(f"<!doctype html><body>{frame}<script>{MEASURE}</script></body>", encoding="utf-8")
    dump = browse(wrapper, "--dump-dom", "--virtual-time-budget=5000").stdout
    found = re.search(r"<pre>(\{.*\})</pre>", dump)
    assert found, dump[:500]
    return json.loads(found[1])


def test_nothing_is_complained_of_and_nothing_is_asked_for(page: Path) -> None:
    log = page.with_name("net.json")
    said = browse(page, "--enable-logging=stderr", f"--log-net-log={log}", "--dump-dom").stderr
    assert "CONSOLE" not in said
    assert _addresses(log) <= {page.as_uri()}


def test_this_test_would_see_both(page: Path) -> None:
    bad = page.with_name("bad.html")
    bad.write_text('<img src="https://example.org/a.png"><script>console.error("wrong")</script>', encoding="utf-8")
    log = page.with_name("bad.json")
    said = browse(bad, "--enable-logging=stderr", f"--log-net-log={log}", "--dump-dom").stderr
    assert re.search("CONSOLE.*wrong", said)
    assert "https://example.org/a.png" in _addresses(log)


def _addresses(log: Path) -> set[str]:
    """Return every address that a page asked for; what the browser asks of its maker by itself is left out."""
    text = log.read_text(encoding="utf-8", errors="replace")
    return {found for found in re.findall(r'"url":"([^"]+)"', text) if not _OWN.match(found)}


@pytest.mark.parametrize("width", [1280, 390])
def test_the_page_is_as_wide_as_the_window(page: Path, width: int) -> None:
    found = measured(page, width)
    assert found["width"] == width
    assert found["needed"] == width
    assert found["boxes"] is True
    assert found["drawings"] == 7
    assert float(str(found["smallest"])) > 50
    assert found["first"] == "#main"
    assert found["paper"] == "rgb(255, 255, 255)"
    if width == 390:
        assert int(str(found["wide"])) > 3  # tables scroll inside their boxes
    else:
        assert float(str(found["forest"])) < 500  # on the first screen


def test_headings_are_in_order(page: Path) -> None:
    levels = measured(page, 1280)["headings"]
    assert isinstance(levels, list) and levels[0] == 1 and levels.count(1) == 1
    assert all(after - before <= 1 for before, after in zip(levels, levels[1:], strict=False))


def test_dark_paper_has_light_ink(page: Path) -> None:
    light = page.read_text(encoding="utf-8")
    dark = page.with_name("dark.html")
    dark.write_text(light.replace("@media (prefers-color-scheme: dark)", "@media all"), encoding="utf-8")
    means = {}
    for name, path in (("light", page), ("dark", dark)):
        picture = page.with_name(f"{name}.png")
        browse(path, f"--screenshot={picture}", "--window-size=1280,900")
        means[name] = float(np.asarray(Image.open(picture).convert("L")).mean())
    assert means["light"] > 220
    assert means["dark"] < 70


def test_it_prints_with_everything_opened(page: Path) -> None:
    html = page.read_text(encoding="utf-8")
    assert "<details" in html and "<details open" not in html
    closed = page.with_name("closed.html")
    closed.write_text(re.sub(r"<details.*?</details>", "", html, flags=re.DOTALL), encoding="utf-8")
    pages = {}
    for path in (page, closed):
        pdf = path.with_suffix(".pdf")
        browse(path, f"--print-to-pdf={pdf}", "--no-pdf-header-footer")
        pages[path.stem] = len(re.findall(rb"/Type /Page\b", pdf.read_bytes()))
    assert pages["closed"] > 1
    assert pages["report"] > pages["closed"] + 3
