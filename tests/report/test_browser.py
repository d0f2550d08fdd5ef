"""The report in a real browser: it makes no request, fits on a phone, and prints."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from html import escape
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from PIL import Image

from radtl_tf.evaluation.evaluate import evaluate
from radtl_tf.report.pages.experiment import write_report

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium, chromium-browser or google-chrome on the PATH"),
]
# The browser's own requests come from no page, or from an internal page.
_INITIATOR = re.compile(r'"initiator":"(?!not an origin|chrome)[^"]*"')
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
    cues: [...page.querySelectorAll(".scroll")].every(
      (box) => frame.contentWindow.getComputedStyle(box).backgroundImage.includes("gradient")
    ),
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
MEASURE_CARD = """
const frame = document.querySelector("iframe");
frame.addEventListener("load", () => {
  const page = frame.contentDocument, size = page.querySelector("figure svg").getBoundingClientRect();
  const found = {needed: page.documentElement.scrollWidth, smallest: Math.min(size.width, size.height)};
  document.body.innerHTML = "<pre>" + JSON.stringify(found) + "</pre>";
});
"""
CLICK = """
const frame = document.querySelector("iframe");
const wait = () => new Promise((done) => setTimeout(done, 20));
frame.addEventListener("load", async () => {
  const page = frame.contentDocument, view = frame.contentWindow;
  const found = {summaries: 0, closed: [], links: [], astray: []};
  for (const summary of page.querySelectorAll("summary")) {
    summary.click();
    await wait();
    const details = summary.parentElement;
    found.summaries += 1;
    if (!details.open || details.lastElementChild.getBoundingClientRect().height < 20) found.closed.push(details.id);
  }
  for (const link of page.querySelectorAll('a[href^="#"]')) {
    const address = link.getAttribute("href"), target = page.getElementById(address.slice(1));
    if (found.links.includes(address)) continue;
    found.links.push(address);
    const place = target ? target.getBoundingClientRect().top + view.scrollY : 0;
    const height = page.documentElement.scrollHeight;
    view.scrollTo(0, place < height / 2 ? height : 0);
    link.click();
    await wait();
    const top = target ? target.getBoundingClientRect().top : NaN;
    if (!(top > -1 && top < frame.clientHeight)) found.astray.push(address);
  }
  document.body.innerHTML = "<pre>" + JSON.stringify(found) + "</pre>";
}, {once: true});
"""


OPEN = """
const frame = document.querySelector("iframe");
const wait = () => new Promise((done) => setTimeout(done, 20));
frame.addEventListener("load", async () => {
  const page = frame.contentDocument, topics = [...page.querySelectorAll("details.topic")];
  const found = {opened_before: topics.filter((topic) => topic.open).length, links: 0, closed: []};
  for (const link of page.querySelectorAll("nav a")) {
    for (const topic of topics) topic.open = false;
    link.click();
    await wait();
    const target = page.querySelector(link.getAttribute("href"));
    found.links += 1;
    if (!target.closest("details.topic").open) found.closed.push(target.id);
  }
  document.body.innerHTML = "<pre>" + JSON.stringify(found) + "</pre>";
}, {once: true});
"""


@pytest.fixture(scope="module")
def page(finished: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of the drawn experiment, alone in a folder, so the page can load no other file."""
    folder = tmp_path_factory.mktemp("browser")
    return Path(shutil.copy(write_report(finished, evaluate(finished)), folder / "report.html"))


@pytest.fixture(scope="module")
def card(page: Path, finished: Path) -> Path:
    """The summary card, which is written with the report."""
    return Path(shutil.copy(finished / "card.html", page.parent / "card.html"))


@pytest.fixture(scope="module")
def page_with_maps(finished: Path, tmp_path_factory: pytest.TempPathFactory, maps: ModuleType) -> Path:
    """The same report with saliency maps."""
    folder = tmp_path_factory.mktemp("browser-maps")
    out = maps.store(Path(shutil.copytree(finished, folder / "out")))
    return Path(shutil.copy(write_report(out, evaluate(out)), folder / "report.html"))


@pytest.fixture(params=["page", "page_with_maps"])
def either(request: pytest.FixtureRequest) -> Path:
    """Each of the two pages."""
    return Path(request.getfixturevalue(request.param))


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


def measured(page: Path, width: int, html: str | None = None, script: str = MEASURE) -> dict[str, Any]:
    """Lay out the page in a frame ``width`` pixels wide (a window cannot be so narrow) and return what is found."""
    html = html or page.read_text(encoding="utf-8")
    inner = escape(html.replace("<head>", '<head><base href="about:srcdoc">', 1))  # else links lead to the wrapper
    frame = f'<iframe style="width: {width}px; height: 800px; border: 0" srcdoc="{inner}"></iframe>'
    wrapper = page.with_name(f"frame-{width}.html")
    wrapper.write_text(f"<!doctype html><body>{frame}<script>{script}</script></body>", encoding="utf-8")
    dump = browse(wrapper, "--dump-dom", "--virtual-time-budget=30000").stdout
    found = re.search(r"<pre>(\{.*\})</pre>", dump)
    assert found, dump[:500]
    return json.loads(found[1])


def test_nothing_is_complained_of_and_nothing_is_asked_for(either: Path) -> None:
    log = either.with_name("net.json")
    said = browse(either, "--enable-logging=stderr", f"--log-net-log={log}", "--dump-dom").stderr
    assert "CONSOLE" not in said
    assert _asked_for(log) == set()


def test_this_test_would_see_both(page: Path) -> None:
    bad = page.with_name("bad.html")
    font = '<link rel="stylesheet" href="https://fonts.googleapis.com/css2?family=Roboto">'
    image = '<img src="https://example.org/a.png">'
    bad.write_text(f'{font}{image}<script>console.error("wrong")</script>', encoding="utf-8")
    log = page.with_name("bad.json")
    said = browse(bad, "--enable-logging=stderr", f"--log-net-log={log}", "--dump-dom").stderr
    assert re.search("CONSOLE.*wrong", said)
    assert _asked_for(log) == {"https://example.org/a.png", "https://fonts.googleapis.com/css2?family=Roboto"}


def _asked_for(log: Path) -> set[str]:
    """Return every URL requested by a page, without the browser's own requests."""
    events = log.read_text(encoding="utf-8", errors="replace").splitlines()
    asked = (re.search(r'"url":"([^"]+)"', event) for event in events if _INITIATOR.search(event))
    return {found[1] for found in asked if found}


@pytest.mark.parametrize("width", [1280, 390])
def test_the_page_is_as_wide_as_the_window(page: Path, width: int) -> None:
    found = measured(page, width)
    assert found["width"] == width
    assert found["needed"] == width
    assert found["boxes"] is True and found["cues"] is True  # a table that goes on shows it
    assert found["drawings"] == 9
    assert float(str(found["smallest"])) > 50
    assert found["first"] == "#main"
    assert found["paper"] == "rgb(255, 255, 255)"
    if width == 390:
        assert int(str(found["wide"])) > 3  # tables scroll inside their boxes
    else:
        assert float(str(found["forest"])) < 800  # on the first screen


def test_headings_are_in_order(either: Path) -> None:
    levels = measured(either, 1280)["headings"]
    assert isinstance(levels, list) and levels[0] == 1 and levels.count(1) == 1
    assert all(after - before <= 1 for before, after in zip(levels, levels[1:], strict=False))


@pytest.mark.parametrize("width", [1280, 390])
def test_what_can_be_clicked_opens_or_leads_to_its_place(either: Path, width: int) -> None:
    found, html = measured(either, width, script=CLICK), either.read_text(encoding="utf-8")
    assert found["closed"] == found["astray"] == []
    assert found["summaries"] == html.count("<summary") >= 3
    contents = re.findall(r'href="(#[^"]+)"', html[html.index("<nav") : html.index("</nav>")])
    assert len(contents) > 20
    assert {*contents, "#main"} <= set(found["links"])
    assert ("#saliency" in found["links"]) == ("maps" in either.parent.name)


def test_topics_are_folded_and_a_link_of_the_contents_opens_its_topic(page: Path) -> None:
    found = measured(page, 1280, script=OPEN)
    assert found["opened_before"] == 0
    assert found["links"] > 20
    assert found["closed"] == []


def test_a_broken_link_and_a_fold_without_content_would_be_seen(page: Path) -> None:
    html = page.read_text(encoding="utf-8").replace('id="roc"', 'id="elsewhere"')
    html = re.sub(
        r'(<details id="stard-ai">.*?<div class="scroll")', r'\1 style="display: none"', html, flags=re.DOTALL
    )
    found = measured(page, 1280, html, CLICK)
    assert (found["astray"], found["closed"]) == (["#roc"], ["stard-ai"])


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


def test_the_card_is_one_page_on_paper_and_fits_on_a_phone(card: Path) -> None:
    pdf = card.with_suffix(".pdf")
    browse(card, f"--print-to-pdf={pdf}", "--no-pdf-header-footer")
    assert len(re.findall(rb"/Type /Page\b", pdf.read_bytes())) == 1
    found = measured(card, 390, script=MEASURE_CARD)
    assert found == {"needed": 390, "smallest": found["smallest"]}
    assert float(found["smallest"]) > 50


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
