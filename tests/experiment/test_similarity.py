"""What fine-tuning changed, measured on small experiments."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from radtl_tf.evaluation.results.similarity import COLUMNS, FINE_TUNING, SOURCES, read_similarity
from radtl_tf.experiment import activations, similarity
from radtl_tf.experiment.activations import KeptActivations
from radtl_tf.experiment.engine import execute
from radtl_tf.experiment.plan.plan import Plan
from radtl_tf.experiment.similarity import chosen_runs, similarities, write_similarities
from radtl_tf.logs import shown
from radtl_tf.models.backbones import build_base
from radtl_tf.models.cka import linear_cka
from radtl_tf.models.pixels import convention, to_network
from radtl_tf.models.weights.sources import initialize
from radtl_tf.records.disk import read_json, write_json
from radtl_tf.records.runs import Run
from radtl_tf.training.randomness import backbone_seed

TUNINGS = [
    {"mode": "frozen", "learning_rates": [0.01]},
    {"mode": "topK", "layers": 2, "learning_rates": [0.1, 0.001]},
    {"mode": "full", "learning_rates": [0.1]},
]


@pytest.fixture
def plan(plan_on_read_images: Any) -> Plan:
    """An experiment of which the first fold is done."""
    made = plan_on_read_images(grid={"tunings": TUNINGS})
    for _ in execute(made, only=[run for run in made.runs if run.fold == 0]):
        pass
    return made


def _computed(plan: Plan, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Return the rows as they are without kept activations: from the networks, built again."""
    with monkeypatch.context() as patch:
        for name in ("of_start", "of_run"):
            patch.setattr(KeptActivations, name, lambda *_: None)
        return similarities(plan)


@pytest.mark.slow
def test_rows_of_fine_tuning_and_of_the_two_weights(plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    with shown(said.append):
        write_similarities(plan)
    table = read_similarity(plan.folder.root)
    assert len(said) == 1  # nothing is computed again
    plain = _computed(plan, monkeypatch)
    assert [list(row[:7]) for row in plain] == table[list(COLUMNS[:7])].to_numpy().tolist()
    np.testing.assert_allclose([row[7:] for row in plain], table[list(COLUMNS[7:])], atol=1e-4)
    tuned, both = table[table["kind"] == FINE_TUNING], table[table["kind"] == SOURCES]
    assert list(dict.fromkeys(zip(tuned["weights"], tuned["tuning"], strict=True))) == [
        *(("mine", "topK2"), ("mine", "full"), ("random", "topK2"), ("random", "full"))
    ]
    assert set(tuned["layer"]) == {"relu1", "features"}
    assert (tuned["images"] == len(plan.folds[0].test)).all()
    cut = tuned[tuned["tuning"] == "topK2"].set_index("layer")["cka"]
    assert cut["relu1"].to_numpy() == pytest.approx(1)  # layers below the cut do not change, whatever was tuned before
    assert (cut["features"] < 0.9999).all()
    assert (tuned[tuned["tuning"] == "full"]["cka"] < 0.9999).all()
    assert both[["weights", "weights_b", "pixels"]].drop_duplicates().to_numpy().tolist() == [["mine", "random", "tf"]]
    images = to_network(plan.pixels[plan.folds[0].test], convention("tf"))
    features = []
    for weights in ("mine", "random"):
        base = build_base("Tiny", 32, seed=0)
        initialize(base, plan.records["Tiny", weights, "tf"], backbone_seed(plan.experiment.seed, 0))
        features.append(base.predict_on_batch(images))
    assert both.set_index("layer")["cka"]["features"] == pytest.approx(linear_cka(*features), abs=1e-4)


def test_the_run_of_lowest_inner_loss_stands_for_a_setting_if_all_are_done(plan: Plan) -> None:
    runs = chosen_runs(plan)
    assert runs is not None
    assert [(run.repeat, run.fold) for run in runs] == [(0, 0)] * 4
    first = runs[0].scenario
    other = next(s for s in plan.scenarios if s.setting == first.setting and s != first)
    place = plan.folder.run(Run(other, 0, 0))
    write_json(place / "run.json", {**read_json(place / "run.json"), "inner_loss": 0.0})
    again = chosen_runs(plan)
    assert again is not None
    assert again[0].scenario == other
    (place / "DONE.json").unlink()
    assert chosen_runs(plan) is None
    write_similarities(plan)
    assert similarities(plan) == []
    assert not list(plan.folder.root.glob("*similarity*"))


@pytest.mark.slow
def test_what_is_there_is_kept(make_plan: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = make_plan(grid={"tunings": TUNINGS[:1]})
    write_similarities(plan)
    path = plan.folder.root / "similarity.csv"
    before = path.read_bytes()
    monkeypatch.setattr(similarity, "similarities", lambda *_: 1 / 0)
    write_similarities(plan)
    assert path.read_bytes() == before


@pytest.mark.slow
def test_frozen_weights_are_compared_with_each_other_only(make_plan: Any) -> None:
    plan = make_plan(grid={"tunings": TUNINGS[:1], "pixels": ["native", "caffe"]})
    rows = [dict(zip(COLUMNS, row, strict=True)) for row in similarities(plan)]  # no run is needed
    assert {row["kind"] for row in rows} == {SOURCES}
    assert list(dict.fromkeys(row["pixels"] for row in rows)) == ["tf", "caffe"]


@pytest.mark.slow
def test_without_question_and_fine_tuning_there_is_nothing_to_measure(make_plan: Any) -> None:
    assert similarities(make_plan(grid={"tunings": TUNINGS[:1], "weights": ["mine"]}, question=None)) == []


@pytest.mark.slow
def test_images_are_limited_and_the_numbers_stay(make_plan: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = make_plan(grid={"tunings": TUNINGS[:1]})
    monkeypatch.setattr(activations, "MAX_IMAGES", 6)
    first, second = ([dict(zip(COLUMNS, row, strict=True)) for row in similarities(plan)] for _ in range(2))
    assert {row["images"] for row in first} == {6}
    np.testing.assert_allclose([row["cka"] for row in first], [row["cka"] for row in second], atol=1e-4)
