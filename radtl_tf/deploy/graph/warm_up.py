"""Requests with which TensorFlow Serving warms a model up, so that the first real request is not slow.

TensorFlow Serving reads them from the file ``tf_serving_warmup_requests``: a TFRecord of ``PredictionLog`` messages
(tensorflow_serving/apis/prediction_log.proto, predict.proto and model.proto).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import tensorflow as tf

FILE = "tf_serving_warmup_requests"
_PREDICT_LOG, _REQUEST = 6, 1  # PredictionLog.predict_log and PredictLog.request
_MODEL, _INPUTS = 1, 2  # PredictRequest.model_spec and .inputs, a map
_SIGNATURE = 3  # ModelSpec.signature_name; the server does not compare the name of the model
_KEY, _VALUE = 1, 2  # of an entry of a map


def write_requests(path: Path, requests: Mapping[str, tuple[str, tf.Tensor]]) -> None:
    """Write a request for each signature: the name of its input, and a batch."""
    with tf.io.TFRecordWriter(str(path)) as writer:
        for signature, (name, batch) in requests.items():
            content = tf.make_tensor_proto(batch).SerializeToString()
            entry = _field(_KEY, name.encode()) + _field(_VALUE, content)
            request = _field(_MODEL, _field(_SIGNATURE, signature.encode())) + _field(_INPUTS, entry)
            writer.write(_field(_PREDICT_LOG, _field(_REQUEST, request)))


def _field(number: int, content: bytes) -> bytes:
    """Return a field of a protobuf message: number and wire type 2, length, content."""
    return bytes([number << 3 | 2]) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    """Return a number as seven bits per byte, lowest first; the eighth says that more bytes follow.

    >>> list(_varint(300))
    [172, 2]
    """
    low, more = value & 127, value >> 7
    return bytes([low | 128]) + _varint(more) if more else bytes([low])
