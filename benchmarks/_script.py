"""The published protocol as one script per run (Mei et al. 2022): tf_keras with ImageDataGenerator, without any cache.

    python benchmarks/_script.py MANIFEST TUNING EPOCHS {plain,augmented}

Trains one fold: 256 of 400 images, validated on 64 after each epoch. Prints JSON: seconds of set-up and of each epoch.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import pandas as pd
import tensorflow as tf
import tf_keras as keras
from tensorflow.python.util import _pywrap_util_port

SIZE, BATCH = 224, 32
CHANGES = {
    "rotation_range": 10,
    "width_shift_range": 0.1,
    "height_shift_range": 0.1,
    "shear_range": 0.1,
    "zoom_range": 0.1,
    "horizontal_flip": True,
    "fill_mode": "nearest",
}


def main() -> None:
    """Train and print the seconds."""
    manifest, tuning, epochs, augmentation = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), sys.argv[4]
    start = time.monotonic()
    table = pd.read_csv(manifest).sample(frac=1, random_state=726)
    number = len(table)
    parts = table[: round(0.64 * number)], table[round(0.64 * number) : round(0.8 * number)]
    generators = [
        _generator(CHANGES if augmentation == "augmented" else {}).flow_from_dataframe(
            parts[0], manifest.parent, x_col="path", y_col="label", target_size=(SIZE, SIZE), batch_size=BATCH
        ),
        _generator({}).flow_from_dataframe(
            parts[1], manifest.parent, x_col="path", y_col="label", target_size=(SIZE, SIZE), batch_size=BATCH
        ),
    ]
    model = _model(tuning)
    clock = _Clock()
    ready = time.monotonic()
    model.fit(generators[0], validation_data=generators[1], epochs=epochs, verbose=0, callbacks=[clock])
    onednn = _pywrap_util_port.IsMklEnabled()
    print(json.dumps({"setup": ready - start, "epochs": clock.epochs, "images": len(parts[0]), "onednn": onednn}))


class _Clock(keras.callbacks.Callback):
    """Record the end of each epoch, including its validation."""

    def __init__(self) -> None:
        super().__init__()
        self.epochs: list[float] = []

    def on_epoch_begin(self, epoch: int, logs: object = None) -> None:
        self._start = time.monotonic()

    def on_epoch_end(self, epoch: int, logs: object = None) -> None:
        self.epochs.append(time.monotonic() - self._start)


def _generator(changes: dict[str, object]) -> keras.preprocessing.image.ImageDataGenerator:
    function = keras.applications.imagenet_utils.preprocess_input
    return keras.preprocessing.image.ImageDataGenerator(preprocessing_function=function, rescale=1 / 255, **changes)


def _model(tuning: str) -> keras.Model:
    base = keras.applications.ResNet50(include_top=False, pooling="avg", weights=None, input_shape=(SIZE, SIZE, 3))
    if tuning != "full":
        for layer in base.layers if tuning == "frozen" else base.layers[:-10]:
            layer.trainable = False
    outputs = keras.layers.Dense(2, activation="softmax")(keras.layers.Dropout(0.5)(base.output))
    model = keras.Model(base.input, outputs)
    model.compile(keras.optimizers.Adam(1e-3), "categorical_crossentropy", metrics=[keras.metrics.AUC()])
    return model


if __name__ == "__main__":
    tf.get_logger().setLevel("ERROR")
    main()
