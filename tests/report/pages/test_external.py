from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from radtl_tf.evaluation.external.drift import Drift, drifts, sentence
from radtl_tf.evaluation.external.frozen_models import evaluate_classes, evaluate_external
from radtl_tf.evaluation.external.results import External
from radtl_tf.evaluation.external.scored import Scored
from radtl_tf.report.drawing.templates import DISCLAIMER
from radtl_tf.report.pages.external import as_text, tables_of, write_page

NAME = "<b>Net</b>-mine-tf-frozen"


@pytest.fixture(scope="module")
def cases() -> Scored:
    random = np.random.default_rng(1)
    truth = np.arange(40) % 2
    return Scored(truth, np.clip(random.normal(0.4, 0.1, (40, 2)) + 0.1 * truth[:, None], 0, 1), np.arange(40))


@pytest.fixture(scope="module")
def external(cases: Scored) -> External:
    return evaluate_external([NAME, "Other"], cases, "patient", seed=1)


@pytest.fixture(scope="module")
def moved() -> list[Drift]:
    trained = {"patients": 100, "levels": (0.01, 0.5, 0.99), "descriptors": {"mean": (0.1, 0.2, 0.3), "SD": (0, 1, 2)}}
    return drifts(trained, {"mean": np.full(40, 0.9), "SD": np.ones(40)}, 40)


def test_the_text_has_the_sentence_the_drift_and_the_tables(external: External, moved: list[Drift]) -> None:
    text = as_text(external, moved)
    assert text.startswith(external.sentence)
    assert sentence(moved) in text
    assert all(note in text for note in external.notes)
    shown, without = tables_of(external, moved), tables_of(external, [])
    assert len(shown) == 3 and all(f"\n{table.title}\n" in text for table in shown)
    assert [table.title for table in shown if table.title not in as_text(external, [])] == [
        table.title for table in shown if table.key not in {one.key for one in without}
    ]


def test_a_single_model_has_no_comparison(cases: Scored) -> None:
    alone = evaluate_external(["m"], Scored(cases.truth, cases.scores[:, :1], cases.patients), "patient", seed=1)
    assert [table.key for table in tables_of(alone, [])] == ["estimates"]


def test_the_page_is_whole_escaped_and_refers_to_nothing(
    external: External, moved: list[Drift], cases: Scored, tmp_path: Path
) -> None:
    write_page(tmp_path / "page.html", external, moved, [cases])
    page = (tmp_path / "page.html").read_text()
    assert "<b>Net" not in page and "&lt;b&gt;Net" in page
    assert 'class="banner"' in page
    assert "<svg" in page and "sensitivity" in page
    assert not re.search(r"https?://|<script", page)
    assert DISCLAIMER in page
    assert re.search(r"ROC.* per patient", page)
    assert "The dashed line is Other. The dotted diagonal is chance." in page
    calm = [Drift(**{**vars(one), "p_value": 1.0}) for one in moved]
    write_page(tmp_path / "calm.html", external, calm, [cases])
    assert 'class="banner"' not in (tmp_path / "calm.html").read_text()


def test_several_classes_have_a_row_and_a_thin_curve_each(tmp_path: Path) -> None:
    random = np.random.default_rng(2)
    marks = np.eye(3, dtype=np.int64)[np.arange(60) % 3]
    scores = np.clip(random.normal(0.4, 0.2, (60, 3, 2)) + 0.1 * marks[:, :, None], 0, 1)
    names = ("<i>a</i>", "b: c", "d")
    views = {name: Scored(marks[:, at], scores[:, at], np.arange(60)) for at, name in enumerate(names)}
    found = evaluate_classes([NAME, "Other"], views, "multiclass", "patient", seed=1)
    (estimates, comparison) = tables_of(found, [])
    assert [row[1] for row in estimates.rows[:8:2]] == ["AUROC", "AUROC: <i>a</i>", "AUROC: b: c", "AUROC: d"]
    assert [row[0] for row in comparison.rows] == ["AUROC"]
    write_page(tmp_path / "page.html", found, [], list(views.values()))
    page = (tmp_path / "page.html").read_text()
    assert "<i>a" not in page and "images with &lt;i&gt;a&lt;/i&gt;: 20" in page
    assert page.count("stroke-opacity: 0.5") == 6
