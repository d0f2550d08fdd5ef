"""The record of a finished experiment in its output folder: ``experiment.json``, the folds and the finished runs."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from radtl_tf.errors import DataError
from radtl_tf.evaluation.inference import corrected_t, repeated_folds
from radtl_tf.evaluation.metrics.metric_table import Metric, question_metric
from radtl_tf.records.experiment import Experiment, Question
from radtl_tf.records.experiment_facts import DataFacts, ExperimentFacts, read_facts
from radtl_tf.records.folder import OutputFolder
from radtl_tf.records.integrity.folder_checksums import refuse_damaged_files
from radtl_tf.records.integrity.run_checksums import refuse_damaged_runs
from radtl_tf.records.runs import FOLD_COLUMNS, Scenario, Setting, Target

NATIVE = "native"
ALTERNATIVE = "alternative"  # never written in a file: the other possible convention of uncertain weights


@dataclass(frozen=True)
class Missing:
    """What failed runs have left open: in ``lines``, the ``scenarios`` left out, and the ``weights`` that lack some.

    ``unanswered`` says why the question has no answer, or is empty.
    """

    lines: tuple[str, ...] = ()
    scenarios: frozenset[str] = frozenset()
    weights: frozenset[str] = frozenset()
    unanswered: str = ""


@dataclass(frozen=True)
class ExperimentRecord:
    """``facts`` is ``experiment.json``, ``folds`` is ``folds.csv``, ``runs`` the ``run.json`` of each finished run.

    ``missing`` is what ``missing_runs.without_failed`` has left out.
    """

    facts: ExperimentFacts
    folds: pd.DataFrame
    runs: pd.DataFrame
    missing: Missing = Missing()

    @property
    def complete_weights(self) -> list[str]:
        """The weights of the grid with all of their runs, which can be compared."""
        return [name for name in self.experiment.grid.weights if name not in self.missing.weights]

    @property
    def experiment(self) -> Experiment:
        """The resolved experiment."""
        return self.facts.experiment

    @property
    def question(self) -> Question | None:
        """The question of the experiment, if it declares one."""
        return self.experiment.question

    @property
    def asked(self) -> Question:
        """The question of an experiment that declares one.

        Raises:
            ValueError: it declares none.
        """
        if self.question is None:
            raise ValueError("the experiment declares no question")
        return self.question

    @property
    def data(self) -> DataFacts:
        """Counts of images and patients, classes and unit."""
        return self.facts.data

    @property
    def scenarios(self) -> tuple[Scenario, ...]:
        """All scenarios of the experiment, in their order."""
        return self.facts.scenarios

    @property
    def target(self) -> Target:
        """What is predicted, and its columns."""
        return self.facts.target

    @property
    def num_test_parts(self) -> int:
        """How many test parts there are: one per fold and repeat."""
        return self.num_folds * self.num_repeats

    @property
    def question_metric(self) -> Metric:
        """The metric of the question: the MAE of a regression, otherwise the AUROC."""
        return question_metric(self.target.kind)

    @property
    def metric(self) -> str:
        """The name of a run's value: the AUROC of several classes is a mean."""
        target, name = self.target, self.question_metric.name
        what = "thresholds" if target.kind == "ordinal" else "classes"
        return f"mean {name} of the {len(target.outputs)} {what}" if target.outputs else name

    @property
    def in_unit(self) -> str:
        """The unit of the question's metric, to be put behind a number: " years", or "" for an AUROC."""
        unit = self.experiment.task.label_unit
        return f" {unit}" if unit and self.question_metric.has_unit else ""

    @property
    def metric_in_unit(self) -> str:
        """The metric for a heading: "AUROC" or "MAE (years)"."""
        return self.question_metric.name + (f" ({self.in_unit.strip()})" if self.in_unit else "")

    @property
    def lower_is_better(self) -> bool:
        """Whether a lower value of the question's metric is better."""
        return self.question_metric.lower_is_better

    @property
    def question_method(self) -> str:
        """The method of the intervals and p values of the question's metric."""
        return repeated_folds.METHOD if self.num_repeats > 1 else corrected_t.METHOD

    @property
    def num_folds(self) -> int:
        """The k of k-fold."""
        return self.experiment.folds.count

    @property
    def num_repeats(self) -> int:
        """How often the folds were drawn."""
        return self.experiment.folds.repeats

    @property
    def trained(self) -> list[Scenario]:
        """The scenarios that take part in choices and comparisons, all of them with all training patients."""
        return [scenario for scenario in self.whole if not scenario.is_reference]

    @property
    def whole(self) -> list[Scenario]:
        """The scenarios, references too, that were trained with all training patients."""
        return self.with_share(1.0)

    def with_share(self, share: float) -> list[Scenario]:
        """Return the scenarios, references too, that were trained with a share (0..1) of the training patients."""
        return [scenario for scenario in self.scenarios if scenario.setting.train_fraction == share]

    @property
    def settings(self) -> list[Setting]:
        """The settings of the trained scenarios, in their order."""
        return list(dict.fromkeys(scenario.setting for scenario in self.trained))

    @property
    def axis(self) -> list[str]:
        """The entries of the pixels axis after ``native``, which means each weights' headline convention."""
        return [NATIVE, *(entry for entry in self.experiment.grid.pixels if entry != NATIVE)]

    def convention(self, entry: str, weights: str, backbone: str) -> str:
        """Return the convention that an entry of the pixels axis means for these weights.

        ``native`` is the weights' own convention if the grid includes it, otherwise the first that the experiment
        lists; ``alternative`` is the other possible convention, which is ``native`` for certain weights.
        """
        if entry not in (NATIVE, ALTERNATIVE):
            return entry
        wanted = {
            used.native_pixels if entry == NATIVE else used.alternative_pixels
            for used in self.facts.weights
            if (used.name, used.backbone) == (weights, backbone)
        }
        found = {s.pixels for s in self.settings if (s.weights, s.backbone) == (weights, backbone)}
        otherwise = (
            self.convention(NATIVE, weights, backbone) if entry == ALTERNATIVE else self.experiment.grid.pixels[0]
        )
        return min(found & wanted, default=otherwise)

    def conventions(self, entry: str, weights: str) -> list[str]:
        """Return what an entry of the pixels axis means for these weights over the backbones, each name once."""
        return list(dict.fromkeys(self.convention(entry, weights, backbone) for backbone in self._backbones(weights)))

    def _backbones(self, weights: str) -> list[str]:
        """Return the backbones that start from these weights; all of the grid if nothing is recorded of them."""
        grid = self.experiment.grid.backbones
        started = {used.backbone for used in self.facts.weights if used.name == weights}
        return [backbone for backbone in grid if backbone in started] or list(grid)

    def candidates(self, weights: str) -> list[str]:
        """Return the entries under which a question about these weights is answered: two if they are uncertain."""
        certain = self.conventions(ALTERNATIVE, weights) == self.conventions(NATIVE, weights)
        return [NATIVE] if certain else [NATIVE, ALTERNATIVE]

    def family(self, weights: str, entry: str = NATIVE, share: float = 1.0) -> list[Scenario]:
        """Return the trained scenarios of ``weights`` under one entry of the pixels axis, with a share of training."""
        return self._under(entry, weights, [one for one in self.with_share(share) if not one.is_reference])

    def probes(self, weights: str, entry: str = NATIVE, share: float = 1.0) -> list[Scenario]:
        """Return the linear probes of ``weights`` under one entry of the pixels axis, one per backbone."""
        return self._under(entry, weights, [one for one in self.with_share(share) if one.is_reference])

    def _under(self, entry: str, weights: str, scenarios: list[Scenario]) -> list[Scenario]:
        return [
            scenario
            for scenario in scenarios
            if scenario.setting.weights == weights
            and scenario.setting.pixels == self.convention(entry, weights, scenario.setting.backbone)
        ]


def read_record(folder: Path) -> ExperimentRecord:
    """Read ``experiment.json``, ``folds.csv`` and every ``run.json`` of an output folder.

    Raises:
        OutputError: a file is missing or damaged.
        DataError: ``folds.csv`` is missing or not the one of the runs, or a newer version wrote the folder.
    """
    output = OutputFolder(folder)
    facts = read_facts(output.experiment)
    refuse_damaged_runs(output)
    refuse_damaged_files(output)
    return ExperimentRecord(
        facts=facts,
        folds=_read_folds(output.folds, facts.folds_sha256),
        runs=pd.DataFrame(list(output.run_records()), columns=_RUN_COLUMNS),
    )


_RUN_COLUMNS = [
    "scenario",
    "repeat",
    "fold",
    "train_patients",
    "images_per_epoch",
    "epochs",
    "best_epoch",
    "fixed_epochs",
    "converged",
    "diverged",
    "constant",
    "seconds",
    "waiting",
    "precision",
    "versions",
    "hardware",
]


def _read_folds(path: Path, sha256: str) -> pd.DataFrame:
    try:
        if hashlib.sha256(path.read_bytes()).hexdigest() != sha256:
            raise DataError(
                f"{path}: the file has changed since the runs were trained. Run the experiment again: it writes the "
                "file again."
            )
        table = pd.read_csv(path, dtype={"patient": str, "part": str}, keep_default_na=False, encoding="utf-8")
        return table[list(FOLD_COLUMNS)].astype({"example": "int64", "repeat": "int64", "fold": "int64"})
    except (OSError, KeyError, ValueError) as error:  # pandas' parser errors are ValueErrors
        raise DataError(f"{path}: missing or damaged; expected the columns {', '.join(FOLD_COLUMNS)}.") from error
