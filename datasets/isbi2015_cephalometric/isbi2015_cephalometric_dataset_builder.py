"""The ISBI 2015 cephalometric data set: eight clinical classifications of lateral cephalograms by two readers."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tensorflow_datasets as tfds

from radtl_tf.data.tfds.downloaded_files import as_png, child, row_of, source_folder
from radtl_tf.data.tfds.examples import SPLIT, Row, features, generate
from radtl_tf.errors import DataError

# The measures with their numbers of types, in the order of the lines after the 19 landmarks.
MEASURES = {"anb": 3, "snb": 3, "sna": 3, "odi": 3, "apdi": 3, "fhi": 3, "fha": 3, "mw": 4}
READERS = ("senior", "junior")
_LANDMARKS = 19
_FOLDERS = ("TrainingData", "Test1Data", "Test2Data")


@dataclass(eq=False)
class MeasureConfig(tfds.core.BuilderConfig):
    """One of the eight classifications, by one of the two readers."""

    measure: str = "anb"
    reader: str = "senior"


def _configs() -> list[MeasureConfig]:
    return [
        MeasureConfig(name=measure if reader == "senior" else f"{measure}_{reader}", measure=measure, reader=reader)
        for reader in READERS
        for measure in MEASURES
    ]


class Builder(tfds.core.GeneratorBasedBuilder):
    """400 lateral cephalograms; the configuration names the measure, with ``_junior`` for the second reader."""

    VERSION = tfds.core.Version("1.0.0")
    RELEASE_NOTES = {"1.0.0": "First release."}
    BUILDER_CONFIGS = _configs()
    MANUAL_DOWNLOAD_INSTRUCTIONS = """
    Download and unpack the data of the ISBI 2015 Grand Challenge in Dental X-ray Image Analysis: the folders RawImage
    and AnnotationsByMD.
    """

    def _info(self) -> tfds.core.DatasetInfo:
        classes = [f"type {number}" for number in range(1, MEASURES[self.builder_config.measure] + 1)]
        return self.dataset_info_from_configs(
            features=features(classes), supervised_keys=("image", "label"), disable_shuffling=True
        )

    def _split_generators(self, dl_manager: tfds.download.DownloadManager) -> dict[str, Any]:
        return {SPLIT: self._generate_examples(source_folder(dl_manager, self))}

    def _generate_examples(self, root: Path) -> Iterator[tuple[int, dict[str, Any]]]:
        chosen = self.builder_config
        with tempfile.TemporaryDirectory(prefix="radtl-") as folder:
            yield from generate(as_png(_rows(root, chosen.measure, chosen.reader), Path(folder)))


def _rows(root: Path, measure: str, reader: str) -> Iterator[Row]:
    images, annotations = child(root, "RawImage"), child(child(root, "AnnotationsByMD"), f"400_{reader}")
    for folder in _FOLDERS:
        for path in sorted(child(images, folder).glob("*.bmp")):
            label = _type(child(annotations, f"{path.stem}.txt"), measure)
            yield row_of(images, f"{folder}/{path.name}", _number(path), label, path.stem)


def _number(path: Path) -> int:
    return int(path.stem) if path.stem.isdecimal() else 0


def _type(path: Path, measure: str) -> str:
    """Return the type of a measure from a reader's file: 19 landmarks, then a line per measure."""
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    place = _LANDMARKS + list(MEASURES).index(measure)
    found = lines[place].strip() if place < len(lines) else ""
    if found not in map(str, range(1, MEASURES[measure] + 1)):
        raise DataError(f"{path.name}: line {place + 1} has no valid type of {measure.upper()}. Correct the file.")
    return f"type {found}"
