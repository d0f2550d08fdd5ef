"""Estimate the time and disk space of an experiment from one timed step of each kind."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import TypeVar

import keras
import numpy as np

from radtl_tf.data.folds.draw import Fold, decisive_classes, patients_per_class
from radtl_tf.evaluation.inference.expected_width import expected
from radtl_tf.experiment.activations import MAX_IMAGES
from radtl_tf.experiment.engine import BackboneRuns, network_of
from radtl_tf.experiment.plan.plan import Plan
from radtl_tf.models.precision import BFLOAT16, FLOAT32, borrowed_precision
from radtl_tf.models.tuning import split
from radtl_tf.records.runs import PROBE, Run
from radtl_tf.training.device import has_bfloat16, peak_memory
from radtl_tf.training.features.array_cache import GIGABYTE
from radtl_tf.training.features.given_features import GivenFeatures
from radtl_tf.training.features.prefix_features import POOLED, PREFIX_BATCH, cut_bytes
from radtl_tf.training.heads.together import train_heads
from radtl_tf.training.linear.probe import train_probe
from radtl_tf.training.run import RunData
from radtl_tf.training.trial_step import one_line_when_full, smaller_batch, trial_step

MINUTE = 60.0
_ENOUGH, _MOST_TIMES = 0.5, 5  # repeat short measurements this long or this often; other processes disturb them most
_Result = TypeVar("_Result")


@dataclass(frozen=True)
class Part:
    """One line of the cost estimate: the seconds and the bytes on disk of a number of runs."""

    name: str
    runs: int
    seconds: float
    size: int


@dataclass(frozen=True)
class Price:
    """The remaining runs and their cost; ``memory`` is the peak memory of this process so far, in bytes."""

    parts: list[Part]
    total: int
    done: int
    memory: float
    widths: str = ""

    @property
    def seconds(self) -> float:
        """Return the seconds of all parts."""
        return sum(part.seconds for part in self.parts)

    def lines(self) -> list[str]:
        """Return the cost estimate as lines of text."""
        rows = [f"{p.runs:6d}  {p.seconds / MINUTE:9.1f}  {p.size / GIGABYTE:8.2f}  {p.name}" for p in self.parts]
        size = sum(part.size for part in self.parts)
        return [
            f"{self.total} runs, {self.done} already finished",
            "  runs    minutes   GB disk  what",
            *rows,
            f"{'':6}  {self.seconds / MINUTE:9.1f}  {size / GIGABYTE:8.2f}  total, from one timed step of each kind",
            f"Peak memory after one step of each kind: {self.memory / GIGABYTE:.1f} GB",
            *filter(None, [self.widths]),
        ]


def price(plan: Plan) -> Price:
    """Estimate the cost of the remaining runs from one timed step of each kind, whose results are dropped."""
    remaining = sorted(plan.remaining, key=network_of)
    with one_line_when_full(smaller_batch(plan.experiment.training.images_per_step)):
        parts = [part for _, runs in groupby(remaining, key=network_of) for part in _meter(plan, list(runs)).parts()]
    parts.append(Part("data set and pixels, already written", 0, 0, _bytes_below(plan.folder.data)))
    return Price(parts, len(plan.runs), len(plan.runs) - len(remaining), peak_memory(), _widths(plan))


def seconds_per_run(plan: Plan) -> dict[Run, float]:
    """Estimate the seconds of each remaining run as ``price`` does, without passes over the images and tracing."""
    remaining = sorted(plan.remaining, key=network_of)
    with one_line_when_full(smaller_batch(plan.experiment.training.images_per_step)):
        return {
            run: seconds
            for _, runs in groupby(remaining, key=network_of)
            for run, seconds in _meter(plan, list(runs)).of_runs()
        }


def bfloat16_instead(plan: Plan, found: Price) -> list[str]:
    """Return a sentence on the time in bfloat16, if ``plan`` is in float32 on a CPU that has bfloat16 instructions.

    ``found`` is the price of ``plan``. Bfloat16 is timed in the same way, unless finished runs fix the precision or
    there is less than a minute to save.
    """
    is_possible = plan.device.precision == FLOAT32 and not plan.device.gpus and has_bfloat16()
    if not is_possible or found.done or not plan.experiment.grid.backbones:
        return []
    asked = f'training.precision = "{BFLOAT16}"'
    if found.seconds < MINUTE:
        return [f"This CPU also computes in bfloat16; {asked} would save less than a minute."]
    keras.backend.clear_session()
    with borrowed_precision(BFLOAT16):
        half = price(replace(plan, device=replace(plan.device, precision=BFLOAT16)))
    return [
        f"With {asked}, which this CPU supports: {half.seconds / MINUTE:.1f} instead of {found.seconds / MINUTE:.1f} "
        "minutes, from the same timed steps. Scores will differ from those of float32."
    ]


def _bytes_below(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def _widths(plan: Plan) -> str:
    """Return a sentence on the expected width of the intervals, counting patients, since their images are dependent.

    With several classes, the sentence is about the rarest class; the mean over classes varies less. The width of an
    error depends on the network, so there is no sentence about a regression.
    """
    if plan.cases.is_number:
        return ""
    of_class = patients_per_class(plan.cases, plan.cases.examples)
    question, folds = plan.experiment.question, plan.experiment.folds
    margin = question.margin if question else None
    if plan.cases.kind == "binary":
        negatives, positives = of_class.tolist()
        return expected(positives, negatives, folds.count, folds.repeats).sentence(margin)
    rarest = min(decisive_classes(plan.cases), key=lambda at: int(of_class[at]))
    positives, total = int(of_class[rarest]), len(plan.cases.patient_ids)
    found = expected(positives, total - positives, folds.count, folds.repeats)
    return f"{plan.cases.classes[rarest]} against the rest: {found.sentence(margin)}"


def _meter(plan: Plan, runs: list[Run]) -> _HeadMeter:
    if runs[0].scenario.setting.has_network:
        return _Meter(plan, runs)
    return _HeadMeter(plan, runs, max(vectors.shape[1] for vectors in plan.vectors.values()))


class _HeadMeter:
    """Time the remaining runs of one network on ``num_features`` features that need no pass over the images."""

    def __init__(self, plan: Plan, runs: list[Run], num_features: int) -> None:
        self._plan, self._network, self._runs, self._num_features = plan, network_of(runs[0]), runs, num_features
        self._training, self._fold = plan.experiment.training, plan.folds[0]
        self._tracing = 0.0

    def parts(self) -> Iterator[Part]:
        """Yield each tuning, and the one-time cost of building and tracing."""
        for tuning in dict.fromkeys(run.scenario.setting.tuning for run in self._runs):
            sizes = [self._images(run) for run in self._runs if run.scenario.setting.tuning == tuning]
            timer = self._timer(tuning)
            seconds = sum(timer(size) + self._recomputing(tuning, size) for size in sizes)
            size = self._kept(tuning) + self._learned(tuning, len(sizes))
            yield Part(f"{self._network} {tuning}", len(sizes), seconds, size)
        yield Part(f"{self._network}: building and tracing", 0, self._tracing, 0)

    def of_runs(self) -> Iterator[tuple[Run, float]]:
        """Yield each run with its seconds on computed features."""
        for tuning in dict.fromkeys(run.scenario.setting.tuning for run in self._runs):
            timer = self._timer(tuning)
            for run in (run for run in self._runs if run.scenario.setting.tuning == tuning):
                yield run, timer(self._images(run)) + self._recomputing(tuning, self._images(run))

    def _images(self, run: Run) -> int:
        """Return the images that a run shows in an epoch, or that a probe is fitted on."""
        fold = self._plan.fold(run)
        return len(fold.train) if run.scenario.is_reference else fold.images_per_epoch

    def _kept(self, tuning: str) -> int:
        """Return the bytes of cached features."""
        return 0

    def _recomputing(self, tuning: str, num_training: int) -> float:
        """Return the seconds that a run spends on computing features again."""
        return 0.0

    def _learned(self, tuning: str, num_runs: int) -> int:
        """Return the bytes of the runs' ``weights.h5``: the head, and the mean and SD of the features."""
        num_features, num_outputs = self._num_features, self._plan.cases.num_outputs
        return cut_bytes([(num_features, num_outputs), (num_outputs,), (num_features,), (num_features,)], num_runs)

    def _timer(self, tuning: str) -> Callable[[int], float]:
        """Return a function from the number of training images to the seconds of one run on computed features."""
        return {PROBE: self._probe_timer, POOLED: self._head_timer}[tuning]()

    def _rates(self) -> tuple[float, ...]:
        return next(axis.learning_rates for axis in self._plan.experiment.grid.tunings if axis.name == POOLED)

    def _parts(self) -> list[Fold]:
        """Return the folds that train together in one repeat: each fold with each share of its training patients."""
        grid, number = self._plan.experiment.grid, self._plan.experiment.folds.count
        return [self._plan.part(0, fold, share) for share in grid.train_fractions for fold in range(number)]

    def _random_data(self) -> RunData:
        """Return random features and the true labels; the time does not depend on the values."""
        shape = (len(self._plan.pixels), self._num_features)
        features = np.random.default_rng(0).standard_normal(shape, np.float32)
        training = replace(self._training, epochs=1, augmentation="none", views=0)
        return RunData(self._plan.cases, GivenFeatures(features), [], self._plan.experiment.seed, training)

    def _probe_timer(self) -> Callable[[int], float]:
        data = self._random_data()
        seconds, _ = _timed(lambda: train_probe(data, self._fold))
        return lambda num_training: seconds * num_training / len(self._fold.train)

    def _head_timer(self) -> Callable[[int], float]:
        data, folds, rates = self._random_data(), self._parts(), self._rates()
        first, again = _first_and_next(lambda: train_heads(data, folds, rates))
        self._tracing += max(first - again, 0)
        return lambda num_training: self._training.epochs * again / (len(folds) * len(rates))


class _Meter(_HeadMeter):
    """Time the remaining runs of one network."""

    def __init__(self, plan: Plan, runs: list[Run]) -> None:
        setting = runs[0].scenario.setting
        plan = plan.at(setting.image_size)
        seconds, self._backbone_runs = _timed(lambda: BackboneRuns(plan, setting.backbone))
        super().__init__(plan, runs, self._backbone_runs.base.output_shape[-1])
        self._tracing = seconds
        self._starts = list(dict.fromkeys((plan.record(run), plan.draw(run)) for run in runs))
        self._stores = [self._backbone_runs.store(*start) for start in self._starts]
        self._pass = {name: self._seconds_per_image(name) for name in self._cuts()}
        self._begin = self._tracing  # seconds until images can pass through the whole backbone

    def parts(self) -> Iterator[Part]:
        """Yield the feature passes, each tuning, the cost of building and tracing, and the similarity."""
        num_images, views = len(self._plan.pixels), self._training.num_views
        passes = sum(store.missing(views) for store in self._stores)
        whole = self._pass[POOLED]
        yield Part(f"{self._network}: {passes} feature passes", 0, passes * num_images * whole, 0)
        yield from super().parts()
        yield Part(f"{self._network}: similarity of activations", 0, self._similarity(), 0)

    def _cuts(self) -> list[str]:
        wanted = (run.scenario.setting.tuning for run in self._runs)
        return list(dict.fromkeys([POOLED, *(name for name in wanted if name not in (PROBE, "full"))]))

    def _kept(self, tuning: str) -> int:
        """Return the bytes of the cached features of all weights and draws."""
        if tuning not in self._backbone_runs.kept:
            return 0
        shapes = [tensor.shape[1:] for tensor in split(self._backbone_runs.base, tuning).prefix.outputs]
        return cut_bytes(shapes, len(self._plan.pixels)) * self._backbone_runs.kept[tuning] * len(self._starts)

    def _learned(self, tuning: str, num_runs: int) -> int:
        """Return the bytes of the runs' ``weights.h5``: the suffix, the head, and the mean and SD of the features."""
        suffix = [] if tuning == PROBE else split(self._backbone_runs.base, tuning).suffix.weights
        return cut_bytes([tuple(weight.shape) for weight in suffix], num_runs) + super()._learned(tuning, num_runs)

    def _similarity(self) -> float:
        """Return the seconds of ``experiment.similarity``: a pass per start if the training needs no such pass."""
        settings = {of.setting for of in self._plan.scenarios if of.setting.network == self._network}
        if self._plan.folder.similarity.exists() or any(of.tuning != "full" for of in settings):
            return 0.0
        passes = len({(of.weights, of.pixels) for of in settings})
        return self._begin + passes * min(len(self._fold.test), MAX_IMAGES) * self._pass[POOLED]

    def _recomputing(self, tuning: str, num_training: int) -> float:
        """Return the seconds that a run spends on computing uncached features again."""
        if tuning in (PROBE, "full"):
            return 0.0
        kept, views = self._backbone_runs.kept[tuning], self._training.num_views
        lost = 1 - (min(kept - 1, views) / views if views else 1) if kept else 1.0
        images = num_training * lost + len(self._fold.inner) * (not kept)
        if tuning == POOLED:  # one pass over all images serves all heads of a repeat
            images = len(self._plan.pixels) * lost / (len(self._parts()) * len(self._rates()))
        return self._training.epochs * images * self._pass[tuning]

    def _timer(self, tuning: str) -> Callable[[int], float]:
        return super()._timer(tuning) if tuning in (PROBE, POOLED) else self._suffix_timer(tuning)

    def _suffix_timer(self, tuning: str) -> Callable[[int], float]:
        """Time a training step and a forward pass of the suffix; the first call of each includes tracing."""
        size, epochs = self._training.images_per_step, self._training.epochs
        seconds, trainer = _timed(lambda: self._backbone_runs.trainer(tuning))
        cuts = [np.zeros((PREFIX_BATCH, *tensor.shape[1:]), np.float32) for tensor in trainer.suffix.inputs]
        first, each = _first_and_next(lambda: trial_step(trainer, size))
        first_forward, forward = _first_and_next(lambda: trainer.logits(iter([cuts])))
        self._tracing += seconds + first + first_forward
        inner = len(self._fold.inner) * forward / PREFIX_BATCH
        return lambda num_training: epochs * (-(-num_training // size) * each + inner)

    def _seconds_per_image(self, tuning: str) -> float:
        """Time a pass of one batch of real images; the first call includes tracing."""
        positions = np.arange(min(PREFIX_BATCH, len(self._plan.pixels)))
        view = 0 if self._training.num_views else None
        first, each = _first_and_next(lambda: self._stores[0].computed(tuning, positions, view))
        self._tracing += first
        return each / PREFIX_BATCH


def _first_and_next(work: Callable[[], object]) -> tuple[float, float]:
    """Return the seconds of the first call and the median of the later ones; short calls are repeated."""
    first, later = _timed(work)[0], [_timed(work)[0]]
    while len(later) < _MOST_TIMES and sum(later) < _ENOUGH:
        later.append(_timed(work)[0])
    return first, float(np.median(later))


def _timed(work: Callable[[], _Result]) -> tuple[float, _Result]:
    start = time.monotonic()
    result = work()
    return time.monotonic() - start, result
