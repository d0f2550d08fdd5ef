"""How to run an exported model: code for each engine, as the model card shows it."""

from __future__ import annotations

from dataclasses import dataclass

from radtl_tf.deploy.card.facts import Card

_GREY = """\
import numpy as np
{0}
from PIL import Image

pixels = np.asarray(Image.open("image.png").convert("L"), np.float32) / 255  # 0 is black, 1 is white
grey = pixels[np.newaxis, :, :, np.newaxis]  # (1, height, width, 1)
"""


@dataclass(frozen=True)
class Snippet:
    """Code for one engine: its ``language``, and a sentence ``before`` it. ``tested``: a test of radtl runs it."""

    engine: str
    before: str
    language: str
    code: str
    tested: bool = True


def snippets(card: Card) -> list[Snippet]:
    """Return the code for each engine; it starts in the folder that holds the exported folder ``model``."""
    version = card.get("version", 1)
    output = "score" if card["kind"] in ("binary", "regression") else "probabilities"
    served = "label" if card["kind"] == "ordinal" else output  # a SavedModel names the predicted stage
    return [
        Snippet("radtl", "Radiographs as DICOM, PNG or JPEG, on the command line:", "bash", _RADTL),
        Snippet("Python", "The same in Python:", "python", _PYTHON),
        Snippet("TensorFlow", "`pip install tensorflow`", "python", _TENSORFLOW.format(version, served)),
        Snippet("TensorFlow Serving", "", "bash", _SERVING, tested=False),
        Snippet("KServe", "", "yaml", _KSERVE, tested=False),
        *(
            Snippet(
                engine,
                f"`pip install {package} pillow`. Exported with `--format {name}`.",
                "python",
                _GREY.format(line) + code.format(version, output),
            )
            for engine, name, package, line, code in _FORMATS
        ),
    ]


_RADTL = """\
radtl predict model image.png
"""

_PYTHON = """\
import radtl_tf as radtl

print(radtl.predict("model", ["image.png"]))
"""

_TENSORFLOW = """\
import tensorflow as tf

model = tf.saved_model.load("model/{0}")
files = tf.constant([open("image.png", "rb").read()])
print(model.signatures["serving_default"](image_bytes=files)["{1}"].numpy())
"""

_SERVING = """\
docker run --detach --publish 8501:8501 --volume "$PWD/model:/models/model" --env MODEL_NAME=model tensorflow/serving
echo "{\\"instances\\": [{\\"b64\\": \\"$(base64 --wrap 0 image.png)\\"}]}" |
  curl --data @- http://localhost:8501/v1/models/model:predict
"""

_KSERVE = """\
apiVersion: serving.kserve.io/v1beta1
kind: InferenceService
metadata:
  name: radiographs
spec:
  predictor:
    model:
      modelFormat:
        name: tensorflow
      storageUri: pvc://models/model
"""

_ONNX = """\
session = onnxruntime.InferenceSession("model/onnx/{0}/model.onnx")
print(session.run(["{1}"], {{"grey": grey}})[0])
"""

_OPENVINO = """\
settings = {{"INFERENCE_PRECISION_HINT": "f32"}}  # without it some processors compute in bfloat16: other scores
model = openvino.compile_model("model/openvino/{0}/model.xml", "CPU", settings)
print(model({{"grey": grey}})["{1}"])
"""

_LITERT = """\
model = Interpreter("model/litert/{0}/model.tflite").get_signature_runner()
print(model(grey=grey)["{1}"])
"""

_FORMATS = (
    ("ONNX Runtime", "onnx", "onnxruntime", "import onnxruntime", _ONNX),
    ("OpenVINO", "openvino", "openvino", "import openvino", _OPENVINO),
    ("LiteRT", "litert", "ai-edge-litert", "from ai_edge_litert.interpreter import Interpreter", _LITERT),
)
