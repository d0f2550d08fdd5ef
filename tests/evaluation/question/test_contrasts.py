from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from radtl_tf.evaluation.evaluate import Evaluation, evaluate
from radtl_tf.evaluation.inference.comparison import holm
from radtl_tf.evaluation.question.contrasts import LEVELS, contrasts, weight_pairs
from radtl_tf.evaluation.question.inner_choice import run_values

Outcome = Callable[..., Path]
THREE = {"radimagenet": 1.0, "imagenet": 1.1, "random": 0.5}


def test_levels_and_their_rows(evaluation: Evaluation) -> None:
    levels = evaluation.comparisons["level"]
    assert levels.tolist() == sorted(levels, key=LEVELS.index)
    assert levels.value_counts().to_dict() == {"question": 1, "setting": 4, "scenario": 8, "grid": 1}


def test_sides_differ_in_their_weights_only(evaluation: Evaluation) -> None:
    table = evaluation.comparisons[evaluation.comparisons["level"].isin(["setting", "scenario"])]
    assert (table["a"].str.replace("imagenet", "random") == table["b"]).all()
    assert not table["a"].str.contains("probe").any()


def test_the_selected_question_is_the_contrast_of_the_chosen_scenarios(evaluation: Evaluation) -> None:
    """Computed again from the fold values, without the package's tables."""
    folds, names = evaluation.folds, {}
    for weights in ("imagenet", "random"):
        own = folds[folds["scenario"].str.contains(f"-{weights}-") & ~folds["scenario"].str.endswith("probe")]
        best = own.loc[own.groupby(["repeat", "fold"])["inner_loss"].idxmin()].sort_values("fold")
        names[weights] = best["value"].to_numpy()
    row = evaluation.comparisons.iloc[0]
    assert (row["level"], row["a"], row["b"]) == ("question", "imagenet", "random")
    assert row["difference"] == pytest.approx((names["imagenet"] - names["random"]).mean())
    assert row["p_value"] == row["p_adjusted"]


def test_the_grid_is_the_contrast_of_means(evaluation: Evaluation) -> None:
    row = evaluation.comparisons.query("level == 'grid'").iloc[0]
    own = evaluation.folds[~evaluation.folds["scenario"].str.endswith("probe")]
    means = [own[own["scenario"].str.contains(f"-{weights}-")]["value"].mean() for weights in ("imagenet", "random")]
    assert row["difference"] == pytest.approx(means[0] - means[1])
    assert "8 scenarios" in row["reason"]


def test_a_question_over_the_grid_is_the_grid_row(outcome: Outcome) -> None:
    table = evaluate(outcome(question={"over": "grid", "margin": 0.02})).comparisons
    question, grid = table.query("level == 'question'").iloc[0], table.query("level == 'grid'").iloc[0]
    columns = ["a", "b", "difference", "ci_low", "ci_high", "p_value"]
    assert question[columns].equals(grid[columns])


@pytest.mark.parametrize("pixels", [("native",), ("native", "tf", "zero_one")])
def test_p_is_adjusted_within_each_family_and_no_family_has_one_row(outcome: Outcome, pixels: tuple[str, ...]) -> None:
    comparisons = evaluate(outcome(backbones=("ResNet50",), pixels=pixels)).comparisons
    asked = comparisons[comparisons["family"] == ""]
    assert set(asked["level"]) == {"question"} and asked["p_adjusted"].equals(asked["p_value"])
    for family, rows in comparisons[comparisons["family"] != ""].groupby("family"):
        assert len(rows) > 1
        np.testing.assert_allclose(rows["p_adjusted"], holm(rows["p_value"]), err_msg=str(family))
    levels = comparisons.groupby("family")["level"].agg(set)
    assert levels["settings, scenarios and grid"] == {"setting", "scenario", "grid"}
    assert ("pixel conventions" in levels.index) == (len(pixels) > 1)


def test_all_pairs_of_weights_are_compared_the_asked_one_first(outcome: Outcome) -> None:
    found = evaluate(
        outcome(signal=THREE, question={"over": "selected", "margin": 0.02, "compare": ["random", "imagenet"]})
    )
    assert weight_pairs(found.record) == [
        ("random", "imagenet"),
        ("radimagenet", "imagenet"),
        ("radimagenet", "random"),
    ]
    rows = found.comparisons
    assert rows.iloc[0][["a", "b"]].tolist() == ["random", "imagenet"]
    assert rows.iloc[0]["difference"] < 0
    assert (rows["level"] == "setting").sum() == 3 * 4
    assert (rows["level"] == "grid").sum() == 3


def test_the_question_is_put_to_every_pair_of_five_weights_in_one_family(outcome: Outcome) -> None:
    five = {"a": 1.0, "b": 1.1, "c": 0.5, "d": 0.8, "e": 0.9}
    asked = {"over": "selected", "margin": 0.02, "compare": ["d", "b"]}
    found = evaluate(outcome(signal=five, backbones=("ResNet50",), question=asked))
    rows = found.comparisons
    assert rows.iloc[0][["level", "a", "b"]].tolist() == ["question", "d", "b"]
    others = rows[rows["level"] == "weights"]
    pairs = {frozenset(pair) for pair in zip(others["a"], others["b"], strict=True)}
    assert len(pairs) == len(others) == 9 and frozenset("db") not in pairs
    row = others[(others["a"] == "a") & (others["b"] == "c")].iloc[0]
    trained = found.folds[~found.folds["scenario"].str.endswith("probe")]
    best = {name: trained[trained["scenario"].str.startswith(f"ResNet50-{name}-")] for name in "ac"}
    best = {name: own.loc[own.groupby("fold")["inner_loss"].idxmin()]["value"].mean() for name, own in best.items()}
    assert row["difference"] == pytest.approx(best["a"] - best["c"])
    family = rows[rows["family"] == others["family"].iloc[0]]
    assert set(family["level"]) == {"weights", "setting", "scenario", "grid"}
    np.testing.assert_allclose(family["p_adjusted"], holm(family["p_value"]))


def test_over_the_grid_the_other_pairs_are_the_level_grid(outcome: Outcome) -> None:
    levels = evaluate(outcome(signal=THREE, question={"over": "grid", "margin": 0.02})).comparisons["level"]
    assert "weights" not in set(levels) and (levels == "grid").sum() == 3


def test_other_conventions_answer_the_question_as_secondary_rows(outcome: Outcome) -> None:
    found = evaluate(
        outcome(
            signal={"radimagenet": 1.0, "imagenet": 1.0},
            backbones=("ResNet50",),
            pixels=("native", "radimagenet", "caffe"),
        )
    )
    rows = found.comparisons
    assert (rows["level"] == "question").sum() == 1
    assert rows[rows["level"] == "grid"]["a"].tolist() == ["radimagenet"]
    pixels = rows[rows["level"] == "pixels"]
    assert pixels["a"].tolist() == ["radimagenet-native", "radimagenet-radimagenet", "radimagenet-caffe"]
    assert pixels["b"].tolist() == ["imagenet-native", "imagenet-radimagenet", "imagenet-caffe"]
    settings = rows[rows["level"] == "setting"]
    pairs = set(zip(settings["a"], settings["b"], strict=True))
    assert len(pairs) == len(settings) == 3 * 2
    assert (
        "ResNet50-radimagenet-radimagenet-frozen",
        "ResNet50-imagenet-caffe-frozen",
    ) in pairs  # each weights has its own
    assert ("ResNet50-radimagenet-caffe-frozen", "ResNet50-imagenet-caffe-frozen") in pairs


def test_the_question_leads_the_ablation_and_the_probe_stands_beside(outcome: Outcome) -> None:
    found = evaluate(outcome(backbones=("ResNet50",), pixels=("native", "caffe", "tf")))
    rows = found.comparisons.set_index("a")
    assert rows.loc["imagenet", "difference"].iloc[0] == rows.loc["imagenet-caffe", "difference"]  # caffe is native
    estimates = found.estimates.set_index("scenario")["mean"]
    probe = estimates["ResNet50-imagenet-tf-probe"] - estimates["ResNet50-random-tf-probe"]
    assert rows.loc["imagenet-tf-probe", "difference"] == pytest.approx(probe)
    change = found.comparisons.query("level == 'change'").iloc[0]
    expected = rows.loc["imagenet-tf", "difference"] - rows.loc["imagenet-caffe", "difference"]
    assert (change["a"], change["b"]) == ("tf pixels", "caffe pixels")
    assert change["difference"] == pytest.approx(expected)


UNCERTAIN = {"alternatives": {"radimagenet": "zero_one"}, "backbones": ("ResNet50",)}


def test_uncertain_weights_are_compared_under_both_conventions(outcome: Outcome) -> None:
    found = evaluate(outcome(signal=THREE, **UNCERTAIN))
    rows = found.comparisons
    question = rows[rows["level"] == "question"]
    assert question["a"].tolist() == ["radimagenet-radimagenet", "radimagenet-zero_one"]
    assert question["b"].tolist() == ["imagenet", "imagenet"]
    assert (question["p_adjusted"] == question["p_value"]).all()
    assert question["reason"].iloc[1].split("; ")[0] == "with radimagenet under zero_one pixels"
    grid = rows[rows["level"] == "grid"]
    assert len(grid) == 2 * 2 + 1  # each pair with radimagenet twice
    settings = rows[rows["level"] == "setting"]
    pairs = set(zip(settings["a"], settings["b"], strict=True))
    assert ("ResNet50-radimagenet-zero_one-frozen", "ResNet50-imagenet-caffe-frozen") in pairs
    assert len(settings) == 2 * (2 * 2 + 1)


@pytest.mark.slow
@pytest.mark.parametrize("pixels", [("native",), ("radimagenet",), ("zero_one",), ("caffe",)])
def test_both_conventions_are_read_whatever_the_grid_lists(outcome: Outcome, pixels: tuple[str, ...]) -> None:
    found = evaluate(outcome(signal=THREE, pixels=pixels, **UNCERTAIN))
    question = found.comparisons[found.comparisons["level"] == "question"]
    assert question["a"].tolist() == ["radimagenet-radimagenet", "radimagenet-zero_one"]
    alone = pixels == ("caffe",)  # both under caffe is neither of the two candidates, so it has a separate row
    rows = found.comparisons[found.comparisons["level"] == "pixels"]
    assert len(rows) == alone
    sizes = found.comparisons["family"].value_counts()
    assert all(sizes[family] > 1 for family in rows["family"])
    assert found.ablation is None


def test_two_uncertain_weights_are_read_in_every_combination(outcome: Outcome) -> None:
    found = evaluate(
        outcome(
            signal={"radimagenet": 1.0, "mine": 1.0},
            alternatives={"radimagenet": "zero_one", "mine": "zero_one"},
            backbones=("ResNet50",),
        )
    )
    question = found.comparisons[found.comparisons["level"] == "question"]
    assert list(zip(question["a"], question["b"], strict=True)) == [
        (f"radimagenet-{one}", f"mine-{other}")
        for one in ("radimagenet", "zero_one")
        for other in ("radimagenet", "zero_one")
    ]
    assert found.question is not None
    assert len(found.question.by_convention) == 4


def test_a_convention_that_is_native_to_both_is_asked_once(outcome: Outcome) -> None:
    found = evaluate(outcome(backbones=("ResNet50",), pixels=("caffe",)))
    assert found.comparisons["level"].tolist().count("grid") == 1


def test_without_a_question_nothing_is_compared(outcome: Outcome) -> None:
    found = evaluate(outcome(question=None))
    assert found.comparisons.empty
    assert found.question is None
    assert contrasts(found.record, run_values(found.record, found.folds)) == []
    assert len(found.estimates) > 0
