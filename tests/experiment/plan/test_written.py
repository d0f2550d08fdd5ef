"""The files of a plan determine which experiment may use its folder."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime
from typing import Any

from radtl_tf.experiment.plan.written import facts_of
from radtl_tf.records.disk import read_json


def test_the_record_holds_the_facts_and_where_they_were_made(make_plan: Any) -> None:
    plan = make_plan()
    record = read_json(plan.folder.experiment)
    assert {key: record[key] for key in plan.facts} == facts_of(plan)
    assert {"versions", "hardware", "check", "warnings"} <= set(record)
    assert date.fromisoformat(record["fixed_since"]) <= datetime.now(UTC).date()
    assert record["folds_sha256"] == hashlib.sha256(plan.folder.folds.read_bytes()).hexdigest()
    assert plan.folder.baselines.exists() and plan.folder.inputs.exists()
