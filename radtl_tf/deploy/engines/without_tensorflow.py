"""ONNX Runtime, OpenVINO and LiteRT: functions from grey (B, H, W, 1) to the scores of ``engine.Engine``, (B, N)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from radtl_tf.deploy.card.facts import Card
from radtl_tf.deploy.formats.openvino import HINTS, import_openvino
from radtl_tf.deploy.outputs import GREY, columns_of, output_of

_Array = NDArray[np.float32]


def onnx(file: Path, card: Card) -> Callable[[_Array], _Array]:
    """Return the scores of an ONNX file, on the CPU."""
    import onnxruntime

    session = onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])
    output = output_of(card)
    return lambda grey: columns_of(session.run([output], {GREY: grey})[0])


def openvino(file: Path, card: Card) -> Callable[[_Array], _Array]:
    """Return the scores of an OpenVINO model, on the CPU in float32."""
    model = import_openvino().Core().compile_model(str(file), "CPU", HINTS)
    output = output_of(card)
    return lambda grey: columns_of(np.array(model({GREY: grey})[output]))


def litert(file: Path, card: Card) -> Callable[[_Array], _Array]:
    """Return the scores of a LiteRT file; the number of threads is the number of CPUs."""
    import os

    from ai_edge_litert.interpreter import Interpreter

    runner = Interpreter(str(file), num_threads=os.cpu_count()).get_signature_runner("serving_default")
    output = output_of(card)
    return lambda grey: columns_of(runner(**{GREY: grey})[output])
