"""The library's face: what ``import radtl_tf`` offers. Each name is listed in ``radtl_tf.__all__``.

Wrong input raises ``radtl_tf.errors.RadtlError`` or one of its kinds, with one line that says what to do.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from radtl_tf.library.data.dataset import Dataset as Dataset
from radtl_tf.library.data.patient_folds import PatientFolds as PatientFolds
from radtl_tf.library.results.result import Result as Result

# Keras and TensorFlow take seconds to load: each function loads them when it is called.
if TYPE_CHECKING:
    import keras
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from radtl_tf.library.results.exported_models import ExternalTest
    from radtl_tf.records.experiment import Experiment

SEED = 726  # the default seed of an experiment
PathLike = os.PathLike[str]


def backbone(
    name: str,
    weights: str | PathLike | None = None,
    pixels: str | None = None,
    size: int = 224,
    seed: int = SEED,
) -> keras.Model:
    """Return a convolutional network with verified weights as a plain functional Keras model.

    The file is checked as an experiment checks it: complete, finite, of this backbone, and safe to read.

    Args:
        name: ``ResNet50``, ``DenseNet121``, ``InceptionV3``, ``InceptionResNetV2``, ``MobileNet``, ``MobileNetV2``,
            or ``MobileNet050`` and ``MobileNet025``, MobileNets with half and a quarter of the channels.
        weights: ``imagenet``, ``radimagenet``, the path of an ``.h5`` file, or ``random``, which is also ``None``.
        pixels: the convention in which the weights saw images. A file needs it, unless ``radtl pretrain`` wrote it;
            the attribute ``pixels`` of the model names it, for ``preprocess``.
        size: side of the images in pixels.
        seed: of random weights.

    Returns:
        A model from (B, size, size, 3), float32 in the pixel convention, to pooled features (B, C).

    Raises:
        ExperimentError: an unknown name or convention, a file without ``pixels``, or a size that is too small.
        WeightsError: the file is missing or not what it claims to be, or Keras could not download it.

    Example:
        >>> import radtl_tf as radtl
        >>> base = radtl.backbone("MobileNet", weights="random", size=32)
        >>> base.output_shape, base.pixels
        ((None, 1024), 'tf')
    """
    from radtl_tf.library.networks import verified_backbone

    return verified_backbone(name, weights, pixels, size, seed)


def preprocess(pixels: str, size: int = 224, resize: str = "pad") -> keras.Sequential:
    """Return stock Keras layers from grey images to what a network is shown; a saved model needs no other.

    Args:
        pixels: the convention of the weights: ``caffe``, ``torch``, ``tf``, ``zero_one`` or ``radimagenet``.
        size: side of the network's images in pixels.
        resize: ``pad`` keeps the aspect ratio and fills with black, ``stretch`` does not; ``published`` takes the
            nearest pixel.

    Returns:
        A model from (B, H, W, 1) or (B, H, W, 3), grey float32 in 0..1, to (B, size, size, 3). Images of this size
        already keep their values. ``stretch`` and ``published`` are those of an experiment to 1e-5. With ``pad``, Keras
        pads before it resizes and an experiment resizes before it pads: on radiographs that are not square the mean
        difference stays below 0.03 of the grey range, and the edge of the film differs by more.

    Raises:
        ExperimentError: an unknown convention or resize, or no positive size.

    Example:
        >>> import numpy as np
        >>> import radtl_tf as radtl
        >>> layers = radtl.preprocess("caffe", size=32)
        >>> layers(np.ones((2, 48, 40, 1), "float32")).shape
        TensorShape([2, 32, 32, 3])
    """
    from radtl_tf.models.preprocessing_layers import preprocessing_layers

    return preprocessing_layers(pixels, size, resize)


def embeddings(
    data: Dataset,
    backbone: str = "ResNet50",
    weights: str | PathLike | None = "radimagenet",
    pixels: str | None = None,
    size: int = 224,
    resize: str = "pad",
    seed: int = SEED,
) -> NDArray[np.float32]:
    """Return the pooled features of a frozen backbone, (N, C) float32, a row per image in the order of ``data``.

    They are the numbers that a frozen run of an experiment with the same setting uses, bit by bit, and both keep them
    in one cache (``RADTL_CACHE``): whichever comes second computes nothing.

    Args:
        data: the images.
        backbone: name of the network, as for ``radtl_tf.backbone``.
        weights: name or file, as for ``radtl_tf.backbone``.
        pixels: another convention than that of the weights; a file needs it.
        size: side of the images in pixels.
        resize: ``pad``, ``stretch`` or ``published``.
        seed: of the experiment, which counts for random weights only.

    Raises:
        DataError: an image is missing or cannot be decoded.
        ExperimentError: an argument is not known or out of range.
        WeightsError: the weights are missing or not what they claim to be.
        OutputError: the cache cannot be written.

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> import radtl_tf as radtl
        >>> from radtl_tf.data.phantoms.write import write_phantoms
        >>> folder = Path(tempfile.mkdtemp())
        >>> table = write_phantoms(folder, kind="skull", num_patients=4, seed=1, height=64)
        >>> data = radtl.Dataset.from_csv(table, positive="male", patient="patient_id", unit="image")
        >>> features = radtl.embeddings(data, "MobileNet", weights="random", size=32)
        >>> features.shape == (len(data), 1024)
        True
    """
    from radtl_tf.library.embeddings import pooled_features

    return pooled_features(data, backbone, weights, pixels, size, resize, seed)


def compare(
    data: Dataset | pd.DataFrame,
    weights: Sequence[str] | Mapping[str, tuple[str | PathLike | Mapping[str, str | PathLike], str] | None],
    backbones: Sequence[str] = ("ResNet50",),
    cv: PatientFolds | int = 5,
    margin: float = 0.02,
    out: str | PathLike = "results",
    tunings: Sequence[str] = ("frozen",),
    learning_rates: Sequence[float] = (0.01, 0.001),
    epochs: int = 30,
    image_size: int = 224,
    batch_size: int = 32,
    seed: int = SEED,
    name: str = "comparison",
    accept: Sequence[str] = (),
    path: str | None = None,
    label: str | Sequence[str] | None = None,
    positive: str | int | None = None,
    patient: str | None = None,
    unit: str | None = None,
    root: str | PathLike | None = None,
) -> Result:
    """Train a grid from several weights, and say whether the first two differ: an experiment in one call.

    It resumes: interrupt it (Ctrl-C), make the same call, and finished runs are kept. A bar shows the progress.

    Args:
        data: a Dataset; or a DataFrame, of which ``path``, ``label``, ``positive``, ``patient``, ``unit`` and ``root``
            say what ``Dataset.from_frame`` has to know.
        weights: names (``imagenet``, ``radimagenet``, ``random``). Or a mapping from names of your own to a file and
            its pixel convention, ``{"mine": ("mine.h5", "tf"), "random": None}``; ``None`` where the name says it all;
            with several backbones a mapping from each to its file in place of the file.
        backbones: names of networks, as for ``backbone``.
        cv: the folds, or their number.
        margin: the difference in AUROC that does not count.
        out: the output folder.
        tunings: ``frozen``, ``top10``, ``topK`` with a number of layers (``topK25``), or ``full``.
        learning_rates: of every tuning; one is chosen inside each training part.
        epochs: of every run; the epoch of lowest inner loss is kept.
        image_size: side of the network's images in pixels.
        batch_size: images per step.
        seed: of heads, dropout and order; of the folds, too, where ``cv`` is a number.
        name: of the experiment, in its report.
        accept: codes of warnings of the data check that you have looked at.
        path: column of the files of a DataFrame.
        label: its column of the label.
        positive: its positive class.
        patient: its column of the patient id.
        unit: what counts as one case, ``patient`` or ``image``.
        root: the folder that its files are relative to.

    Raises:
        DataError: the data are wrong.
        ExperimentError: an argument is out of range, not known, or contradicts another one.
        WeightsError: weights are missing or not what they claim to be.
        OutputError: ``out`` cannot be written, or holds finished runs of another experiment.

    Example:
        >>> import radtl_tf as radtl
        >>> data = radtl.Dataset.from_csv("labels.csv", positive="present", patient="patient_id", unit="image")
        >>> weights = {"mine": ("mine.h5", "tf"), "random": None}
        >>> settings = dict(backbones=["MobileNet"], cv=3, learning_rates=[0.01], epochs=2, image_size=32)
        >>> result = radtl.compare(data, weights, **settings, out="results")
        >>> result.answer.verdict in ("better", "worse", "equivalent", "undecided")
        True
    """
    from radtl_tf.library.results.compare_arguments import Asked, dataset_from, experiment_of, source_of
    from radtl_tf.library.results.start import finished

    columns = {"path": path, "label": label, "positive": positive, "patient": patient, "unit": unit, "root": root}
    table = dataset_from(data, **columns)
    asked = Asked(
        weights=weights,
        backbones=backbones,
        cv=cv,
        margin=margin,
        tunings=tunings,
        learning_rates=learning_rates,
        epochs=epochs,
        image_size=image_size,
        batch_size=batch_size,
        seed=seed,
        name=name,
    )
    return finished(experiment_of(table, asked), out, accept, source_of(table))


def run(experiment: str | PathLike | Experiment, out: str | PathLike = "results", accept: Sequence[str] = ()) -> Result:
    """Do what is left of an experiment: train, evaluate, report. Interrupt it and call it again to resume.

    Args:
        experiment: an experiment file (TOML), or an ``Experiment``.
        out: the output folder.
        accept: codes of warnings of the data check that you have looked at.

    Raises:
        DataError, ExperimentError, WeightsError: the input is wrong, or the device ran out of memory.
        OutputError: ``out`` cannot be written, or holds finished runs of another experiment.

    Example:
        >>> import radtl_tf as radtl
        >>> result = radtl.run("experiment.toml", out="from-file")
        >>> result.settings
        ['MobileNet-random-tf-frozen', 'MobileNet-random-tf-probe']
    """
    from radtl_tf.library.results.start import finished

    return finished(experiment, out, accept)


def open_results(folder: str | PathLike) -> Result:
    """Open the output folder of an experiment, finished or not, of this version or an earlier one.

    Raises:
        OutputError: the folder holds no experiment, or a damaged one.
        DataError: another version wrote it, which this one cannot read; the message says which.

    Example:
        >>> import radtl_tf as radtl
        >>> result = radtl.open_results("results")
        >>> result.frame("estimates").loc[0, ["weights", "metric"]].tolist()
        ['mine', 'auroc']
    """
    return Result(folder)


def test(
    model: str | PathLike,
    data: Dataset | str | PathLike,
    out: str | PathLike | None = None,
    compare: str | PathLike | None = None,
    threshold: float | None = None,
    label: str | Sequence[str] | None = None,
    patient: str | None = None,
    unit: str | None = None,
    images: str | PathLike | None = None,
    label_separator: str | None = None,
    one_image_per_patient: bool | None = None,
) -> ExternalTest:
    """Test an exported model on patients that it was not made with, or compare two.

    Args:
        model: the folder that ``Result.export`` wrote.
        data: a Dataset of files; or a CSV file, whose columns the last arguments name, as for ``Dataset.from_csv``.
        out: a new folder for scores, numbers and a page; without it nothing is kept.
        compare: a second model, to be compared with the first on the same cases.
        threshold: the score (0..1) from which a binary model calls a case positive, fixed beforehand.
        label: column of the label of a CSV file.
        patient: its column of the patient id.
        unit: what counts as one case, ``patient`` or ``image``.
        images: the folder that its files are relative to.
        label_separator: what divides several labels in one cell.
        one_image_per_patient: each image is a patient of its own.

    Returns:
        The test, with ``frame()``, ``results`` and a ``repr`` that is the answer.

    Raises:
        DataError: the data are wrong, or their classes are not those of the model.
        ExperimentError: arguments contradict each other.
        OutputError: a folder holds no model, or ``out`` exists or cannot be written.

    Example:
        >>> import radtl_tf as radtl
        >>> found = radtl.test("model", "labels.csv", patient="patient_id", unit="image")
        >>> len(found.frame()) > 0
        True
    """
    from radtl_tf.library.results.exported_models import external_test

    models = [Path(folder) for folder in (model, compare) if folder is not None]
    return external_test(
        models,
        data,
        Path(out) if out else None,
        threshold,
        label=label,
        patient=patient,
        unit=unit,
        images=Path(images) if images else None,
        label_separator=label_separator,
        one_image_per_patient=one_image_per_patient,
    )


def predict(model: str | PathLike, images: Dataset | str | PathLike | Iterable[str | PathLike]) -> pd.DataFrame:
    """Score radiographs with an exported model.

    Args:
        model: the folder that ``Result.export`` wrote.
        images: files (DICOM, PNG, JPEG), a folder of them, several of these, or a Dataset of files.

    Returns:
        A row per image: ``path`` (of a Dataset: ``row``), ``score`` (of the positive class) or, of a model of several
        classes, ``score_<class>`` for each, and ``error``: why an image has no score, else ``None``.

    Raises:
        DataError: a path does not exist, or the Dataset has no files.
        OutputError: ``model`` holds no model, or a damaged one.

    Example:
        >>> import radtl_tf as radtl
        >>> list(radtl.predict("model", "images").columns)
        ['path', 'score', 'error']
    """
    from radtl_tf.library.results.exported_models import predictions

    return predictions(Path(model), images)
