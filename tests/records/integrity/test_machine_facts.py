from __future__ import annotations

from typing import Any

import pytest

from radtl_tf.records.integrity.machine_facts import changes, compared

CONTEXT: dict[str, Any] = {
    "versions": {
        "radtl_tf": "0.2.0",
        "keras": "3.15.0",
        "tensorflow": "2.21.0",
        "numpy": "2.2.0",
        "scikit-learn": "1.7.0",
        "python": "3.11.2",
    },
    "hardware": {"precision": "float32", "gpus": [], "onednn": False, "cpu": "A", "threads": 2, "machine": "x86_64"},
}


def changed(**facts: Any) -> dict[str, Any]:
    return {
        section: {name: facts.get(name.replace("-", "_"), value) for name, value in values.items()}
        for section, values in CONTEXT.items()
    }


@pytest.mark.parametrize(
    ("fact", "value", "refused_under"),
    [
        ("precision", "mixed_bfloat16", "off seeded strict"),
        ("radtl_tf", "0.3.0", "off seeded strict"),
        ("radtl_tf", "0.2.1", ""),
        ("keras", "3.16.0", "off seeded strict"),
        ("keras", "3.15.1", "strict"),
        ("tensorflow", "2.21.1", "strict"),
        ("numpy", "2.3.0", "strict"),
        ("scikit_learn", "1.7.1", "strict"),
        ("gpus", ["H200"], "seeded strict"),
        ("onednn", True, "seeded strict"),
        ("cpu", "B", "strict"),
        ("threads", 4, "strict"),
        ("python", "3.12.1", ""),
        ("machine", "aarch64", ""),
    ],
)
def test_what_is_compared_depends_on_determinism(fact: str, value: Any, refused_under: str) -> None:
    seen = [level for level in ("off", "seeded", "strict") if changes(CONTEXT, changed(**{fact: value}), level)]
    assert seen == refused_under.split()


def test_a_change_says_both_values() -> None:
    assert changes(CONTEXT, changed(threads=4, gpus=["H200"]), "strict") == ["GPUs none, now H200", "threads 2, now 4"]


def test_a_fact_that_one_side_lacks_is_not_compared() -> None:
    earlier = {"versions": {"keras": "3.15.0"}}
    assert changes(earlier, CONTEXT, "strict") == changes({}, CONTEXT, "strict") == []
    assert compared(earlier, "strict") == {"keras": "3.15.0"}
