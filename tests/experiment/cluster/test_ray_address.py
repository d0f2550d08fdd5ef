"""Addresses of Ray, and who may connect without a token."""

from __future__ import annotations

import pytest

from radtl_tf.errors import ClusterError
from radtl_tf.experiment.cluster.ray_address import ray_address, ray_settings


@pytest.mark.parametrize(
    "text", ["", "auto", "ray://host:10001", "host", "host:0", "host:70000", "host:6379/x", "a b:1"]
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ClusterError):
        ray_address(text)


@pytest.mark.parametrize(
    ("text", "loopback"),
    [
        ("local", True),
        ("127.0.0.1:6379", True),
        ("localhost:1", True),
        ("10.0.0.7:6379", False),
        ("node-1.lab:99", False),
    ],
)
def test_an_address_knows_whether_other_machines_can_reach_it(text: str, loopback: bool) -> None:
    assert str(ray_address(text)) == text
    assert ray_address(text).is_loopback is loopback


def test_a_ray_of_our_own_has_a_new_token_and_listens_on_this_machine_only() -> None:
    known = {"RAY_AUTH_MODE": "disabled", "RAY_AUTH_TOKEN": "of another cluster"}
    first, second = (ray_settings(ray_address("local"), known) for _ in range(2))
    assert first["RAY_AUTH_MODE"] == "token"
    assert len(first["RAY_AUTH_TOKEN"]) == 64 and first["RAY_AUTH_TOKEN"] != second["RAY_AUTH_TOKEN"]
    assert first["RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"] == "0"
    assert first["RAY_USAGE_STATS_ENABLED"] == "0"


@pytest.mark.parametrize("text", ["10.0.0.7:6379", "127.0.0.1:6379"])
def test_a_running_ray_is_asked_for_its_token(text: str) -> None:
    settings = ray_settings(ray_address(text), {})
    assert settings["RAY_AUTH_MODE"] == "token"
    assert "RAY_AUTH_TOKEN" not in settings  # the user's token is used


def test_without_a_token_only_this_machine_is_accepted() -> None:
    known = {"RAY_AUTH_MODE": "disabled"}
    assert ray_settings(ray_address("127.0.0.1:6379"), known)["RAY_AUTH_MODE"] == "disabled"
    with pytest.raises(ClusterError):
        ray_settings(ray_address("10.0.0.7:6379"), known)
