"""The recorded versions and hardware."""

from __future__ import annotations

from radtl_tf import __version__
from radtl_tf.experiment.plan.context import PACKAGES, context
from radtl_tf.records.experiment import Training
from radtl_tf.training.device import prepare


def test_versions_and_hardware_are_named() -> None:
    device = prepare(Training(), seed=0)
    record = context(device)
    assert set(record["versions"]) == {"radtl_tf", "python", *PACKAGES}
    assert record["versions"]["radtl_tf"] == __version__
    assert record["hardware"]["threads"] == device.threads
