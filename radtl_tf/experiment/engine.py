"""Train the remaining runs: one feature pass per backbone and weights, one trainer per backbone and tuning."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import partial
from itertools import groupby

import keras
import numpy as np
from numpy.typing import NDArray

from radtl_tf.data.folds.draw import Fold
from radtl_tf.experiment.activations import KeptActivations, is_compared
from radtl_tf.experiment.integrity.damaged_runs import check_finite
from radtl_tf.experiment.plan.context import context
from radtl_tf.experiment.plan.features import Start, feature_store, given_features
from radtl_tf.experiment.plan.ownership import refuse_other
from radtl_tf.experiment.plan.plan import Plan
from radtl_tf.experiment.run_files import run_record, write_run_files
from radtl_tf.logs import get_logger
from radtl_tf.models.pixels import check_first_batch, convention, to_network
from radtl_tf.models.tuning import split
from radtl_tf.models.weights.sources import WeightsRecord
from radtl_tf.records.disk import write_json
from radtl_tf.records.folder import RunFolder
from radtl_tf.records.integrity.joined_predictions import write_joined
from radtl_tf.records.runs import Run, Setting
from radtl_tf.records.safety.lock import check_held
from radtl_tf.records.safety.parent import in_hand
from radtl_tf.training.features.array_cache import GIGABYTE
from radtl_tf.training.features.given_features import GivenFeatures
from radtl_tf.training.features.prefix_features import (
    POOLED,
    PREFIX_BATCH,
    STAGES,
    FeatureStore,
    PrefixPass,
    Weights,
    choose_kept,
    cut_bytes,
)
from radtl_tf.training.heads.together import train_heads
from radtl_tf.training.linear.probe import train_probe
from radtl_tf.training.randomness import backbone_seed
from radtl_tf.training.run import Epoch, Outcome, RunData, train_run
from radtl_tf.training.tensorboard.run_events import Monitor, write_run
from radtl_tf.training.trainer import Trainer
from radtl_tf.training.trial_step import one_line_when_full, smaller_batch

_log = get_logger(__name__)

Store = FeatureStore | GivenFeatures


def execute(plan: Plan, *, only: Collection[Run] | None = None) -> Iterator[Run]:
    """Train every remaining run (of ``only``, if given), yielding each when its folder is complete.

    It can be stopped at any point and called again: finished runs are kept, and the others give the same numbers.
    """
    remaining = [run for run in plan.remaining if only is None or run in only]
    engine = Engine(plan)
    yield from engine.train(sorted(remaining, key=network_of))
    engine.close()


def network_of(run: Run) -> str:
    """Return the backbone of a run and its image size; runs that share them share the traced programs."""
    return run.scenario.setting.network


class Engine:
    """Train runs of a plan in several steps; the traced programs of a network are kept until another one is needed."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._at_work: tuple[str, RunsOfStarts] | None = None

    def train(self, runs: Sequence[Run]) -> Iterator[Run]:
        """Train these runs, yielding each when its folder is complete; runs of one network should be together."""
        for _, group in groupby(runs, key=network_of):
            same = list(group)
            in_hand(run.name for run in same)
            with one_line_when_full(smaller_batch(self._plan.experiment.training.images_per_step)):
                yield from self._runs_of(same[0].scenario.setting, same).work_off(same)

    def close(self) -> None:
        """Forget the traced programs."""
        if self._at_work:
            self._at_work = None
            keras.backend.clear_session()

    def _runs_of(self, setting: Setting, runs: Sequence[Run]) -> RunsOfStarts:
        """Return what trains ``runs`` of a setting's network; what belongs to a network is kept."""
        if self._at_work is None or self._at_work[0] != setting.network:
            plan = self._plan.at(setting.image_size)
            features = given_features(plan, runs)
            if features is not None:
                return GivenRuns(plan, features)
            self.close()
            self._at_work = setting.network, BackboneRuns(plan, setting.backbone)
        return self._at_work[1]


def collect_predictions(plan: Plan) -> None:
    """Join the predictions of all finished runs in ``predictions.csv``."""
    write_joined(plan.folder, plan.target, plan.runs)


class RunsOfStarts(ABC):
    """Train runs on fixed features, those that share a start together: heads and probes."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan

    @abstractmethod
    def store(self, record: WeightsRecord, repeat: int) -> Store:
        """Return the store of the features of a start; ``repeat`` counts the draws of random weights."""

    def work_off(self, runs: list[Run]) -> Iterator[Run]:
        """Train the runs, grouped so that each start of the backbone is set once."""
        for (record, draw), of_start in groupby(sorted(runs, key=self._sort_key), key=self._start):
            group = list(of_start)
            in_hand(run.name for run in group)
            store = self.store(record, draw)
            for (tuning, repeat), same in groupby(group, key=lambda run: (run.scenario.setting.tuning, run.repeat)):
                if tuning == POOLED:
                    yield from self._heads(repeat, list(same), store)
                    continue
                for run in same:
                    in_hand([run.name])
                    self._one(run, store)
                    yield run

    def _start(self, run: Run) -> Start:
        """Return the weights and the draw that determine the backbone's start."""
        return self._plan.record(run), self._plan.draw(run)

    def _sort_key(self, run: Run) -> tuple[str, str, int, str, int, float, int]:
        setting = run.scenario.setting
        start = (setting.weights, setting.pixels, self._plan.draw(run))
        return (*start, setting.tuning, run.repeat, -setting.train_fraction, run.fold)

    def _heads(self, repeat: int, runs: list[Run], store: Store) -> Iterator[Run]:
        """Train all heads of one repeat together, even finished ones: another shape could change the last digits."""
        in_hand(run.name for run in runs)
        plan = self._plan
        rates = next(axis.learning_rates for axis in plan.experiment.grid.tunings if axis.name == POOLED)
        shares, number = plan.experiment.grid.train_fractions, plan.experiment.folds.count
        parts = [(run.scenario.setting.train_fraction, run.fold) for run in runs]
        place = {
            run: (shares.index(share) * number + fold, rates.index(run.scenario.learning_rate))  # type: ignore[arg-type]
            for run, (share, fold) in zip(runs, parts, strict=True)
        }
        folds = [plan.part(repeat, fold, share) for share in shares for fold in range(number)]
        start = time.monotonic() - store.seconds  # passes over the images are not part of any run
        data = RunData(plan.cases, store, [], plan.experiment.seed, plan.experiment.training)
        outcomes = train_heads(data, folds, rates)
        seconds = (time.monotonic() - store.seconds - start) / (len(folds) * len(rates))
        for run, (fold, rate) in place.items():
            write_run(plan.folder.tensorboard, run, outcomes[fold][rate])
            self._write(run, folds[fold], outcomes[fold][rate], seconds)
            yield run

    def _one(self, run: Run, store: Store) -> None:
        """Fit the probe of one run."""
        plan, fold = self._plan, self._plan.fold(run)
        start = time.monotonic() - store.seconds
        data = RunData(plan.cases, store, [], plan.experiment.seed, plan.experiment.training)
        outcome, strength = train_probe(data, fold)
        self._write(run, fold, outcome, time.monotonic() - start - store.seconds, strength=strength)

    def _write(self, run: Run, fold: Fold, outcome: Outcome, seconds: float, **extra: float) -> None:
        """Complete the folder of a run.

        Raises:
            OutputError: another call has started another experiment in the folder, which had no finished run; or
                another process has taken over the folder's lock.
            ExperimentError: a score or a weight is not finite.
        """
        plan = self._plan
        check_held(plan.folder.root)
        refuse_other(plan.folder, plan.facts)
        record = run_record(plan.cases, run, fold, outcome)
        record |= {"seconds": seconds, "precision": plan.device.precision, **extra, **context(plan.device)}
        check_finite(run, outcome)
        with plan.folder.finishing(run, **plan.identity) as folder:
            write_run_files(folder, plan, run, fold, outcome)
            write_json(RunFolder(folder).record, record)


class GivenRuns(RunsOfStarts):
    """Train heads and probes on features that exist already; no network is built and no image is read."""

    def __init__(self, plan: Plan, features: Mapping[Start, NDArray[np.float32]]) -> None:
        """``features`` (N, C) of each start."""
        super().__init__(plan)
        self._features = features

    def store(self, record: WeightsRecord, repeat: int) -> Store:
        """Return the store of the features of a start."""
        return GivenFeatures(self._features[record, repeat])


class BackboneRuns(RunsOfStarts):
    """Train the runs of one backbone; its prefix passes and trainers are built when first needed."""

    def __init__(self, plan: Plan, backbone: str) -> None:
        super().__init__(plan)
        self._backbone = backbone
        self._size = plan.experiment.training.image_size
        self.base = plan.networks.take(backbone, self._size)
        self._started: tuple[Start, Weights] | None = None
        self._activations = KeptActivations(plan)
        self._passes, self.kept = self._choose_passes()
        self._trainers: dict[str, Trainer] = {}

    def trainer(self, tuning: str) -> Trainer:
        """Return the compiled trainer of a tuning, built on the first call."""
        if tuning not in self._trainers:
            cases = self._plan.cases
            self._trainers[tuning] = Trainer(
                self._backbone, tuning, self._size, num_outputs=cases.num_outputs, kind=cases.kind
            )
        return self._trainers[tuning]

    def _choose_passes(self) -> tuple[dict[str, PrefixPass], dict[str, int]]:
        """Return the prefix pass of each tuning and the number of renderings of its cut tensors that the cache keeps.

        All cached tunings share one pass over the images.
        """
        training, tunings = self._plan.experiment.training, self._tunings()
        cuttable = [POOLED, *(name for name in tunings if name not in (POOLED, "full"))]
        sizes = {
            name: cut_bytes([t.shape[1:] for t in split(self.base, name).prefix.outputs], len(self._plan.pixels))
            for name in cuttable
        }
        renderings = 1 + training.num_views
        kept = choose_kept(sizes, renderings, training.cache_gb * GIGABYTE)
        for name, number in kept.items():
            if number < renderings:
                _log.info(
                    f"{self._backbone} {name}: the features need {sizes[name] * renderings / GIGABYTE:.1f} GB, "
                    f"more than cache_gb = {training.cache_gb:g}; {number} of {renderings} renderings are cached, "
                    "the others are computed again in every epoch"
                )
        cached = [STAGES, *(name for name, number in kept.items() if number)]
        shared = PrefixPass(self.base, cached)
        single = {name: PrefixPass(self.base, [name]) for name in tunings if name not in cached}
        return {**dict.fromkeys(cached, shared), **single}, {**kept, STAGES: 1}

    def _tunings(self) -> list[str]:
        return [tuning.name for tuning in self._plan.experiment.grid.tunings]

    def store(self, record: WeightsRecord, repeat: int) -> FeatureStore:
        """Return the store of the features of starting weights, which the backbone gets when they are needed."""
        pixels = convention(record.pixels)
        check_first_batch(to_network(self._plan.pixels[:PREFIX_BATCH], pixels), pixels)
        _log.info(f"{self._backbone} {record.name}: pixels {record.pixels}")
        begin = partial(self._weights, record, repeat)
        return feature_store(self._plan, record, repeat, self._passes, self.kept, begin)

    def _weights(self, record: WeightsRecord, draw: int) -> Weights:
        """Return the backbone's starting weights; those of the last start are kept if runs learn a suffix."""
        if self._started and self._started[0] == (record, draw):
            return self._started[1]
        self._started = None
        values = self._plan.networks.weights(self.base, record, backbone_seed(self._plan.experiment.seed, draw))
        if any(name != POOLED for name in self._tunings()):
            self._started = (record, draw), values
        return values

    def _one(self, run: Run, store: Store) -> None:
        if run.scenario.is_reference:
            super()._one(run, store)
            return
        plan, fold = self._plan, self._plan.fold(run)
        start = time.monotonic() - store.seconds
        with Monitor(plan.folder.tensorboard, run) as monitor:
            outcome = self._train(run, store, fold, monitor)
            monitor.finish(outcome)
        self._write(run, fold, outcome, time.monotonic() - start - store.seconds)
        if is_compared(run):
            self._activations.keep(run, outcome.stages)

    def _train(self, run: Run, store: Store, fold: Fold, on_epoch: Callable[[Epoch], None]) -> Outcome:
        plan, tuning = self._plan, run.scenario.setting.tuning
        values = self._weights(*self._start(run))
        places = {id(weight): place for place, weight in enumerate(self.base.weights)}
        suffix = [values[places[id(weight)]] for weight in split(self.base, tuning).suffix.weights]
        data = RunData(plan.cases, store, suffix, plan.experiment.seed, plan.experiment.training)
        rate = run.scenario.learning_rate
        if rate is None:
            raise ValueError(f"{run.name} has no learning rate")
        return train_run(self.trainer(tuning), data, fold, tuning, rate, on_epoch=on_epoch)
