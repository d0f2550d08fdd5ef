"""What reporting guidelines ask for, and what of it this report holds: topics in our own words, drafts to confirm."""

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
    "Topics of the guideline in our own words, grouped by its sections, without its numbers: take the official form "
    "for submission, and transfer what stands here. Drafted: this report holds it, and the author has to confirm that "
    "it is true and enough. Author: software cannot know it."
)


@dataclass(frozen=True)
class Item:
    """One topic of a guideline: ``evidence`` are the keys of tables and figures of this report that show it."""

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

    ``said`` are its sentences by key; a draft names them with an ``@``. ``shown`` are the keys of its tables and
    figures. An item that was to be drafted, and for which this report has neither, is the author's. So is one that
    lacks evidence with a ``!``, without which nothing can be drafted; but where the file says what is true
    ``otherwise``, it is not applicable.
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
    """Return a checklist as a table; ``titles`` name the tables and figures that are evidence."""
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
