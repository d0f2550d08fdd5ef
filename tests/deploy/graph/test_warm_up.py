"""TensorFlow Serving can read the warm-up requests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from tensorflow.core.framework import tensor_pb2

from radtl_tf.deploy.graph.warm_up import write_requests

# name of a message -> its fields: number, name, message (bytes as None), repeated
# tensorflow_serving/apis: prediction_log.proto, predict.proto and model.proto
MESSAGES = {
    "PredictionLog": [(6, "predict_log", "PredictLog", False)],
    "PredictLog": [(1, "request", "PredictRequest", False)],
    "PredictRequest": [(1, "model_spec", "ModelSpec", False), (2, "inputs", "Entry", True)],
    "ModelSpec": [(1, "name", None, False), (3, "signature_name", None, False)],
    "Entry": [(1, "key", None, False), (2, "value", None, False)],
}


def log_class() -> Any:
    """Return the class of ``PredictionLog``, from those parts of its definition that the requests use."""
    file = descriptor_pb2.FileDescriptorProto(name="log.proto", package="serving", syntax="proto3")
    kinds = descriptor_pb2.FieldDescriptorProto
    for name, fields in MESSAGES.items():
        message = file.message_type.add(name=name)
        for number, field, content, repeated in fields:
            label = kinds.LABEL_REPEATED if repeated else kinds.LABEL_OPTIONAL
            kind = kinds.TYPE_MESSAGE if content else kinds.TYPE_BYTES
            place = f".serving.{content}" if content else None
            message.field.add(name=field, number=number, label=label, type=kind, type_name=place)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("serving.PredictionLog"))


def test_the_requests_are_those_that_were_written(tmp_path: Path) -> None:
    pixels = np.arange(300, dtype=np.uint16).reshape(1, 15, 20, 1)
    requests = {"serving_default": ("image_bytes", tf.constant([b"a", b"bc"])), "pixels": ("pixels", pixels)}
    write_requests(tmp_path / "requests", requests)
    records = list(tf.data.TFRecordDataset(str(tmp_path / "requests")).as_numpy_iterator())
    logs = [log_class().FromString(record).predict_log.request for record in records]
    assert [log.model_spec.signature_name.decode() for log in logs] == list(requests)
    assert [log.inputs[0].key.decode() for log in logs] == ["image_bytes", "pixels"]
    first, second = (tf.make_ndarray(tensor_pb2.TensorProto.FromString(log.inputs[0].value)) for log in logs)
    assert first.tolist() == [b"a", b"bc"]
    assert np.array_equal(second, pixels) and second.dtype == np.uint16
