"""The experiment as frozen records: the keys of an experiment file, with their defaults and ranges.

``records.reader`` reads a TOML file into these classes and checks every type and range declared here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

from radtl_tf.records.image_size import ImageSize
from radtl_tf.records.limits import Limits

Precision = Literal["auto", "float32", "mixed_bfloat16", "mixed_float16"]
Resize = Literal["pad", "stretch", "published"]
Augmentation = Literal["none", "published", "laterality-safe"]
TuningMode = Literal["frozen", "top10", "topK", "full"]
Determinism = Literal["off", "seeded", "strict"]
Unit = Literal["patient", "image"]
Kind = Literal["binary", "multiclass", "multilabel", "regression", "ordinal"]
QuestionMetric = Literal["auroc", "mae"]
Missing = Literal["refuse", "no", "ignore"]
Uncertain = Literal["refuse", "no", "yes", "ignore"]
# Metadata of a radiograph (data.decoding.metadata_values.METADATA) by which the cases can be divided into subgroups.
Subgroup = Literal["age", "sex", "view", "laterality", "intent", "vendor", "body_part", "spacing", "lossy", "site"]


class _Strict:
    """A record that forbids unknown keys; pydantic checks this and is loaded only when a file is read."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}


@dataclass(frozen=True, kw_only=True)
class Task(_Strict):
    """The target problem: which radiographs, which label, which class is positive.

    Exactly one of ``manifest`` and ``dataset`` is given. ``unit`` is what counts as one case in the AUROC; it is
    required if a patient has several images. Patients are known from one of ``patient``, ``patient_pattern`` and
    ``one_image_per_patient``.

    ``binary`` needs ``positive``. Several labels of an image are in one cell, separated by ``label_separator`` (binary:
    the image is positive if ``positive`` is among them), or in one column per label (``multilabel``: ``label`` names
    the columns). ``classes`` limits a multilabel task to these classes; other labels are ignored. The label of a
    ``regression`` is a number in ``label_unit``; the label of an ``ordinal`` task is one of ``classes``, in order.
    """

    label: str | tuple[str, ...] = "label"
    """Column of the label. A multilabel task may name a column per label instead."""
    label_separator: Annotated[str, Limits(min_length=1)] | None = None
    """What divides several labels in one cell. A binary task then asks whether ``positive`` is among them."""
    positive: str | None = None
    """The positive class. Required for a binary task."""
    kind: Kind = "binary"
    """Two classes, several classes, any number of labels per image, a number, or stages in order."""
    classes: tuple[str, ...] = ()
    """The labels of a multilabel task that count (default: all that are found), or the stages of an ordinal task from
    the lowest to the highest (required)."""
    label_unit: Annotated[str, Limits(min_length=1)] | None = None
    """Unit of the numbers of a regression, such as ``"years"``. Required there."""
    manifest: Path | None = None
    """CSV file with a row per image. Give this or ``dataset``."""
    dataset: str | None = None
    """A builder by name, such as ``"adld"``, or the folder of one, such as ``"./knees"``."""
    images: Path | None = None
    """Folder of the images; nothing outside it is read. Default: the manifest's folder."""
    patient: str | None = None
    """Column of the patient id."""
    patient_pattern: Annotated[str, Limits(min_length=1)] | None = None
    """Regular expression that finds the patient id in the path of each image, such as ``"patient[0-9]+"``. The id is
    the match, or its first group. Every path must have one."""
    one_image_per_patient: bool = False
    """There is no patient column: each image is a patient of its own."""
    unit: Unit | None = None
    """What counts as one case in the AUROC. Required when patients have several images."""
    depth: Annotated[int, Limits(ge=1, le=16)] | None = None
    """Bits of the values in PNG, JPEG and TIFF files of more bits, such as 12 in files of 16. Default: what the sBIT
    chunk of a PNG says."""
    path_column: Annotated[str, Limits(min_length=1)] | None = None
    """Column of the paths of the images. Default: ``path``."""
    suffix: Annotated[str, Limits(min_length=1)] | None = None
    """Ending that the paths lack, such as ``".png"``."""
    encoding: Annotated[str, Limits(min_length=1)] | None = None
    """Encoding of the manifest, such as ``"cp932"``. Default: found, or refused if several are possible."""
    columns: dict[Subgroup, str] = field(default_factory=dict)
    """Columns of the metadata. Default: columns that have the name of the metadatum."""
    sex_codes: dict[str, Literal["M", "F", "O"]] = field(default_factory=dict)
    """What codes in the column of the sex mean."""
    missing: Missing = "refuse"
    """What a cell without a label means. With ``ignore`` the label takes no part in training and metrics."""
    uncertain: Uncertain = "refuse"
    """What an uncertain label (-1) means."""

    @property
    def names_patients(self) -> bool:
        """Tell whether the task says who the patients of a manifest are."""
        return bool(self.patient or self.patient_pattern or self.one_image_per_patient)


@dataclass(frozen=True, kw_only=True)
class Question(_Strict):
    """The primary comparison of the experiment, ``compare[0]`` minus ``compare[1]``, fixed before the first run.

    ``over = "selected"``: for each weights the scenario with the lowest inner loss, chosen inside each training part;
    ``"grid"``: the mean over all scenarios. Differences within ``margin`` count as equivalent; it is a difference of
    AUROCs (0..1), or of errors in the unit of the label.
    """

    compare: tuple[str, str]
    """The two weights. The difference is the first minus the second."""
    metric: QuestionMetric = "auroc"
    """``auroc``: for several classes the mean over the classes, each against the rest; for stages the mean over the
    thresholds. ``mae``: the mean absolute error of a regression."""
    over: Literal["selected", "grid"] = "selected"
    """``selected``: for each weights the scenario of lowest inner loss. ``grid``: the mean over all scenarios."""
    margin: Annotated[float, Limits(gt=0)] = 0.02
    """Differences inside the margin count as equivalent. Choose it before you see a result. For ``mae`` it is
    in the unit of the label, and required."""


@dataclass(frozen=True, kw_only=True)
class FoldPlan(_Strict):
    """How patients are divided: ``count`` folds, drawn ``repeats`` times.

    ``inner`` is the share of the training patients in the inner part, which is used to choose learning rate, epoch and
    thresholds. Patients who share an image (the same or nearly the same) stay in one part unless ``group_duplicates``
    is false.
    """

    count: Annotated[int, Limits(ge=2, le=50)] = 5
    """Number of folds."""
    repeats: Annotated[int, Limits(ge=1, le=100)] = 1
    """How many times the folds are drawn."""
    inner: Annotated[float, Limits(gt=0, le=0.5)] = 0.2
    """Share of the training patients that is kept for choices, such as the epoch and the learning rate."""
    group_duplicates: bool = True
    """Patients who share an image, or nearly the same image, stay on one side of every fold."""


@dataclass(frozen=True, kw_only=True)
class TuningAxis(_Strict):
    """One tuning with the learning rates to try; ``layers`` is the K of ``topK``: layers with weights, or blocks."""

    mode: TuningMode
    """Which layers learn besides the head."""
    learning_rates: Annotated[tuple[Annotated[float, Limits(gt=0)], ...], Limits(min_length=1)]
    """The rates to try. One is chosen inside each training part."""
    layers: Annotated[int, Limits(ge=1)] | None = None
    """K of ``topK``: how many layers that have weights learn, or blocks of a vision transformer."""

    @property
    def name(self) -> str:
        """Return the name used in tables and folders: ``frozen``, ``top10``, ``topK25``, ``full``."""
        return f"topK{self.layers}" if self.mode == "topK" else self.mode


@dataclass(frozen=True, kw_only=True)
class Grid(_Strict):
    """The axes of the grid; the scenarios are their product. Embeddings among the weights come once, not per backbone.

    ``train_fractions`` are the shares of the training patients for the learning curve. They must include 1.0, because
    all other results use all training patients.
    """

    weights: Annotated[tuple[str, ...], Limits(min_length=1)]
    """``radimagenet``, ``imagenet``, ``random``, or names that ``[weights]`` declares."""
    tunings: Annotated[tuple[TuningAxis, ...], Limits(min_length=1)]
    """Ways of tuning, each with its learning rates."""
    backbones: tuple[str, ...] = ()
    """Names of networks. ``radtl doctor`` lists them. Required, unless all weights are embeddings."""
    pixels: Annotated[tuple[str, ...], Limits(min_length=1)] = ("native",)
    """Pixel conventions. Several of them make an ablation; ``native`` is the convention of the weights."""
    image_sizes: tuple[ImageSize, ...] = ()
    """Sizes of the network's input, in place of ``training.image_size``, such as ``[224, "256x512"]``."""
    train_fractions: Annotated[tuple[Annotated[float, Limits(gt=0, le=1)], ...], Limits(min_length=1)] = (1.0,)
    """Shares of the training patients. Smaller shares make a learning curve."""


@dataclass(frozen=True, kw_only=True)
class WeightsEntry(_Strict):
    """Weights declared in the experiment file: one file per backbone and their pixel convention, or embeddings."""

    files: dict[str, Path] = field(default_factory=dict)
    """The weights file of each backbone; for a vision transformer its Hugging Face folder."""
    pixels: str | None = None
    """The convention in which the files saw images. Required unless ``radtl`` made the files, or the folder
    has a ``preprocessor_config.json``."""
    embeddings: Path | None = None
    """A file of vectors that another program computed, one per image (NumPy, Parquet or CSV), in place of the other
    keys. Only the tuning ``frozen``, without augmentation."""
    use: str | None = None
    """Take known weights under this name: ``imagenet``, ``radimagenet`` or ``random``. For two backbones that are
    compared with the same weights, such as ``[weights.convnext] use = "imagenet"``."""
    backbones: tuple[str, ...] = ()
    """Only these backbones of the grid start from the weights. Default: all of them."""


@dataclass(frozen=True, kw_only=True)
class Training(_Strict):
    """How every run is trained; the defaults follow the published protocol where it is sound.

    ``batch_size = "auto"`` is the published 32, or the largest smaller power of two that fits into the GPU's memory.
    """

    image_size: ImageSize = 224
    """Size of the network's input in pixels: the side of a square, or height x width such as ``"256x512"``."""
    resize: Resize = "pad"
    """``pad`` keeps the aspect ratio, ``stretch`` does not, ``published`` stretches and takes the nearest pixel."""
    batch_size: Annotated[int, Limits(ge=1)] | Literal["auto"] = 32
    """Images per step. ``auto``: what fits into the memory of the GPU, at most 32."""
    epochs: Annotated[int, Limits(ge=1)] = 30
    """Epochs of each run. The epoch of lowest inner loss is kept."""
    patience: Annotated[int, Limits(ge=0)] = 0
    """Stop after this many epochs without a lower inner loss. 0: never stop early."""
    head_input: Literal["standardized", "raw"] = "standardized"
    """``raw`` gives the head the features as they are, as published."""
    class_weights: Literal["none", "balanced"] = "none"
    """``balanced`` gives each class the same weight in the loss."""
    augmentation: Augmentation = "none"
    """How training images are varied. ``laterality-safe`` does not flip them."""
    views: Annotated[int, Limits(ge=0)] = 0
    """Augmented views per image. 0: one per epoch."""
    cache_gb: Annotated[float, Limits(ge=0)] = 20.0
    """How many gigabytes of features are kept on disk."""
    precision: Precision = "auto"
    """Arithmetic of the network. ``auto``: what the device does best."""
    determinism: Determinism = "seeded"
    """``strict``: the same bytes again on the same CPU with the same number of threads."""

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
    """Rules for thresholds of a binary task: ``"youden"``, ``"sensitivity = 0.95"``, ``"specificity = 0.90"``."""
    subgroups: tuple[Subgroup, ...] = ()
    """Metadata by which the cases are divided; the question is asked in each group."""


@dataclass(frozen=True, kw_only=True)
class Experiment(_Strict):
    """A Task, and the Scenarios and Folds that answer its Question.

    Without a Question the report has estimates but no comparisons. ``note`` is printed on the first screen of the
    report; the demo uses it to say that its results are not evidence.
    """

    name: str
    """Name of the experiment, in its report."""
    task: Task
    grid: Grid
    question: Question | None = None
    seed: Annotated[int, Limits(ge=0, lt=2**31)] = 726
    """Seed of the folds, heads, dropout, order, and random weights."""
    note: str = ""
    """A sentence for the first screen of the report."""
    folds: FoldPlan = FoldPlan()
    weights: dict[str, WeightsEntry] = field(default_factory=dict)
    training: Training = Training()
    evaluation: EvaluationPlan = EvaluationPlan()
