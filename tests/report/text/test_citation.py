"""The report cites CITATION.cff and the methods that it used."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from radtl_tf.evaluation.evaluate import Evaluation, evaluate
from radtl_tf.evaluation.results.similarity import COLUMNS
from radtl_tf.records.csv_text import csv_text
from radtl_tf.report.text.citation import bibtex, citations, known

Outcome = Callable[..., Path]
CFF = (Path(__file__).parents[3] / "CITATION.cff").read_text(encoding="utf-8")


def test_the_copy_agrees_with_the_citation_file() -> None:
    software = known()["software"]
    assert f'title: "{software["title"]}"' in CFF
    assert f"license: {software['license']}" in CFF
    assert f"name: {software['authors']}" in CFF
    of_file = [entry for entry in known()["references"] if entry.get("cff")]
    assert len(of_file) == CFF.count("- type: article")
    for entry in of_file:
        assert f'title: "{entry["title"]}"' in CFF
        assert f"family-names: {entry['authors'].split()[0]}" in CFF
        for part in entry["place"].split("doi:")[1:]:
            assert f"doi: {part}" in CFF


def test_methods_are_cited_where_they_were_used(evaluation: Evaluation, outcome: Outcome) -> None:
    asked = " ".join(citations(evaluation))
    assert "Version 0.1.0. Apache-2.0." in asked
    assert all(name in asked for name in ("Mei X", "Okazaki S", "Nadeau C", "Corani G", "Holm S"))
    assert "Kornblith" not in asked
    folder = outcome(question=None, backbones=("ResNet50",))
    row = ("sources", "ResNet50", "caffe", "imagenet", "random", "", "features", 1.0, 0.5, 80)
    (folder / "similarity.csv").write_text(csv_text(COLUMNS, [row]))
    unasked = " ".join(citations(evaluate(folder)))
    assert "Kornblith" in unasked and "Nadeau" in unasked
    assert "Corani" not in unasked and "Holm" not in unasked


def test_bibtex_has_the_version_that_trained(evaluation: Evaluation) -> None:
    text = bibtex(evaluation)
    assert text.startswith("@software{radtl_tf,") and text.endswith("}")
    assert "version = {{0.1.0}}," in text
    assert text.count("{") == text.count("}")
