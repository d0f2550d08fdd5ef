"""NIH ChestX-ray14: fourteen findings, or the sex, of 112,120 chest radiographs with patient ids."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import tensorflow_datasets as tfds

from radtl_tf.data.decoding.metadata_values import plain
from radtl_tf.data.tfds.downloaded_files import read_csv, row_of, source_folder
from radtl_tf.data.tfds.examples import SPLIT, Row, features, generate
from radtl_tf.errors import DataError

FINDINGS = (
    *("Atelectasis", "Cardiomegaly", "Consolidation", "Edema", "Effusion", "Emphysema", "Fibrosis", "Hernia"),
    *("Infiltration", "Mass", "Nodule", "Pleural_Thickening", "Pneumonia", "Pneumothorax"),
)
SEXES = ("F", "M")
_NONE = "No Finding"
_COLUMNS = ("Image Index", "Finding Labels", "Patient ID", "Patient Age", "Patient Gender", "View Position")


class Builder(tfds.core.GeneratorBasedBuilder):
    """Chest radiographs with findings extracted from their reports; the configuration ``sex`` has the sex instead."""

    VERSION = tfds.core.Version("1.0.0")
    RELEASE_NOTES = {"1.0.0": "First release."}
    BUILDER_CONFIGS = [tfds.core.BuilderConfig(name="findings"), tfds.core.BuilderConfig(name="sex")]
    MANUAL_DOWNLOAD_INSTRUCTIONS = """
    Download Data_Entry_2017_v2020.csv and the archives images_001 to images_012 of NIH ChestX-ray14 from the NIH
    Clinical Center, and unpack the archives.
    """

    def _info(self) -> tfds.core.DatasetInfo:
        by_sex = self.builder_config.name == "sex"
        return self.dataset_info_from_configs(
            features=features(SEXES if by_sex else FINDINGS, multilabel=not by_sex),
            supervised_keys=("image", "label"),
            disable_shuffling=True,
        )

    def _split_generators(self, dl_manager: tfds.download.DownloadManager) -> dict[str, Any]:
        return {SPLIT: self._generate_examples(source_folder(dl_manager, self))}

    def _generate_examples(self, root: Path) -> Iterator[tuple[int, dict[str, Any]]]:
        return generate(_rows(root, by_sex=self.builder_config.name == "sex"))


def _rows(root: Path, *, by_sex: bool) -> Iterator[Row]:
    places = {path.name: str(path.relative_to(root)) for path in sorted(root.glob("images*/**/*.png"))}
    for line, cells in read_csv(_table(root), *_COLUMNS):
        name, sex = cells["Image Index"], cells["Patient Gender"].strip().upper()
        label = _sex(sex, line) if by_sex else _findings(cells["Finding Labels"], line)
        known = {
            "age": plain("age", cells["Patient Age"]),
            "view": cells["View Position"].strip(),
        }
        if not by_sex and sex in SEXES:
            known["sex"] = sex
        yield row_of(root, places.get(name, name), line, label, cells["Patient ID"], **known)


def _table(root: Path) -> Path:
    tables = sorted(root.glob("Data_Entry_2017*.csv"))
    if not tables:
        raise DataError(
            f"Data_Entry_2017*.csv is missing in the folder {root.name!r}: check that the download is complete."
        )
    return tables[-1]


def _findings(cell: str, line: int) -> tuple[str, ...]:
    names = tuple(name.strip() for name in cell.split("|") if name.strip() != _NONE)
    unknown = set(names) - set(FINDINGS)
    if unknown:
        raise DataError(f"line {line}: expected one of the {len(FINDINGS)} findings. Download the table again.")
    return names


def _sex(sex: str, line: int) -> str:
    if sex not in SEXES:
        raise DataError(f"line {line}: expected sex F or M. Download the table again.")
    return sex
