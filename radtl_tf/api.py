"""The public functions of ``import radtl_tf``. Each name is listed in ``radtl_tf.__all__``.

Wrong input raises ``radtl_tf.errors.RadtlError`` or a subclass, with a one-line message that says what to do.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from radtl_tf.library.data.dataset import Dataset as Dataset
from radtl_tf.library.data.patient_folds import PatientFolds as PatientFolds
from radtl_tf.library.results.result import Result as Result
from radtl_tf.library.screen.screen import screen as screen

# Keras and TensorFlow take seconds to load, so each function loads them when it is called.
if TYPE_CHECKING:
    import keras
    import numpy as np
    import pandas as pd
    from numpy.typing import ArrayLike, NDArray

    from radtl_tf.library.results.exported_models import ExternalTest
    from radtl_tf.records.experiment import Experiment

SEED = 726  # the default seed of an experiment
PathLike = os.PathLike[str]


def backbone(
    name: str,
    weights: str | PathLike | None = None,
    pixels: str | None = None,
    size: int | str = 224,
    seed: int = SEED,
) -> keras.Model:
    """Return a convolutional network with verified weights as a plain functional Keras model.

    The file is checked as in an experiment: it must be complete, finite, of this backbone, and safe to read.

    Args:
        name: ``ResNet50``, ``DenseNet121``, ``InceptionV3``, ``InceptionResNetV2``, ``ResNet50V2``, ``VGG16``,
            ``Xception``, ``ConvNeXtTiny``, ``ConvNeXtBase``, ``EfficientNetB0``, ``EfficientNetV2B0``,
            ``EfficientNetV2S``, ``MobileNet``, ``MobileNetV2``, or ``MobileNet050`` and ``MobileNet025``, which are
            MobileNets with half and a quarter of the channels; ``ResNet50Torch`` and ``InceptionV3Torch`` are the
            graphs that PyTorch trains. ``DINOv2Small`` and ``DINOv2Base`` are vision transformers;
            ``DINOv2BaseMean`` averages the patch tokens, ``DINOv2BaseBoth`` adds the class token.
        weights: ``imagenet``, ``radimagenet``, the path of an ``.h5`` file, or ``random`` (also ``None``). For a vision
            transformer the path of a Hugging Face folder, such as RAD-DINO's.
        pixels: the pixel convention of the weights. Required for a file, unless ``radtl pretrain`` or
            ``radtl weights convert`` wrote it, and for a folder without ``preprocessor_config.json``. The model's
            attribute ``pixels`` contains it, for ``preprocess``.
        size: side of the images in pixels, or height x width such as ``"256x512"``.
        seed: seed of random weights.

    Returns:
        A model from (B, H, W, 3) of this size, float32 in the pixel convention, to pooled features (B, C).

    Raises:
        ExperimentError: a name or convention is unknown, a file has no ``pixels``, or ``size`` is too small or is not
            a multiple of the patches.
        WeightsError: the file is missing or not what it claims to be, or Keras could not download it.

    Example:
        >>> import radtl_tf as radtl
        >>> base = radtl.backbone("MobileNet", weights="random", size=32)
        >>> base.output_shape, base.pixels
        ((None, 1024), 'tf')
    """
    from radtl_tf.library.networks import verified_backbone

    return verified_backbone(name, weights, pixels, size, seed)


def preprocess(pixels: str, size: int | str = 224, resize: str = "pad") -> keras.Sequential:
    """Return stock Keras layers that turn grey images into the input of a backbone.

    Args:
        pixels: the convention of the weights: ``caffe``, ``torch``, ``tf``, ``zero_one``, ``radimagenet``, or a mean
            and an SD of 0..1, such as ``mean0.53sd0.26``.
        size: side of the network's images in pixels, or height x width such as ``"256x512"``.
        resize: ``pad`` keeps the aspect ratio and fills with black, ``stretch`` does not; ``published`` uses
            nearest-neighbor resizing.

    Returns:
        A model from (B, H, W, 1) or (B, H, W, 3), grey float32 in 0..1, to images (B, R, C, 3), R x C as
        ``size`` says. Images that already have this size are not resized. ``stretch`` and ``published`` agree with an
        experiment to 1e-5. With ``pad``, Keras pads and then resizes, while an experiment resizes and then
        pads: on radiographs that are not square the mean difference is below 0.03 of the grey range; at
        the edge of the film it is larger.

    Raises:
        ExperimentError: the convention or resize is unknown, or ``size`` is not positive.

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
    size: int | str = 224,
    resize: str = "pad",
    seed: int = SEED,
) -> NDArray[np.float32]:
    """Return the pooled features of a frozen backbone, (N, C) float32, one row per image in the order of ``data``.

    They are bit for bit the features that a frozen run of an experiment with the same setting uses. Both share one
    cache (``RADTL_CACHE``), so the features are computed once.

    Args:
        data: the images.
        backbone: name of the network, as for ``radtl_tf.backbone``.
        weights: name or file, as for ``radtl_tf.backbone``.
        pixels: pixel convention; default: the one of the weights. Required for a file.
        size: side of the images in pixels, or height x width such as ``"256x512"``.
        resize: ``pad``, ``stretch`` or ``published``.
        seed: seed of the experiment; only used for random weights.

    Raises:
        DataError: an image is missing or cannot be decoded.
        ExperimentError: an argument is unknown or out of range.
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


def read_embeddings(data: Dataset, path: str | PathLike) -> NDArray[np.float32]:
    """Return embeddings that another program computed, (N, C) float32, one row per image in the order of ``data``.

    Use them like the features of ``embeddings``: with scikit-learn and the folds of ``PatientFolds``. Each vector is
    found by a name: the path of the image as the table has it, its file name, or the number of its row from 0. Vectors
    of other images are left out, which is logged. A warning is logged if vectors of different images are equal, or if
    a dimension alone separates the classes of a binary or multiclass task, because labels may then be inside.

    Args:
        data: the images.
        path: ``.npz`` with an array of names and one of vectors (``np.savez(path, names=..., vectors=...)``);
            ``.parquet`` (``radtl_tf[parquet]``) with a column of names, then a column of lists or columns of numbers;
            or ``.csv`` with a header, a column of names, then columns of numbers.

    Raises:
        DataError: the file is missing, damaged or of another form; an image has no vector or several; a vector is
            constant or not finite.

    Example:
        >>> import numpy as np
        >>> import pandas as pd
        >>> import radtl_tf as radtl
        >>> table = pd.DataFrame({"file": ["1.png", "2.png", "3.png"], "caries": [1, 0, 1], "id": ["a", "b", "c"]})
        >>> data = radtl.Dataset.from_frame(table, path="file", label="caries", positive=1, patient="id")
        >>> names, vectors = np.array(["3.png", "1.png", "2.png"]), np.array([[3.0, 0.5], [1.0, 0.1], [2.0, 0.9]])
        >>> np.savez("features.npz", names=names, vectors=vectors)
        >>> radtl.read_embeddings(data, "features.npz")[:, 0].tolist()
        [1.0, 2.0, 3.0]
    """
    from radtl_tf.library.read_embeddings import embeddings_of

    return embeddings_of(data, Path(path).expanduser())


def compare(
    data: Dataset | pd.DataFrame,
    weights: Sequence[str] | Mapping[str, tuple[str | PathLike | Mapping[str, str | PathLike], str] | None] = (),
    backbones: Sequence[str] | None = None,
    cv: PatientFolds | int = 5,
    margin: float | None = None,
    out: str | PathLike = "results",
    tunings: Sequence[str] = ("frozen",),
    learning_rates: Sequence[float] = (0.01, 0.001),
    epochs: int = 30,
    image_size: int | str = 224,
    batch_size: int = 32,
    seed: int = SEED,
    name: str = "comparison",
    accept: Sequence[str] = (),
    allow_changed: bool = False,
    path: str | None = None,
    label: str | Sequence[str] | None = None,
    positive: str | int | None = None,
    patient: str | None = None,
    unit: str | None = None,
    root: str | PathLike | None = None,
    features: Mapping[str, ArrayLike | str | PathLike] | None = None,
) -> Result:
    """Run a whole experiment: train a grid from several weights and compare the first two.

    You can interrupt it (Ctrl-C); the same call resumes it and keeps finished runs. A bar shows the progress.

    Args:
        data: a Dataset; or a DataFrame together with ``path``, ``label``, ``positive``, ``patient``, ``unit`` and
            ``root``, the arguments of ``Dataset.from_frame``.
        weights: names (``imagenet``, ``radimagenet``, ``random``), or a mapping from a name of your choice to a file
            and its pixel convention, ``{"mine": ("mine.h5", "tf"), "random": None}``. Use ``None`` for a known name.
            With several backbones, give a mapping from backbone to file in place of the file.
        backbones: names of networks, as for ``backbone``; ``ResNet50`` by default, if there are weights.
        cv: the folds, or their number.
        margin: differences up to this size are irrelevant: of AUROCs (default: 0.02), or of the mean absolute error in
            the unit of the label, where it has no default.
        out: the output folder.
        tunings: ``frozen``, ``top10``, ``topK`` with a number of layers (``topK25``; in a vision transformer of
            blocks), or ``full``.
        learning_rates: learning rates to try for each tuning; one is chosen inside each training part.
        epochs: epochs of each run; the epoch with the lowest inner loss is kept.
        image_size: side of the network's images in pixels, or height x width such as ``"256x512"``.
        batch_size: images per step.
        seed: seed of heads, dropout and order, and of the folds if ``cv`` is a number.
        name: name of the experiment in its report.
        accept: codes of warnings of the data check that you accept.
        allow_changed: resume although finished runs had other software or hardware; the report says so.
        path: column of the image files of a DataFrame.
        label: column of the label of a DataFrame.
        positive: positive class of a DataFrame's labels.
        patient: column of the patient id of a DataFrame.
        unit: what counts as one case, ``patient`` or ``image``.
        root: folder of the image files of a DataFrame.
        features: embeddings that another program computed, which are compared after the weights, or alone: a mapping
            from a name of your choice to an array (N, C), one row per image in the order of ``data``, or to a file as
            for ``read_embeddings``. Only with the tuning ``frozen``; their network is not here, so there is no model
            to export.

    Raises:
        DataError: the data are wrong, or features do not fit them.
        ExperimentError: an argument is unknown, out of range, or contradicts another argument.
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
    from radtl_tf.library.results.compare_arguments import Asked
    from radtl_tf.library.results.start import compared

    columns = dict(path=path, label=label, positive=positive, patient=patient, unit=unit, root=root)
    training = dict(epochs=epochs, image_size=image_size, batch_size=batch_size)
    asked = Asked(weights, backbones, tunings, learning_rates, training, cv=cv, margin=margin, seed=seed, name=name)
    return compared(data, columns, asked, features, out, accept, allow_changed=allow_changed)


def run(
    experiment: str | PathLike | Experiment,
    out: str | PathLike = "results",
    accept: Sequence[str] = (),
    allow_changed: bool = False,
) -> Result:
    """Run or resume an experiment: train the remaining runs, evaluate, report. You can interrupt it at any time.

    Args:
        experiment: an experiment file (TOML), or an ``Experiment``.
        out: the output folder.
        accept: codes of warnings of the data check that you accept.
        allow_changed: resume although finished runs had other software or hardware; the report says so.

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

    return finished(experiment, out, accept, allow_changed=allow_changed)


def open_results(folder: str | PathLike) -> Result:
    """Open the output folder of an experiment, finished or not, of this version or an earlier one.

    Raises:
        OutputError: the folder has no experiment, or a damaged one.
        DataError: another version wrote it, and this version cannot read it; the message names the version.

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
    patient_pattern: str | None = None,
    path_column: str | None = None,
    suffix: str | None = None,
    encoding: str | None = None,
    missing: str | None = None,
    uncertain: str | None = None,
) -> ExternalTest:
    """Test an exported model on new patients, or compare two models on them.

    Args:
        model: the folder that ``Result.export`` wrote.
        data: a Dataset of files; or a CSV file, with its columns in the last arguments, as in ``Dataset.from_csv``.
        out: a new folder for scores, results and a page; without it, nothing is kept.
        compare: a second model to compare with the first on the same cases.
        threshold: score (0..1) from which a binary model calls a case positive; choose it before the test.
        label: column of the label of a CSV file.
        patient: column of the patient id of a CSV file.
        unit: what counts as one case, ``patient`` or ``image``.
        images: folder of the images of a CSV file; default: the folder of the file.
        label_separator: character between several labels in one cell.
        one_image_per_patient: the table has no patient column, and each image counts as one patient.
        patient_pattern: regular expression that finds the patient id in the path of each image.
        path_column: column of the paths of a CSV file; default: ``path``.
        suffix: ending that the paths lack, such as ``.png``.
        encoding: encoding of a CSV file; default: found.
        missing: meaning of a cell without a label: ``refuse``, ``no`` or ``ignore``, as for ``Dataset.from_csv``.
        uncertain: meaning of an uncertain label (-1): ``refuse``, ``no``, ``yes`` or ``ignore``.

    Returns:
        The test, with ``frame()``, ``results``, and the answer as ``repr``.

    Raises:
        DataError: the data are wrong, or their classes are not those of the model.
        ExperimentError: arguments contradict each other.
        OutputError: a folder has no model, or ``out`` exists or cannot be written.

    Example:
        >>> import radtl_tf as radtl
        >>> found = radtl.test("model", "labels.csv", patient="patient_id", unit="image")
        >>> len(found.frame()) > 0
        True
    """
    from radtl_tf.library.results.exported_models import external_test

    models = [Path(folder) for folder in (model, compare) if folder is not None]
    labels = dict(label=label, label_separator=label_separator, unit=unit, missing=missing, uncertain=uncertain)
    patients = dict(patient=patient, patient_pattern=patient_pattern, one_image_per_patient=one_image_per_patient)
    folder = Path(images) if images else None
    files = dict(images=folder, path_column=path_column, suffix=suffix, encoding=encoding)
    return external_test(models, data, Path(out) if out else None, threshold, **labels, **patients, **files)


def predict(
    model: str | PathLike,
    images: Dataset | str | PathLike | Iterable[str | PathLike],
    path_column: str | None = None,
    explain: str | PathLike | None = None,
) -> pd.DataFrame:
    """Score radiographs with an exported model.

    Args:
        model: the folder that ``Result.export`` wrote.
        images: files (DICOM, PNG, JPEG, TIFF), a folder of them, a manifest (.csv, .tsv, .xlsx or .parquet), several of
            these, or a Dataset of files.
        path_column: column of the paths of a manifest; default: ``path``.
        explain: a new folder for Grad-CAM overlays, one PNG per scored image.

    Returns:
        A row per image, in order: ``path`` (``row`` for a Dataset); ``valid``; ``reason``, why an image has no score,
        else ``None``; ``score`` of the positive class or the number of a regression, or ``score_<class>`` for each of
        several classes or stages; ``stage``, the predicted one; ``above_<name>`` for each operating point of the model;
        ``quality``, how the image differs from the training images; and ``error``, which repeats ``reason``.

    Raises:
        DataError: no path exists, a folder contains no image, a manifest cannot be read, or the Dataset has no files.
        OutputError: ``model`` is not the folder of a model, or the model is damaged; ``explain`` exists or cannot be
            written, or the model cannot explain its scores.

    Example:
        >>> import radtl_tf as radtl
        >>> list(radtl.predict("model", "images").columns)
        ['path', 'valid', 'reason', 'score', 'quality', 'error']
    """
    from radtl_tf.library.results.scores import predictions

    return predictions(Path(model), images, path_column, Path(explain).expanduser() if explain else None)
