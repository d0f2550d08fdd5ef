"""Say when the runs of one experiment were trained with different software or hardware."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from radtl_tf.evaluation.results.experiment_record import ExperimentRecord
from radtl_tf.records.integrity.machine_facts import compared


def mixed_runs(record: ExperimentRecord) -> Iterator[str]:
    """Yield one sentence if finished runs differ in a fact of the machine that matters under their determinism."""
    determinism = record.experiment.training.determinism
    start = {"versions": record.facts.versions, "hardware": record.facts.hardware}
    counts: dict[str, Counter[str]] = {}
    for versions, hardware in zip(record.runs["versions"], record.runs["hardware"], strict=True):
        own = {"versions": versions, "hardware": hardware} if isinstance(versions, dict) else start
        for name, value in compared(own, determinism).items():
            counts.setdefault(name, Counter())[value] += 1
    different = {name: found for name, found in counts.items() if len(found) > 1}
    if different:
        what = "; ".join(
            f"{name} " + ", ".join(f"{value} ({number} runs)" for value, number in found.items())
            for name, found in different.items()
        )
        yield (
            "The runs were not all trained with the same software and hardware, so a difference between settings may "
            f"come from that: {what}."
        )
