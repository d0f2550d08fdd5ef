"""TFDS's test of a builder, on four tiny images; ``python <this file>`` writes them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import tensorflow_datasets as tfds
from PIL import Image
from pydicom import uid
from pydicom.dataset import Dataset, FileMetaDataset

from radtl_tf.data.manifest.reader import read_manifest
from radtl_tf.data.manifest.rows import cases_of
from radtl_tf.data.tfds.builders import builder_class
from radtl_tf.data.tfds.examples import SPLIT, rows_of
from radtl_tf.records.experiment import Task

DUMMY_DATA = Path(__file__).parent / "dummy_data"
MANIFEST = """path,label,patient_id
a.png,present,1
b.png,absent,2
c.jpg,absent,2
d.dcm,present,3
"""


class RadiographsTest(tfds.testing.DatasetBuilderTestCase):
    DATASET_CLASS = builder_class("radiographs")
    SPLITS = {SPLIT: 4}
    test_registered = None  # found by its folder, not in TFDS's registry

    def _make_builder(self, config: Any = None) -> Any:
        manifest = read_manifest(DUMMY_DATA / "manifest.csv")
        cases = cases_of(manifest, Task(positive="present", patient="patient_id", unit="patient"), bytes(32))
        return self.DATASET_CLASS.of(rows_of(manifest, cases), cases.classes, data_dir=self.tmp_dir)


def write_dummy_data() -> None:
    """Write an 8-bit PNG, a 16-bit PNG, a JPEG, a DICOM file and their manifest."""
    random = np.random.default_rng(0)
    pixels = random.integers(0, 65536, (4, 6, 8), dtype=np.uint16)
    DUMMY_DATA.mkdir(exist_ok=True)
    Image.fromarray((pixels[0] >> 8).astype(np.uint8)).save(DUMMY_DATA / "a.png")
    Image.fromarray(pixels[1]).save(DUMMY_DATA / "b.png")
    Image.fromarray((pixels[2] >> 8).astype(np.uint8)).save(DUMMY_DATA / "c.jpg")
    _dicom(pixels[3]).save_as(DUMMY_DATA / "d.dcm", enforce_file_format=True)
    (DUMMY_DATA / "manifest.csv").write_text(MANIFEST)


def _dicom(pixels: np.ndarray) -> Dataset:
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = uid.ExplicitVRLittleEndian
    dataset.SOPClassUID = uid.DigitalXRayImageStorageForPresentation
    dataset.SOPInstanceUID = uid.generate_uid(entropy_srcs=["dummy"])
    dataset.Modality, dataset.PhotometricInterpretation = "PX", "MONOCHROME2"
    dataset.Rows, dataset.Columns = pixels.shape
    dataset.SamplesPerPixel, dataset.PixelRepresentation = 1, 0
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 16, 16, 15
    dataset.PixelData = pixels.tobytes()
    return dataset


if __name__ == "__main__":
    write_dummy_data()
    tfds.testing.test_main()
