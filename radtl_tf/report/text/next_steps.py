"""What to do after the report: commands that fit the outcome."""

from __future__ import annotations

from dataclasses import dataclass

from radtl_tf.evaluation.evaluate import Evaluation
from radtl_tf.records.runs import EMBEDDINGS


@dataclass(frozen=True)
class Step:
    """A reason, and the command that acts on it; its help says what it needs."""

    why: str
    command: str


def next_steps(evaluation: Evaluation) -> list[Step]:
    """Return the next steps: look at the data if nothing was learned, otherwise hand over a model.

    Embeddings that were made elsewhere have no network to look into or to hand over.
    """
    learned, record = evaluation.learned, evaluation.record
    networks = {used.name for used in record.facts.weights if used.backbone != EMBEDDINGS}
    asked = record.question.compare if record.question else record.experiment.grid.weights[:1]
    steps = []
    if learned and (learned.is_marker or not learned.ahead_of_all):
        steps.append(Step("See what could replace the label:", "radtl data check"))
    if networks.issuperset(asked):
        steps.append(Step("See where the networks look, with saliency maps:", "radtl report"))
    if networks and (not learned or learned.ahead_of_all):
        steps.append(Step("Hand over a model:", "radtl export"))
        steps.append(Step("Test it on another hospital's patients:", "radtl test"))
    return steps
