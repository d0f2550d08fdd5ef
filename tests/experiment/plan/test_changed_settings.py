"""Only settings that may change after a run are compared, and an empty new key is no change."""

from __future__ import annotations

from radtl_tf.experiment.plan.changed_settings import changed_settings


def _facts(accepted: list[str], **evaluation: object) -> dict[str, object]:
    return {"experiment": {"evaluation": evaluation, "seed": 1}, "check": {"accepted": accepted}}


def test_a_changed_setting_is_told_with_both_values() -> None:
    before, after = _facts([], operating_points=[]), _facts(["marker"], operating_points=["youden"])
    assert list(changed_settings(before, after)) == [
        "accepted warnings: [] -> ['marker']",
        "evaluation.operating_points: [] -> ['youden']",
    ]


def test_a_key_of_a_newer_version_is_no_change_if_it_is_empty() -> None:
    assert list(changed_settings(_facts([]), _facts([], subgroups=[]))) == []
    assert list(changed_settings({"experiment": {}}, _facts([]))) == []
