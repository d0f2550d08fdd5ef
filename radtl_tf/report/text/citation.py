"""References of a report: the software, the protocol and the methods that the experiment used."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from radtl_tf.evaluation.evaluate import Evaluation

_FILE = Path(__file__).with_name("citation.toml")


@cache
def known() -> dict[str, Any]:
    """Return ``citation.toml``: the software, and each reference with the reports that cite it."""
    return tomllib.loads(_FILE.read_text(encoding="utf-8"))


def citations(evaluation: Evaluation) -> list[str]:
    """Return the references of a report as text, with the software version that trained the first run."""
    software = known()["software"]
    version = evaluation.record.facts.versions["radtl_tf"]
    has = {
        "always": True,
        "question": evaluation.question is not None,
        "classes": evaluation.review.numbers.rarest is not None,
        "similarity": not evaluation.similarity.empty,
    }
    return [
        f"{software['authors']}. {software['title']}. Version {version}. {software['license']}.",
        *(
            f"{entry['authors']} {entry['title']}. {entry['place']}."
            for entry in known()["references"]
            if has[entry["when"]]
        ),
    ]


def bibtex(evaluation: Evaluation) -> str:
    """Return the BibTeX entry of the software."""
    software, versions = known()["software"], evaluation.record.facts.versions
    lines = {"author": software["authors"], "title": software["title"], "version": versions["radtl_tf"]}
    fields = "\n".join(f"  {name:8}= {{{{{value}}}}}," for name, value in lines.items())
    return f"@software{{radtl_tf,\n{fields}\n}}"
