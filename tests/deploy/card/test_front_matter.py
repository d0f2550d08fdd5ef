"""The front matter and eval_results.yaml are read by huggingface_hub."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from huggingface_hub import ModelCard, ModelCardData
from huggingface_hub.repocard_data import model_index_to_eval_results

from radtl_tf.deploy.card.front_matter import data_name, eval_results, front_matter, yaml_text
from radtl_tf.deploy.card.model_card import model_card


def test_the_hub_reads_the_metadata(facts: dict[str, Any]) -> None:
    card = ModelCard(front_matter(facts) + "\n" + model_card(facts), ignore_metadata_errors=False)
    data = card.data
    assert isinstance(data, ModelCardData)
    assert (data.library_name, data.license, data.license_name) == ("radtl_tf", "other", "not-chosen")
    assert (data.base_model, data.datasets) == ("ResNet50-imagenet", ["chest-films-2026"])
    assert data.model_name == "ResNet50-imagenet-caffe-frozen"
    assert {row.metric_type: row.metric_value for row in data.eval_results} == {"roc_auc": 0.878, "brier_score": 0.149}
    assert "research-only" in data.tags
    assert card.text.lstrip().startswith("# ResNet50")


def test_the_model_index_is_one_of_the_hub(facts: dict[str, Any]) -> None:
    index = yaml.safe_load(front_matter(facts).strip().strip("-"))["model-index"]
    name, results = model_index_to_eval_results(index)
    assert (name, results[0].dataset_name, results[0].task_type) == (
        "ResNet50-imagenet-caffe-frozen",
        "chest films, 2026",
        "image-classification",
    )


def test_eval_results_have_the_form_of_the_hub(facts: dict[str, Any]) -> None:
    from huggingface_hub import parse_eval_result_entries

    first, second = parse_eval_result_entries(yaml.safe_load(eval_results(facts)))
    assert (first.dataset_id, first.task_id, first.value) == ("chest-films-2026", "roc_auc", 0.878)
    assert "0.817 to 0.938" in str(first.notes) and "95 %" not in str(second.notes)
    assert yaml.safe_load(eval_results({**facts, "metrics": []})) == []


def test_the_hub_reads_the_metrics_of_numbers_and_stages(
    number_facts: dict[str, Any], stage_facts: dict[str, Any]
) -> None:
    card = ModelCard(front_matter(number_facts) + "\n" + model_card(number_facts), ignore_metadata_errors=False)
    assert {row.metric_type: row.metric_value for row in card.data.eval_results} == {"mae": 0.812, "rmse": 1.04}
    assert card.data.pipeline_tag is None and card.data.eval_results[0].task_type == "other"
    assert "in years" in card.data.eval_results[0].metric_name and "in years" in eval_results(number_facts)
    stages = ModelCard(front_matter(stage_facts) + "\ntext", ignore_metadata_errors=False).data
    assert {row.metric_type for row in stages.eval_results} == {"roc_auc", "quadratic_weighted_kappa"}
    assert stages.pipeline_tag == "image-classification"


def test_random_weights_are_no_base_model(facts: dict[str, Any]) -> None:
    facts["weights"][0]["source"] = "random"
    card = ModelCard(front_matter({**facts, "metrics": []}) + "\ntext", ignore_metadata_errors=False)
    assert card.data.base_model is None and card.data.eval_results is None


def test_a_named_data_set_keeps_its_name(facts: dict[str, Any]) -> None:
    facts["data"]["dataset"] = "nih_chest_xray14"
    assert data_name(facts) == "nih_chest_xray14"
    assert data_name({**facts, "experiment": "///", "data": {"dataset": None}}) == "data"


@pytest.mark.parametrize(
    "value",
    [
        {"text": 'a: "b" # c\n- é', "none": None, "sure": True, "list": ["1", 2]},
        {"numbers": [-1.5e-7, 1e-7, 1e22, 2, 0.5]},
        [{"a": {"b": [{"c": 1, "d": ["x"]}]}}, {"e": "no"}],
    ],
)
def test_yaml_keeps_every_value(value: Any) -> None:
    assert yaml.safe_load(yaml_text(value)) == value
