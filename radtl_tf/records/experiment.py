"""The experiment as frozen records: the keys of an experiment file, with their defaults and ranges.

``records.reader`` reads a TOML file into these classes and checks every type and range declared here.
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
# Metadata of a radiograph (data.decoding.metadata_values.METADATA) by which the cases can be divided into subgroups.
Subgroup = Literal["age", "sex", "view", "laterality", "intent", "vendor", "body_part", "spacing", "lossy", "site"]


class _Strict:
    """A record that forbids unknown keys; pydantic checks this and is loaded only when a file is read."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}


@dataclass(frozen=True, kw_only=True)
class Task(_Strict):
    """The target problem: which radiographs, which label, which class is positive.

    Exactly one of ``manifest`` and ``dataset`` is given. ``unit`` is what counts as one case in the AUROC; it is
    required if a patient has several images. Without a patient column, ``one_image_per_patient`` is required.

    ``binary`` needs ``positive``. Several labels of an image are in one cell, separated by ``label_separator`` (binary:
    the image is positive if ``positive`` is among them), or in one column per label (``multilabel``: ``label`` names
    the columns). ``classes`` limits a multilabel task to these classes; other labels are ignored.

    ``columns`` names the columns of a manifest that hold metadata (``age = "Patient Age"``); a metadatum that it does
    not name is read from the column of the same name. ``sex_codes`` says what codes such as 1 and 2 mean.

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
    columns: dict[Subgroup, str] = field(default_factory=dict)
    sex_codes: dict[str, Literal["M", "F", "O"]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Question(_Strict):
    """The primary comparison of the experiment, ``compare[0]`` minus ``compare[1]``, fixed before the first run.

    ``over = "selected"``: for each weights the scenario with the lowest inner loss, chosen inside each training part;
    ``"grid"``: the mean over all scenarios. Differences within ``margin`` (AUROC, 0..1) count as equivalent.
    """

    compare: tuple[str, str]
    metric: Literal["auroc"] = "auroc"
    over: Literal["selected", "grid"] = "selected"
    margin: Annotated[float, Limits(gt=0, lt=1)] = 0.02


@dataclass(frozen=True, kw_only=True)
class FoldPlan(_Strict):
    """How patients are divided: ``count`` folds, drawn ``repeats`` times.

    ``inner`` is the share of the training patients in the inner part, which is used to choose learning rate, epoch and
    thresholds. Patients who share an image (the same or nearly the same) stay in one part unless ``group_duplicates``
    is false.
    """

    count: Annotated[int, Limits(ge=2, le=50)] = 5
    repeats: Annotated[int, Limits(ge=1, le=100)] = 1
    inner: Annotated[float, Limits(gt=0, le=0.5)] = 0.2
    group_duplicates: bool = True


@dataclass(frozen=True, kw_only=True)
class TuningAxis(_Strict):
    """One tuning with the learning rates to try; ``layers`` is the K of ``topK``, counting layers with weights."""

    mode: TuningMode
    learning_rates: Annotated[tuple[Annotated[float, Limits(gt=0)], ...], Limits(min_length=1)]
    layers: Annotated[int, Limits(ge=1)] | None = None

    @property
    def name(self) -> str:
        """Return the name used in tables and folders: ``frozen``, ``top10``, ``topK25``, ``full``."""
        return f"topK{self.layers}" if self.mode == "topK" else self.mode


@dataclass(frozen=True, kw_only=True)
class Grid(_Strict):
    """The axes of the grid; the scenarios are their product.

    ``train_fractions`` are the shares of the training patients for the learning curve. They must include 1.0, because
    all other results use all training patients.
    """

    backbones: Annotated[tuple[str, ...], Limits(min_length=1)]
    weights: Annotated[tuple[str, ...], Limits(min_length=1)]
    tunings: Annotated[tuple[TuningAxis, ...], Limits(min_length=1)]
    pixels: Annotated[tuple[str, ...], Limits(min_length=1)] = ("native",)
    train_fractions: Annotated[tuple[Annotated[float, Limits(gt=0, le=1)], ...], Limits(min_length=1)] = (1.0,)


@dataclass(frozen=True, kw_only=True)
class WeightsEntry(_Strict):
    """Weights declared in the experiment file: one file per backbone, and the pixel convention of the files."""

    files: dict[str, Path] = field(default_factory=dict)
    pixels: str | None = None


@dataclass(frozen=True, kw_only=True)
class Training(_Strict):
    """How every run is trained; the defaults follow the published protocol where it is sound.

    ``batch_size = "auto"`` is the published 32, or the largest smaller power of two that fits into the GPU's memory.
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
        """Return the batch size as a number; planning replaces ``auto`` by a number."""
        if self.batch_size == "auto":
            raise ValueError("batch_size = 'auto' has not been resolved")
        return self.batch_size

    @property
    def num_views(self) -> int:
        """Return the number of augmented views per image: none, ``views``, or one per epoch."""
        return 0 if self.augmentation == "none" else self.views or self.epochs


@dataclass(frozen=True, kw_only=True)
class EvaluationPlan(_Strict):
    """What is evaluated besides the question. It can change after the runs, since it does not affect training.

    ``operating_points``: thresholds to choose on each run's inner part; see ``records.operating_points``.
    ``subgroups``: metadata whose values divide the cases.
    """

    operating_points: tuple[str, ...] = ()
    subgroups: tuple[Subgroup, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Experiment(_Strict):
    """A Task, and the Scenarios and Folds that answer its Question.

    Without a Question the report has estimates but no comparisons. ``note`` is printed on the first screen of the
    report; the demo uses it to say that its results are not evidence.
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
