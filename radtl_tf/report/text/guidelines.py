"""Reporting guidelines: topics in our own words, what this report says on each, and drafts for authors to confirm."""

from __future__ import annotations

import csv
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from radtl_tf.report.drawing.table import Table

_FILE = Path(__file__).with_name("guidelines.tsv")
STATES = {
    "drafted": "drafted: author must confirm",
    "author": "author",
    "not applicable": "not applicable",
}
CAPTION = (
    "Topics of the guideline in our own words, grouped by its sections, without its item numbers. For submission, use "
    "the official form and copy the drafts into it. Drafted: this report covers the topic, and the author must "
    "confirm that the text is true and sufficient. Author: only the author can answer."
)


@dataclass(frozen=True)
class Item:
    """One topic of a guideline: ``evidence`` holds the keys of this report's tables and figures that show it."""

    guideline: str
    section: str
    topic: str
    state: str
    evidence: tuple[str, ...]
    draft: str


@cache
def _rows() -> tuple[Mapping[str, str], ...]:
    with open(_FILE, encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def checklists(said: Mapping[str, str], shown: Collection[str]) -> dict[str, list[Item]]:
    """Return the items of each guideline, filled in for one report.

    ``said`` holds the report's sentences by key; a draft refers to them with an ``@``. ``shown`` holds the keys of its
    tables and figures. The author has to fill in an item that should be drafted if this report has neither a sentence
    nor evidence for it, or if evidence marked with ``!`` is missing. If the file has a text for ``otherwise``, such an
    item is not applicable instead.
    """
    found: dict[str, list[Item]] = {}
    for row in _rows():
        item = _item(row, said, shown)
        found.setdefault(item.guideline, []).append(item)
    return found


def _item(row: Mapping[str, str], said: Mapping[str, str], shown: Collection[str]) -> Item:
    keys, state = row["evidence"].split(), row["state"]
    lacking = any(key.endswith("!") and key[:-1] not in shown for key in keys)
    evidence = tuple(key for key in (key.rstrip("!") for key in keys) if key in shown)
    words = row["otherwise"] if lacking else row["draft"]
    draft = " ".join(filter(None, (_expanded(word, said) for word in words.split(" "))))
    if state == "drafted" and (lacking or not (draft or evidence)):
        state = "not applicable" if draft else "author"
    return Item(row["guideline"], row["section"], row["topic"], STATES[state], evidence, draft)


def _expanded(word: str, said: Mapping[str, str]) -> str:
    return said[word[1:]] if word.startswith("@") else word


def as_table(guideline: str, items: list[Item], titles: Mapping[str, str]) -> Table:
    """Return a checklist as a table; ``titles`` holds the titles of the tables and figures that are evidence."""
    return Table(
        key=key_of(guideline),
        title=guideline,
        caption=CAPTION,
        columns=("Section", "Topic", "State", "Evidence in this report", "Draft"),
        rows=tuple(
            (item.section, item.topic, item.state, ", ".join(titles[key] for key in item.evidence), item.draft)
            for item in items
        ),
        section="guidelines",
    )


def key_of(guideline: str) -> str:
    """Return the anchor of a guideline.

    >>> key_of("TRIPOD+AI")
    'tripod-ai'
    """
    return guideline.lower().replace("+", "-").replace(" ", "-")
