"""Stage activations that the training has computed anyway, for the measurement of similarity.

Those of starting weights are kept with their features, those of a fine-tuned network when its run ends.
"""

from __future__ import annotations

from contextlib import suppress

import numpy as np
from numpy.typing import NDArray

from radtl_tf.errors import OutputError
from radtl_tf.experiment.plan.features import cache_of, feature_store
from radtl_tf.experiment.plan.plan import Plan
from radtl_tf.models.cka import Stage
from radtl_tf.records.integrity.run_checksums import WEIGHTS, marker_of
from radtl_tf.records.runs import PROBE, Run
from radtl_tf.training.features.array_cache import Arrays, Entry
from radtl_tf.training.features.prefix_features import POOLED, STAGES, FeatureStore

MAX_IMAGES = 256


def sample(plan: Plan) -> NDArray[np.int64]:
    """Return the places of at most ``MAX_IMAGES`` images in the test part of the first fold, evenly spread."""
    number = len(plan.folds[0].test)
    return np.linspace(0, number - 1, min(number, MAX_IMAGES)).astype(int)


def is_compared(run: Run) -> bool:
    """Return whether a run may be compared with its start: fine-tuned in the first fold on all training patients."""
    setting = run.scenario.setting
    learns = setting.tuning not in (POOLED, PROBE) and not setting.is_partial
    return learns and (run.repeat, run.fold) == (0, 0)


class KeptActivations:
    """Activations (n, C) of the images of ``sample`` at every stage, in the cache of the experiment's features."""

    def __init__(self, plan: Plan) -> None:
        self._plan, self._cache = plan, cache_of(plan)
        self._positions = plan.folds[0].test[sample(plan)]

    def of_start(self, run_key: tuple[str, str, str]) -> Arrays | None:
        """Return those of the starting weights with this key in ``plan.records``; ``None`` if the cache lacks them."""
        store = self._store(run_key)
        stages, pooled = store.found(STAGES), store.found(POOLED)
        if stages is None or pooled is None:
            return None
        return [array[self._positions] for array in (*stages, *pooled)]

    def stages(self, backbone: str) -> list[Stage] | None:
        """Return the stages of a backbone as a pass over the images noted them; ``None`` if the cache lacks them."""
        keys = (self._store(key).key_of(STAGES) for key in self._plan.records if key[0] == backbone)
        notes = next(filter(None, map(self._cache.notes, keys)), None)
        return [Stage(layer, depth) for layer, depth in notes["stages"]] if notes else None

    def of_run(self, run: Run) -> Arrays | None:
        """Return those of a finished run at the stages above its cut; ``None`` if the cache lacks them."""
        key = self._run_key(run)
        return None if key is None else self._cache.read(key)

    def keep(self, run: Run, stages: Arrays) -> None:
        """Keep the activations ``stages`` of a finished run for the whole test part of the first fold.

        A run that was trained again to the same weights keeps those that are there. If the cache cannot be written,
        they are computed again when they are needed.
        """
        key = self._run_key(run)
        if key is not None and self._cache.read(key) is None:
            arrays = [array[sample(self._plan)] for array in stages]
            with suppress(OutputError):
                self._cache.fill([Entry(key, [array.shape for array in arrays])], iter([[arrays]]))

    def _run_key(self, run: Run) -> dict[str, object] | None:
        """Return the start's key with the checksum of what the run learned; ``None`` without a checksum."""
        marker = marker_of(self._plan.folder.files(run)) or {}
        learned = marker.get("files", {}).get(WEIGHTS[0])
        setting = run.scenario.setting
        store = self._store((setting.backbone, setting.weights, setting.pixels))
        added = {"learned": learned, "images": self._positions.tolist()}
        return {**store.key_of(STAGES), **added} if learned else None

    def _store(self, key: tuple[str, str, str]) -> FeatureStore:
        return feature_store(self._plan, self._plan.records[key], 0, {}, {})
