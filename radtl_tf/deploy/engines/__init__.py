"""Run an exported model of any format; ONNX, OpenVINO and LiteRT models run without TensorFlow."""
