"""The formats of an exported model: their files, and the packages that write and run them. Imports no TensorFlow."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from radtl_tf.errors import ExperimentError, nearest

SAVED_MODEL, KERAS = "saved_model", "keras"
WITH_TENSORFLOW = (SAVED_MODEL, KERAS)  # the formats that need TensorFlow to run


@dataclass(frozen=True)
class Format:
    """One format.

    Attributes:
        name: its name, and the name of its folder in a model.
        file: the file by which its folder is recognized.
        engine: what runs it: a key of the engines of ``deploy.engines``.
        extra: the extra of radtl_tf that installs its packages, if it needs any.
        writers: modules that write it.
        runners: modules that run it.
        precision: of its weights.
    """

    name: str
    file: str
    engine: str
    extra: str | None = None
    writers: tuple[str, ...] = ()
    runners: tuple[str, ...] = ()
    precision: Literal["float32", "float16"] = "float32"

    def folder(self, model: Path, version: int) -> Path:
        """Return the folder of one version: TensorFlow Serving expects a SavedModel directly in ``model``."""
        return model / str(version) if self.name == SAVED_MODEL else model / self.name / str(version)


FORMATS = {
    row.name: row
    for row in (
        Format(SAVED_MODEL, "saved_model.pb", SAVED_MODEL),
        Format("onnx", "model.onnx", "onnx", "onnx", ("tf2onnx", "onnx"), ("onnxruntime",)),
        Format("openvino", "model.xml", "openvino", "openvino", ("openvino",), ("openvino",)),
        Format("litert", "model.tflite", "litert", "litert", (), ("ai_edge_litert",)),
        Format("litert-float16", "model.tflite", "litert", "litert", (), ("ai_edge_litert",), "float16"),
        Format(KERAS, "model.keras", KERAS),
    )
}


def format_named(name: str) -> Format:
    """Return the format called ``name``.

    Raises:
        ExperimentError: there is no such format.
    """
    if name not in FORMATS:
        raise ExperimentError(f"Unknown format {name!r}{nearest(name, FORMATS)}: use one of {', '.join(FORMATS)}.")
    return FORMATS[name]


def formats_named(names: Iterable[str]) -> list[Format]:
    """Return the formats called ``names``, each once, ready to be written and run.

    Raises:
        ExperimentError: there is no such format, its packages are not installed, or ``names`` is empty.
    """
    found = [format_named(name) for name in dict.fromkeys(names)]
    if not found:
        raise ExperimentError(f"No format is given: name one or more of {', '.join(FORMATS)}.")
    for each in found:
        check_installed(each, (*each.writers, *each.runners))
    return found


def format_of(folder: Path) -> Format | None:
    """Return the first format with the model file in ``folder``; ``None`` if it holds none."""
    return next((each for each in FORMATS.values() if (folder / each.file).is_file()), None)


def check_installed(format: Format, modules: Iterable[str]) -> None:
    """Check that ``modules`` of a format can be imported.

    Raises:
        ExperimentError: one is not installed; the message names the extra.
    """
    missing = [module for module in modules if find_spec(module) is None]
    if missing:
        raise ExperimentError(
            f"The format {format.name} needs {missing[0]}, which is not installed. Install the extra: "
            f"pip install 'radtl_tf[{format.extra}]'"
        )
