"""Run an exported model as its users do, without radtl_tf: a script of its own.

``python -I consumer.py ENGINE MODEL IMAGES ANSWERS OUTPUT`` scores the images in the folder IMAGES and writes the
scores of each signature to ANSWERS (.npz): the model's OUTPUT, (N, K) probabilities or (N,) numbers. IMAGES holds, for
each image, ``N.npy`` (uint16 grey), and maybe ``N.png`` (the same image, encoded) and ``N.resized.npy`` (float32 in
0..1 of the network's size, for Keras).
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

Scores = Callable[[Any], Any]


def of_saved_model(model: Path, images: Path, output: str) -> dict[str, list[Any]]:
    """Return the scores of each signature that takes images."""
    import tensorflow as tf

    loaded = tf.saved_model.load(str(model.parent))
    inputs = {
        "serving_default": lambda number: {"image_bytes": tf.constant([(images / f"{number}.png").read_bytes()])},
        "pixels": lambda number: {"pixels": tf.constant(pixels(images, number))},
        "grey": lambda number: {"grey": tf.constant(grey(images, number))},
    }
    found: dict[str, list[Any]] = {}
    for name in [name for name in inputs if name in loaded.signatures]:
        numbers = [one for one in every(images) if name != "serving_default" or (images / f"{one}.png").exists()]
        serve = loaded.signatures[name]
        found[name] = [serve(**inputs[name](number))[output].numpy() for number in numbers]
    return found


def of_keras(model: Path, images: Path, output: str) -> dict[str, list[Any]]:
    """Return the scores of images of the network's size."""
    import keras

    loaded = keras.models.load_model(model, compile=False)
    resized = (np.load(images / f"{number}.resized.npy") for number in every(images))
    return {"": [np.asarray(loaded(image[np.newaxis], training=False)[output]) for image in resized]}


def of_onnx(model: Path, images: Path, output: str) -> dict[str, list[Any]]:
    """Return the scores of ONNX Runtime on the CPU."""
    import onnxruntime

    session = onnxruntime.InferenceSession(str(model), providers=["CPUExecutionProvider"])
    return of_all(images, lambda image: session.run([output], {"grey": image})[0])


def of_openvino(model: Path, images: Path, output: str) -> dict[str, list[Any]]:
    """Return the scores of OpenVINO on the CPU, in float32."""
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]  # it sends usage data
    import openvino

    compiled = openvino.Core().compile_model(str(model), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    return of_all(images, lambda image: np.array(compiled({"grey": image})[output]))


def of_litert(model: Path, images: Path, output: str) -> dict[str, list[Any]]:
    """Return the scores of LiteRT."""
    from ai_edge_litert.interpreter import Interpreter

    runner = Interpreter(str(model)).get_signature_runner("serving_default")
    return of_all(images, lambda image: runner(grey=image)[output])


def of_all(images: Path, scores: Scores) -> dict[str, list[Any]]:
    """Return the scores of every image as grey."""
    return {"": [scores(grey(images, number)) for number in every(images)]}


def every(images: Path) -> Iterator[int]:
    """Yield the numbers of the images."""
    yield from sorted(int(path.stem) for path in images.glob("*.npy") if path.stem.isdecimal())


def pixels(images: Path, number: int) -> Any:
    """Return one image as uint16 grey (1, H, W, 1)."""
    return np.load(images / f"{number}.npy")[np.newaxis, ..., np.newaxis]


def grey(images: Path, number: int) -> Any:
    """Return one image as float32 grey (1, H, W, 1) in 0..1."""
    return pixels(images, number).astype(np.float32) / np.float32(65535)


ENGINES = {
    "saved_model": of_saved_model,
    "keras": of_keras,
    "onnx": of_onnx,
    "openvino": of_openvino,
    "litert": of_litert,
}


def main() -> None:
    """Read the arguments, score, write the answers."""
    engine, model, images, answers, output = sys.argv[1:]
    found = ENGINES[engine](Path(model), Path(images), output)
    arrays: dict[str, Any] = {name or "-": np.concatenate(rows) for name, rows in found.items() if rows}
    np.savez(answers, **arrays)


if __name__ == "__main__":
    main()
