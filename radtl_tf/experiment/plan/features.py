"""The features of a start of a backbone, in the cache that experiments share."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from radtl_tf.experiment.plan.plan import Plan
from radtl_tf.models.pixels import convention
from radtl_tf.models.weights.sources import WeightsRecord
from radtl_tf.records.runs import EMBEDDINGS, PROBE, Run
from radtl_tf.training.features.array_cache import ArrayCache, cache_in
from radtl_tf.training.features.feature_key import feature_key
from radtl_tf.training.features.prefix_features import POOLED, FeatureStore, PrefixPass, Weights
from radtl_tf.training.randomness import backbone_seed

Start = tuple[WeightsRecord, int]  # weights and draw, which determine the start of a backbone


def cache_of(plan: Plan) -> ArrayCache:
    """Return the cache of the experiment's features."""
    return cache_in(plan.cache, plan.experiment.training)


def feature_store(
    plan: Plan,
    record: WeightsRecord,
    draw: int,
    passes: Mapping[str, PrefixPass],
    kept: Mapping[str, int],
    begin: Callable[[], Weights | None] = lambda: None,
) -> FeatureStore:
    """Return the store of the features of ``record``; ``draw`` counts the draws of random weights.

    ``passes``, ``kept`` and ``begin`` as in ``FeatureStore``; without passes it only finds what is in the cache.
    """
    training, seed = plan.experiment.training, backbone_seed(plan.experiment.seed, draw)
    return FeatureStore(
        passes,
        plan.pixels,
        convention=convention(record.pixels),
        augmentation=training.augmentation,
        seed=plan.experiment.seed,
        cache=cache_of(plan),
        key=feature_key(record, seed, plan.images_hash, training, plan.device),
        kept=kept,
        name=f"{record.backbone} with the weights {record.name!r}{f' ({record.file})' if record.file else ''}",
        begin=begin,
    )


def given_features(plan: Plan, runs: Sequence[Run]) -> dict[Start, NDArray[np.float32]] | None:
    """Return the features (N, C) of each start if ``runs`` need nothing else of a network; otherwise ``None``.

    They are embeddings, or the cache holds them all.
    """
    if any(run.scenario.setting.tuning not in (POOLED, PROBE) for run in runs):
        return None
    has_views = bool(plan.experiment.training.num_views)
    features: dict[Start, NDArray[np.float32]] = {}
    for record, draw in dict.fromkeys((plan.record(run), plan.draw(run)) for run in runs):
        if record.backbone == EMBEDDINGS:
            features[record, draw] = plan.vectors[record.name]
            continue
        found = None if has_views else feature_store(plan, record, draw, {}, {}).found(POOLED)
        if found is None:
            return None
        features[record, draw] = found[0]
    return features
