"""The files of a card."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from huggingface_hub import ModelCard

from radtl_tf.deploy.card.facts import verify
from radtl_tf.deploy.card.write import write_card


def test_a_card_is_written_for_people_and_for_programs(facts: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "model.onnx").write_bytes(b"graph")
    write_card(tmp_path, facts)
    assert sorted(file.name for file in tmp_path.iterdir()) == [
        *("README.md", "eval_results.yaml", "model.onnx", "radtl.json")
    ]
    card = verify(tmp_path)
    assert {name: card[name] for name in facts} == facts
    assert list(card["files"]) == ["model.onnx"]
    assert ModelCard.load(tmp_path / "README.md").data.model_name == facts["setting"]
