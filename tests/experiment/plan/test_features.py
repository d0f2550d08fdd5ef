"""The store of a start finds what another store has computed, without a network."""

from __future__ import annotations

import numpy as np

from radtl_tf.experiment.plan.features import feature_store
from radtl_tf.experiment.plan.plan import Plan
from radtl_tf.training.features.prefix_features import POOLED, STAGES


def test_features_of_finished_runs_are_found_without_passes(finished_plan: Plan) -> None:
    for record in finished_plan.records.values():
        store = feature_store(finished_plan, record, 0, {}, {}, lambda: False)
        (pooled,), (stage,) = store.found(POOLED) or [], store.found(STAGES) or []
        assert pooled.shape == (len(finished_plan.pixels), 12) and stage.shape == (len(finished_plan.pixels), 6)
        assert np.ptp(stage, axis=0).all()
        assert feature_store(finished_plan, record, 1, {}, {}, lambda: False).found("other") is None
