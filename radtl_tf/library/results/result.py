"""A finished or unfinished experiment as one object: ``radtl_tf.open_results``."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from radtl_tf.errors import ExperimentError, OutputError
from radtl_tf.experiment.status import status_of
from radtl_tf.records.experiment_facts import read_facts
from radtl_tf.records.folder import OutputFolder
from radtl_tf.records.runs import Setting

# pandas and TensorFlow take seconds to load and are not needed to open a folder.
if TYPE_CHECKING:
    import keras
    import pandas as pd

    from radtl_tf.evaluation.evaluate import Evaluation
    from radtl_tf.library.results.answer import Answer
    from radtl_tf.library.results.plots import Plots

FRAMES = ("estimates", "comparisons", "predictions", "history")
BEST = "best"


class Result:
    """The output folder of an experiment. Its ``repr`` is the answer and the table of settings.

    Opening reads ``experiment.json`` only; everything else is read or computed when you use it. Only ``report`` and
    ``export`` write files.

    Raises:
        OutputError: the folder has no experiment, or a damaged one.
        DataError: another version wrote it, and this version cannot read it; the message names the version.


    Example:
        >>> import radtl_tf as radtl
        >>> result = radtl.open_results("results")
        >>> low, high = result.answer.interval
        >>> low < result.answer.difference < high
        True
    """

    def __init__(self, folder: str | os.PathLike[str], evaluation: Evaluation | None = None) -> None:
        """Open ``folder``; ``evaluation`` is its evaluation, if the caller has just made it."""
        self._known, self._output = evaluation, OutputFolder(Path(folder).expanduser())
        if not self._output.experiment.is_file():
            raise OutputError(
                f"{self._output.root} holds no experiment: experiment.json is missing. Name another folder."
            )
        self._facts = read_facts(self._output.experiment)

    @property
    def folder(self) -> Path:
        """The output folder."""
        return self._output.root

    @property
    def settings(self) -> list[str]:
        """The names of the settings, including linear probes, for ``keras_model`` and ``export``."""
        return [setting.name for setting in self._settings()]

    @property
    def answer(self) -> Answer | None:
        """The answer to the experiment's question; ``None`` without a question.

        Raises:
            ExperimentError: runs are missing.
            DataError: the predictions are damaged.
        """
        from radtl_tf.library.results.answer import answer_from

        found = self._evaluation.question
        return answer_from(found) if found else None

    @property
    def plot(self) -> Plots:
        """The figures: ``plot.roc()``, ``plot.forest()``, ``plot.calibration()``, ``plot.learning_curve()``."""
        from radtl_tf.library.results.plots import Plots

        return Plots(lambda: self._evaluation)

    def frame(self, name: str) -> pd.DataFrame:
        """Return a table of the experiment.

        Args:
            name: ``estimates`` (one metric of a setting or scenario per row), ``comparisons`` (one difference per
                row), ``predictions`` (one run and image per row) or ``history`` (one epoch of a finished run per row).

        Raises:
            ExperimentError: ``name`` is unknown, or runs are missing (``history`` is available after the first run).
            OutputError: a file is missing or damaged.
        """
        from radtl_tf.library.results import frames

        if name not in FRAMES:
            raise ExperimentError(f"No frame {name!r}: use one of {', '.join(FRAMES)}.")
        if name == "history":
            return frames.read_histories(self._output)
        self._check_finished()
        if name == "predictions":
            return frames.read_predictions(self._output, self._facts)
        return self._table(name)

    def report(self) -> Path:
        """Write the report, its tables and figures, and the summary card; return the path of ``report.html``.

        The card is one A4 page to send on: ``card.html``, and ``card.png`` as a picture.

        Raises:
            ExperimentError: runs are missing.
            OutputError: the folder cannot be written.
        """
        from radtl_tf.evaluation.evaluate import write_tables
        from radtl_tf.report.pages.experiment import write_report

        write_tables(self.folder, self._evaluation)
        return write_report(self.folder, self._evaluation)

    def keras_model(self, setting: str = BEST, fold: int | Literal["all"] = 0) -> keras.Model:
        """Return a trained network as a plain functional Keras model: fit it further, save it as ``.keras``.

        Args:
            setting: a name from ``settings``; ``best`` is the setting with the lowest mean inner loss.
            fold: return this fold's network of the first repeat, at the learning rate with the lowest inner loss; or
                ``all``: the mean of what the folds' networks give.

        Returns:
            A model from grey images (B, H, W, 1), float32 in 0..1, to P(positive) (B, 1), to (B, K) for K classes, to
            P(above a stage) (B, K - 1) for K stages, or to the number of a regression (B, 1) in the unit of the label.
            Resizing, pixel convention, backbone, standardization, dropout and head are stock layers, so it reloads
            without radtl_tf. Layers below the tuning boundary are not trainable. Images of the training size give the
            run's predictions to 1e-6; other sizes use Keras' resizing (see ``preprocess``).

        Raises:
            ExperimentError: the setting or fold is unknown, two settings are tied, or runs are missing.
            WeightsError: the weights file is missing or has changed since the run.
            OutputError: a file of the folder is missing or damaged.
        """
        from radtl_tf.deploy.keras_model import keras_model
        from radtl_tf.places import weights_folder

        return keras_model(self._output, _name(setting), fold, weights_folder=weights_folder())

    def export(
        self,
        path: str | os.PathLike[str],
        setting: str = BEST,
        version_number: int = 1,
        formats: Sequence[str] = ("saved_model",),
        fold: int | Literal["all", "refit"] = "all",
    ) -> Path:
        """Export a setting as a model that runs without radtl_tf; return its folder.

        Up to 64 images of the test parts are scored by Keras and by every exported format; they must agree.

        Args:
            path: the folder of the model. It may hold other versions.
            setting: a name from ``settings``; ``best`` is the setting with the lowest mean inner loss.
            version_number: 1 or more; the SavedModel is ``<path>/<version_number>``, as TensorFlow Serving expects it.
            formats: one or more of ``saved_model``, ``onnx``, ``openvino``, ``litert``, ``litert-float16`` and
                ``keras``; a format other than ``saved_model`` is written to ``<path>/<format>/<version_number>``.
            fold: ``all``: the mean of the folds; a number: this fold's network of the first repeat; ``refit``: one
                network that is trained on all patients, with the learning rate and the number of epochs that the folds
                chose, without thresholds and calibration. It is kept in the output folder.

        Raises:
            ExperimentError: the setting, fold or a format is unknown, two settings are tied, runs are missing, a
                package is not installed, or an exported format gives other probabilities than Keras.
            WeightsError: the weights file is missing or has changed since the run.
            DataError: the data set of the experiment is damaged.
            OutputError: the version exists in ``path``, or it cannot be written.
        """
        from radtl_tf.deploy.export import export
        from radtl_tf.places import weights_folder

        out, weights = Path(path).expanduser(), weights_folder()
        export(
            self._output,
            _name(setting),
            out,
            weights_folder=weights,
            version=version_number,
            formats=formats,
            fold=fold,
        )
        return Path(path)

    def __repr__(self) -> str:
        if self._missing():
            return f"Result of {self._facts.experiment.name!r}: {self._missing()}"
        from radtl_tf.report.drawing.table import render_text
        from radtl_tf.report.pages.card import answer_lines
        from radtl_tf.report.results.setting_tables import settings_table

        lines = [*answer_lines(self._evaluation), "", render_text(settings_table(self._evaluation)).rstrip()]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        from html import escape

        from radtl_tf.report.pages.card import render_card

        return f"<p>{escape(repr(self))}</p>" if self._missing() else render_card(self._evaluation)

    @cached_property
    def _evaluation(self) -> Evaluation:
        if self._known:
            return self._known
        from radtl_tf.evaluation.evaluate import evaluate

        self._check_finished()
        return evaluate(self.folder)

    def _table(self, name: str) -> pd.DataFrame:
        from radtl_tf.evaluation.evaluate import tables_of
        from radtl_tf.library.results.frames import read_table

        file = self.folder / f"{name}.csv"
        return read_table(file, "learning_rate") if file.exists() else tables_of(self._evaluation)[name]

    def _settings(self) -> list[Setting]:
        return list(dict.fromkeys(scenario.setting for scenario in self._facts.scenarios))

    def _missing(self) -> str:
        """Return how many runs are finished, or "" if all are."""
        status = status_of(self._output, self._facts)
        return f"{status.done} of {status.runs} runs are finished" if status.done < status.runs else ""

    def _check_finished(self) -> None:
        if self._missing():
            raise ExperimentError(f"{self.folder}: {self._missing()}. Run the experiment again to finish it.")


def _name(setting: str) -> str | None:
    return None if setting == BEST else setting
