"""Exported formats: do they give the probabilities of Keras, how large are they, and how fast are their engines?

    python benchmarks/formats.py [differences | backbones | speeds | BACKBONE | --quick]

Random weights, and images in the backbone's own pixel convention: with larger values the gates of an EfficientNet
saturate, and rounding grows until no digit is left. The head standardizes the features, so that probabilities differ
between images. ``differences`` has the largest difference in probability from Keras over images of four sizes, and the
size of the folder, for four backbones; ``backbones`` has it for ten others. Each is measured in a process of its own;
the name of one prints its rows. In ``speeds`` the engines of one model take turns, five rounds after one that is not
counted; it has medians, and the ratio to the SavedModel. Without a word it measures all three, in 25 minutes on 2
cores. All compute in float32 with all cores. Random weights enlarge the rounding of float32 (docs/decisions/0019);
trained weights differ less. The features of a MobileNet with random weights are as small as 1e-19: too small for
float16.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import keras
import numpy as np
from _shared import machine, other_work, publish

from radtl_tf.data.preprocessing.resizing import resize
from radtl_tf.deploy import open_model
from radtl_tf.deploy.card.facts import write_facts
from radtl_tf.deploy.formats.table import FORMATS, Format
from radtl_tf.deploy.formats.write import write
from radtl_tf.deploy.graph.ensemble import Ensemble
from radtl_tf.models.backbones import BACKBONES as BACKBONE_ROWS
from radtl_tf.models.backbones import build_base
from radtl_tf.models.head import Head
from radtl_tf.models.pixels import convention, to_network
from radtl_tf.models.tuning import split

BACKBONES = {"ResNet50": 64, "DenseNet121": 64, "InceptionV3": 96, "InceptionResNetV2": 96}  # with the size in pixels
OTHERS = {
    "ConvNeXtTiny": 32,
    "ConvNeXtBase": 32,
    "EfficientNetV2B0": 32,
    "EfficientNetV2S": 32,
    "EfficientNetB0": 32,
    "ResNet50V2": 32,
    "VGG16": 32,
    "Xception": 71,
    "ResNet50Torch": 32,
    "InceptionV3Torch": 75,
}
TIMED, SIZE, BATCH = "ResNet50", 224, 8
SHAPES = ((4, 64, 64, 1), (2, 200, 150, 1), (2, 90, 310, 1), (1, 37, 41, 1))
RESIZE = "pad"


def main() -> None:
    """Measure and publish the tables that are asked for."""
    if "--quick" in sys.argv:
        print("\n".join((*_differences("MobileNet025", 64), *_speeds("MobileNet025", 64, 2), other_work())))
        return
    tables = {
        "differences": lambda: publish("formats", "\n".join(_table(BACKBONES)), is_timed=False),
        "backbones": lambda: publish("formats_backbones", "\n".join(_table(OTHERS)), is_timed=False),
        "speeds": lambda: publish("formats_speeds", "\n".join(_speeds(TIMED, SIZE, 5))),
    }
    for word in sys.argv[1:] or tables:
        if word in tables:
            tables[word]()
        else:
            print("\n".join(_differences(word, (BACKBONES | OTHERS)[word])))


def _table(backbones: Iterable[str]) -> Iterator[str]:
    yield f"{'float32, ' + machine():<20}{'px':>5}{'format':>17}{'max difference':>16}{'MB':>8}"
    for backbone in backbones:
        command = (sys.executable, __file__, backbone)
        yield subprocess.run(command, check=True, capture_output=True, text=True).stdout.rstrip()


def _differences(backbone: str, size: int) -> Iterator[str]:
    greys = list(_images(SHAPES))
    resized = [resize(grey, size, RESIZE) for grey in greys]
    ensemble = _ensemble(backbone, size, np.concatenate(resized))
    expected = [ensemble.outputs(images)["probabilities"].numpy() for images in resized]
    with tempfile.TemporaryDirectory() as folder:
        for format in FORMATS.values():
            place = _written(format, ensemble, Path(folder))
            model = open_model(place)
            found = max(float(np.abs(model.scores(g) - e).max()) for g, e in zip(greys, expected, strict=True))
            megabytes = sum(file.stat().st_size for file in place.rglob("*") if file.is_file()) / 1e6
            yield f"{backbone:<20}{size:>5}{format.name:>17}{found:>16.1e}{megabytes:>8.1f}"


def _speeds(backbone: str, size: int, rounds: int) -> Iterator[str]:
    (grey,) = _images([(BATCH, size, size, 1)])
    ensemble = _ensemble(backbone, size, grey)
    names = ("saved_model", "openvino", "onnx", "litert")
    with tempfile.TemporaryDirectory() as folder:
        scores = {name: open_model(_written(FORMATS[name], ensemble, Path(folder))).scores for name in names}
        network = keras.models.load_model(_written(FORMATS["keras"], ensemble, Path(folder)) / FORMATS["keras"].file)
        scores["keras predict"] = network.predict_on_batch
        seconds: dict[str, list[float]] = {name: [] for name in scores}
        for _ in range(rounds + 1):
            for name, score in scores.items():
                start = time.monotonic()
                score(grey)
                seconds[name].append(time.monotonic() - start)
    medians = {name: statistics.median(taken[1:]) for name, taken in seconds.items()}
    yield f"{backbone + ', one fold':<20}{'px':>5}{'engine':>17}{'images/s':>16}{'ratio':>8}"
    for name, median in medians.items():
        yield f"{'':<20}{size:>5}{name:>17}{BATCH / median:>16.1f}{medians['saved_model'] / median:>8.2f}"


def _written(format: Format, ensemble: Ensemble, folder: Path) -> Path:
    place = format.folder(folder, 1)
    place.mkdir(parents=True)
    facts = {"classes": ["no", "yes"], "image_size": ensemble.image_size, "resize": RESIZE}
    write(format, ensemble, place, facts)
    write_facts(place, facts)
    return place


def _images(shapes: Iterable[tuple[int, ...]]) -> Iterator[np.ndarray]:
    """Yield batches of noise; each image has a brightness of its own."""
    random = np.random.default_rng(1)
    for shape in shapes:
        yield random.random(shape, np.float32) * random.random((shape[0], 1, 1, 1), np.float32)


def _ensemble(backbone: str, size: int, images: np.ndarray) -> Ensemble:
    """Return a frozen backbone of random weights and a head that standardizes its features of ``images``.

    Standardized on other images, the probabilities of some networks are all 0 or 1, and nothing is compared.
    """
    base, random = build_base(backbone, size, seed=0), np.random.default_rng(0)
    parts, pixels = split(base, "frozen"), convention(BACKBONE_ROWS[backbone].pixels)
    features = base(to_network(images, pixels), training=False).numpy()
    head = Head(num_features=features.shape[1], num_classes=2)
    kernel = random.normal(size=(features.shape[1], 2)) / np.sqrt(features.shape[1])
    head.reset(kernel, np.zeros(2), features.mean(axis=0), features.std(axis=0))
    return Ensemble(parts.prefix, [(parts.suffix, head)], "binary", pixels, size, RESIZE)


if __name__ == "__main__":
    main()
