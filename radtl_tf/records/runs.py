"""Setting, Scenario and Run, their names, and the columns of their tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from itertools import product
from typing import Any

from radtl_tf.records.experiment import Experiment, Kind

CASE_COLUMNS = ("scenario", "repeat", "fold", "part", "example", "patient")
SETTING_COLUMNS = ("backbone", "weights", "pixels", "tuning", "learning_rate")
FOLD_COLUMNS = ("example", "patient", "repeat", "fold", "part")
BASELINE = "baseline"  # tuning of the trivial baselines in estimates.csv, which have no network
PROBE = "probe"  # tuning of the linear probe, the reference for every frozen Setting
EMBEDDINGS = "embeddings"  # backbone of vectors that another program computed
NO_PIXELS = "none"  # their pixel convention: no image is shown to a network
SELECTED = "selected"  # learning_rate in a Setting's row: chosen inside each training part


@dataclass(frozen=True)
class Target:
    """What is predicted, and the columns of truth and score.

    A binary task has one score, of its positive class, and a regression one number. A task with several classes has a
    truth (0 or 1) and a score (0..1) per class; its metrics are means over the classes, each against the rest. An
    ordinal task has them per threshold between its ``classes``, the stages (docs/decisions/0021).
    """

    kind: Kind
    classes: tuple[str, ...]

    @property
    def is_binary(self) -> bool:
        """Return whether it is one class against another."""
        return self.kind == "binary"

    @property
    def is_number(self) -> bool:
        """Return whether a number is predicted."""
        return self.kind == "regression"

    @property
    def outputs(self) -> tuple[str, ...]:
        """What has a truth and a score of its own: nothing (one score), the classes, or the thresholds of stages.

        >>> Target("ordinal", ("CS1", "CS2", "CS3")).outputs
        ('above CS1', 'above CS2')
        """
        if self.is_binary or self.is_number:
            return ()
        return tuple(f"above {stage}" for stage in self.classes[:-1]) if self.kind == "ordinal" else self.classes

    @property
    def truth(self) -> tuple[str, ...]:
        """The columns of the truth."""
        return tuple(f"truth_{name}" for name in self.outputs) or ("truth",)

    @property
    def score(self) -> tuple[str, ...]:
        """The columns of the scores."""
        return tuple(f"score_{name}" for name in self.outputs) or ("score",)

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of every table of predictions."""
        return (*CASE_COLUMNS, *self.truth, *self.score)

    @property
    def prediction_columns(self) -> tuple[str, ...]:
        """The columns of predictions.csv: those of every table of predictions, then those of the scenario."""
        return (*self.columns, *SETTING_COLUMNS)


BINARY = Target("binary", ())


@dataclass(frozen=True)
class Setting:
    """A combination that users choose between; ``pixels`` is the resolved convention, never ``native``.

    ``image_size`` is set only if the grid has several image sizes.
    """

    backbone: str
    weights: str
    pixels: str
    tuning: str
    train_fraction: float = 1.0
    image_size: int | str | None = None

    @property
    def name(self) -> str:
        """Return the name used in tables and on the command line."""
        share = f"-train{self.train_fraction:g}" * self.is_partial
        size = f"-{self.image_size}px" if self.image_size else ""
        return f"{self.backbone}-{self.weights}-{self.pixels}-{self.tuning}{size}{share}"

    @property
    def network(self) -> str:
        """Return the backbone for a reader, with its image size if the grid has several.

        >>> Setting("ResNet50", "imagenet", "caffe", "frozen", image_size=512).network
        'ResNet50 at 512 px'
        """
        return f"{self.backbone} at {self.image_size} px" if self.image_size else self.backbone

    @property
    def has_network(self) -> bool:
        """Return whether its features come from a network that is here, not from vectors made elsewhere."""
        return self.backbone != EMBEDDINGS

    @property
    def is_partial(self) -> bool:
        """Return whether it is trained on a part of the training patients, for the learning curve."""
        return self.train_fraction < 1


@dataclass(frozen=True)
class Scenario:
    """A Setting at one learning rate (``None`` for the linear probe, which has none)."""

    setting: Setting
    learning_rate: float | None

    @property
    def name(self) -> str:
        """Return the name of the scenario's folder in ``runs``."""
        return self.setting.name if self.learning_rate is None else f"{self.setting.name}-{self.learning_rate:g}"

    @property
    def events(self) -> str:
        """Return the folder of the scenario's runs in TensorBoard: its setting, then its learning rate."""
        return self.setting.name if self.learning_rate is None else f"{self.setting.name}/{self.learning_rate:g}"

    @property
    def is_reference(self) -> bool:
        """Return whether the scenario is a reference (the probe), which is never chosen as the best."""
        return self.setting.tuning == PROBE

    @property
    def cells(self) -> tuple[str | float | None, ...]:
        """Return the scenario's values in the order of ``SETTING_COLUMNS``; the backbone is named with its size."""
        record = self.as_dict() | {"backbone": self.setting.network}
        return tuple(record[name] for name in SETTING_COLUMNS)

    def as_dict(self) -> dict[str, Any]:
        """Return the flat record for ``experiment.json`` and ``run.json``."""
        setting = asdict(self.setting)
        if self.setting.image_size is None:
            del setting["image_size"]
        return {"scenario": self.name, **setting, "learning_rate": self.learning_rate}

    @classmethod
    def from_dict(cls, record: dict[str, Any]) -> Scenario:
        """Return the scenario of a record made by ``as_dict``."""
        fields = ("backbone", "weights", "pixels", "tuning")
        later = {"train_fraction": record.get("train_fraction", 1.0), "image_size": record.get("image_size")}
        return cls(Setting(**{name: record[name] for name in fields}, **later), record["learning_rate"])


@dataclass(frozen=True)
class Run:
    """One Scenario trained on one Fold of one Repeat; it has its own folder."""

    scenario: Scenario
    repeat: int
    fold: int

    @property
    def name(self) -> str:
        """Return ``<scenario>/<repeat>-<fold>``, the folder in ``runs``."""
        return f"{self.scenario.name}/{self.repeat}-{self.fold}"

    @property
    def events(self) -> str:
        """Return ``<setting>/<learning rate>/<repeat>-<fold>``, the run's name in TensorBoard; a probe has no rate."""
        return f"{self.scenario.events}/{self.repeat}-{self.fold}"


def image_sizes(experiment: Experiment) -> tuple[int | str, ...]:
    """Return every image size of the experiment."""
    return experiment.grid.image_sizes or (experiment.training.image_size,)


def at_size(experiment: Experiment, image_size: int | str | None) -> Experiment:
    """Return the experiment with the image size of a setting; ``None`` changes nothing."""
    if image_size is None or image_size == experiment.training.image_size:
        return experiment
    return replace(experiment, training=replace(experiment.training, image_size=image_size))


def runs_of(experiment: Experiment, scenarios: Sequence[Scenario]) -> list[Run]:
    """Return every scenario on every fold of every repeat."""
    folds = product(range(experiment.folds.repeats), range(experiment.folds.count))
    return [Run(scenario, repeat, fold) for (repeat, fold), scenario in product(folds, scenarios)]
