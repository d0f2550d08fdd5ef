"""Write the card of an exported model: for people, for the Hugging Face Hub, and for programs."""

from __future__ import annotations

from pathlib import Path

from radtl_tf.deploy.card.facts import EVAL_RESULTS, README, Card, card_file, write_facts
from radtl_tf.deploy.card.front_matter import eval_results, front_matter
from radtl_tf.deploy.card.model_card import model_card
from radtl_tf.records.disk import write_text


def write_card(folder: Path, facts: Card) -> None:
    """Write ``README.md``, ``eval_results.yaml`` and ``radtl.json`` of the model whose files are in ``folder``.

    ``radtl.json`` holds the sha256 of the other files, so this is the last step of an export.

    Raises:
        OutputError: the folder cannot be written.
    """
    place = card_file(folder).parent
    write_text(place / README, front_matter(facts) + "\n" + model_card(facts))
    write_text(place / EVAL_RESULTS, eval_results(facts))
    write_facts(folder, facts)
