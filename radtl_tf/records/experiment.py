"""The experiment as frozen records: what an experiment file may say, with its defaults and ranges.

``records.reader`` reads a TOML file into these classes and checks every type and range that stands here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

from radtl_tf.records.limits import Limits

Precision = Literal["auto", "float32", "mixed_bfloat16", "mixed_float16"]
Resize = Literal["pad", "stretch", "published"]
Augmentation = Literal["none", "published", "laterality-safe"]
TuningMode = Literal["frozen", "top10", "topK", "full"]
Unit = Literal["patient", "image"]
Kind = Literal["binary", "multiclass", "multilabel"]
# What is known of a radiograph besides its pixels (data.reading.METADATA) and may divide the cases.
Subgroup = Literal["age", "sex", "view", "laterality", "intent", "vendor", "body_part", "spacing", "lossy", "site"]


class _Strict:
    """Unknown keys are an error, not a surprise (read by pydantic, which is loaded only when a file is read)."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}


@dataclass(frozen=True, kw_only=True)
class Task(_Strict):
    """The target problem: which radiographs, which label, which class is positive.

    Exactly one of ``manifest`` and ``dataset`` is given. ``unit`` is what counts as one case in the AUROC; it is
    required when patients repeat. Without a patient column the user has to say ``one_image_per_patient``.

    ``binary`` needs ``positive``. An image with several labels has them in one cell, divided by ``label_separator``
    (binary: is ``positive`` among them?), or in a column each (``multilabel``: ``label`` names the columns).
    ``classes`` are those of a multilabel task, where not all that are found: other labels are taken for none.

    ``depth``: PNG, JPEG and TIFF of more bits hold values of so many bits, as of a detector of 12 bits in files of 16.
    Without it the sBIT chunk of a PNG counts.
    """

    label: str | tuple[str, ...] = "label"
    label_separator: Annotated[str, Limits(min_length=1)] | None = None
    positive: str | None = None
    kind: Kind = "binary"
    classes: tuple[str, ...] = ()
    manifest: Path | None = None
    dataset: str | None = None
    images: Path | None = None
    patient: str | None = None
    one_image_per_patient: bool = False
    unit: Unit | None = None
    depth: Annotated[int, Limits(ge=1, le=16)] | None = None


@dataclass(frozen=True, kw_only=True)
class Question(_Strict):
    """The one comparison that the experiment is run for: ``compare[0]`` minus ``compare[1]``, fixed beforehand.

    ``over = "selected"``: per weights the scenario of lowest inner loss, chosen inside each training part;
    ``"grid"``: the mean over all scenarios. Differences inside ``margin`` (AUROC, 0..1) count as equivalent.
    """

    compare: tuple[str, str]
    metric: Literal["auroc"] = "auroc"
    over: Literal["selected", "grid"] = "selected"
    margin: Annotated[float, Limits(gt=0, lt=1)] = 0.02


@dataclass(frozen=True, kw_only=True)
class FoldPlan(_Strict):
    """How patients are divided: ``count`` folds, drawn ``repeats`` times.

    ``inner`` is the share of the training patients that is kept for choices. Patients who share an image (the same or
    nearly the same) stay on one side, unless ``group_duplicates`` is false.
    """

    count: Annotated[int, Limits(ge=2, le=50)] = 5
    repeats: Annotated[int, Limits(ge=1, le=100)] = 1
    inner: Annotated[float, Limits(gt=0, le=0.5)] = 0.2
    group_duplicates: bool = True


@dataclass(frozen=True, kw_only=True)
class TuningAxis(_Strict):
    """One way of tuning with the learning rates to try; ``layers`` is K of ``topK`` (layers that have weights)."""

    mode: TuningMode
    learning_rates: Annotated[tuple[Annotated[float, Limits(gt=0)], ...], Limits(min_length=1)]
    layers: Annotated[int, Limits(ge=1)] | None = None

    @property
    def name(self) -> str:
        """Return the word for tables and folders: ``frozen``, ``top10``, ``topK25``, ``full``."""
        return f"topK{self.layers}" if self.mode == "topK" else self.mode


@dataclass(frozen=True, kw_only=True)
class Grid(_Strict):
    """The axes whose product is the scenarios.

    ``train_fractions`` are shares of the training patients for the learning curve; everything else is answered with
    all of them, so 1.0 is always among them.
    """

    backbones: Annotated[tuple[str, ...], Limits(min_length=1)]
    weights: Annotated[tuple[str, ...], Limits(min_length=1)]
    tunings: Annotated[tuple[TuningAxis, ...], Limits(min_length=1)]
    pixels: Annotated[tuple[str, ...], Limits(min_length=1)] = ("native",)
    train_fractions: Annotated[tuple[Annotated[float, Limits(gt=0, le=1)], ...], Limits(min_length=1)] = (1.0,)


@dataclass(frozen=True, kw_only=True)
class WeightsEntry(_Strict):
    """Weights that the experiment file declares: a file per backbone and the pixel convention that those files saw."""

    files: dict[str, Path] = field(default_factory=dict)
    pixels: str | None = None


@dataclass(frozen=True, kw_only=True)
class Training(_Strict):
    """How every run of the experiment is trained; the defaults are the published protocol where it is sound.

    ``batch_size = "auto"``: the published 32, or the largest power of two below it that fits into the GPU's memory.
    """

    image_size: Annotated[int, Limits(ge=32, le=2048)] = 224
    resize: Resize = "pad"
    batch_size: Annotated[int, Limits(ge=1)] | Literal["auto"] = 32
    epochs: Annotated[int, Limits(ge=1)] = 30
    patience: Annotated[int, Limits(ge=0)] = 0
    head_input: Literal["standardized", "raw"] = "standardized"
    class_weights: Literal["none", "balanced"] = "none"
    augmentation: Augmentation = "none"
    views: Annotated[int, Limits(ge=0)] = 0
    cache_gb: Annotated[float, Limits(ge=0)] = 20.0
    precision: Precision = "auto"
    determinism: Literal["off", "seeded", "strict"] = "seeded"

    @property
    def images_per_step(self) -> int:
        """Return the batch size as a number, which ``auto`` becomes when the experiment is planned."""
        if self.batch_size == "auto":
            raise ValueError("batch_size = 'auto' has not been resolved")
        return self.batch_size

    @property
    def num_views(self) -> int:
        """Return how many augmented views an image has: none, ``views``, or one per epoch."""
        return 0 if self.augmentation == "none" else self.views or self.epochs


@dataclass(frozen=True, kw_only=True)
class EvaluationPlan(_Strict):
    """What is evaluated beside the question. It may change when the runs are done: nothing is trained for it.

    ``operating_points``: thresholds to choose on each run's inner part, as ``records.operating_points`` reads them.
    ``subgroups``: metadata by whose values the cases are divided.
    """

    operating_points: tuple[str, ...] = ()
    subgroups: tuple[Subgroup, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Experiment(_Strict):
    """A Task and the Scenarios and Folds that answer its Question.

    Without a Question the report estimates and compares nothing. ``note`` is printed on the first screen of the report
    (the demo says there that it is no evidence).
    """

    name: str
    task: Task
    grid: Grid
    question: Question | None = None
    seed: Annotated[int, Limits(ge=0, lt=2**31)] = 726
    note: str = ""
    folds: FoldPlan = FoldPlan()
    weights: dict[str, WeightsEntry] = field(default_factory=dict)
    training: Training = Training()
    evaluation: EvaluationPlan = EvaluationPlan()
