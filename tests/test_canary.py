"""No identifying data leave the input files: every place contains a canary, and every output byte is searched.

The words below are in every identifying attribute of DICOM files, in the text chunks of PNG and the comments of JPEG
files, in file names, patient ids and free columns of the manifest. Every command is then run, and made to fail once.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result
from PIL import Image, PngImagePlugin
from pydicom import uid
from pydicom.dataset import Dataset, FileMetaDataset

CANARY = "ZZCANARY"
DATE = "18990417"
NUM_PATIENTS = 32
# PS3.15 table E.1-1 lists identifying attributes; these are the ones that archives fill.
TEXTS = (
    *("PatientName", "PatientID", "OtherPatientNames", "PatientAddress", "PatientComments", "PatientMotherBirthName"),
    *("AccessionNumber", "InstitutionName", "InstitutionAddress", "InstitutionalDepartmentName", "StationName"),
    *("ReferringPhysicianName", "PerformingPhysicianName", "OperatorsName", "StudyID", "StudyDescription"),
    *("SeriesDescription", "ProtocolName", "ImageComments", "DeviceSerialNumber", "RequestingPhysician"),
    *("AdmissionID", "Occupation", "AdditionalPatientHistory", "MedicalRecordLocator", "DetectorID"),
)
DATES = ("PatientBirthDate", "StudyDate", "SeriesDate", "AcquisitionDate", "ContentDate")


def _pixels(number: int) -> np.ndarray:
    rng = np.random.default_rng(number)
    blocks = rng.integers(4000, 30000, (5, 5)).repeat(8, axis=0).repeat(8, axis=1)
    blocks[:20] += 9000 * (number % 2)
    return blocks.astype(np.uint16)


def _write_dicom(path: Path, number: int) -> None:
    pixels = _pixels(number)
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = uid.ExplicitVRLittleEndian
    dataset.file_meta.SourceApplicationEntityTitle = CANARY
    dataset.SOPClassUID = uid.DigitalXRayImageStorageForPresentation
    dataset.SOPInstanceUID = uid.generate_uid(entropy_srcs=[str(number)])
    dataset.Modality, dataset.PhotometricInterpretation = "DX", "MONOCHROME2"
    dataset.Rows, dataset.Columns = pixels.shape
    dataset.SamplesPerPixel, dataset.PixelRepresentation = 1, 0
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 16, 16, 15
    for name in TEXTS:
        setattr(dataset, name, f"{CANARY}{number}")
    dataset.PatientID = f"{CANARY}{number // 6}"  # two patients of the manifest share one: a finding
    for name in DATES:
        setattr(dataset, name, DATE)
    dataset.private_block(0x0099, CANARY, create=True).add_new(1, "LO", CANARY)
    dataset.PixelData = pixels.tobytes()
    dataset.save_as(path, enforce_file_format=True)


def _write_png(path: Path, number: int) -> None:
    text = PngImagePlugin.PngInfo()
    text.add_text("Author", CANARY)
    Image.fromarray(_pixels(number)).save(path, pnginfo=text)


def _write_jpeg(path: Path, number: int) -> None:
    exif = Image.Exif()
    exif[0x010E] = CANARY  # ImageDescription
    Image.fromarray((_pixels(number) >> 8).astype(np.uint8)).save(path, comment=CANARY, exif=exif, quality=95)


WRITERS: tuple[tuple[str, Callable[[Path, int], None]], ...] = (
    (".dcm", _write_dicom),
    (".png", _write_png),
    (".jpg", _write_jpeg),
)


@pytest.fixture
def hospital(tmp_path: Path) -> Path:
    """Return a folder like one from a hospital: images in three formats and a manifest, all with canaries."""
    folder = tmp_path / "hospital"
    folder.mkdir()
    rows = ["path,label,patient_id,surname,notes"]
    for number in range(NUM_PATIENTS):
        suffix, write = WRITERS[number % 3]
        write(folder / f"{CANARY}-{number}{suffix}", number)
        label = ("well", "sick")[number % 2]
        rows.append(f"{CANARY}-{number}{suffix},{label},{CANARY}-{number},{CANARY},born {DATE}")
    (folder / "labels.csv").write_text("\n".join(rows) + "\n")
    return folder


@pytest.fixture
def radtl(caplog: pytest.LogCaptureFixture) -> Iterator[Callable[..., Result]]:
    """Return a function that runs ``radtl`` and searches everything that it printed and logged."""
    from radtl_tf.cli.main import main

    def run(*words: object, code: int = 0) -> Result:
        result = CliRunner().invoke(main, [str(word) for word in words])
        assert result.exit_code == code, result.output
        assert _clean(result.output.encode()) and _clean(caplog.text.encode()), result.output
        return result

    yield run


def _clean(data: bytes) -> bool:
    return CANARY.encode() not in data and DATE.encode() not in data


def _readable(data: bytes) -> Iterator[bytes]:
    """Yield the bytes of a file, and the decompressed bytes of compressed parts."""
    yield data
    for inflate in (gzip.decompress, zlib.decompress):
        try:
            yield inflate(data)
        except (OSError, zlib.error, EOFError):
            continue


@pytest.mark.slow
def test_no_byte_that_is_written_or_printed_holds_the_canary(
    hospital: Path, tmp_path: Path, tiny_backbone: str, experiment_text: Any, radtl: Any
) -> None:
    from radtl_tf.models.backbones import build_base
    from radtl_tf.models.weights.file import write_weights

    write_weights(tmp_path / "tiny.h5", build_base(tiny_backbone, 32, seed=9))
    tunings = '{ mode = "topK", layers = 1, learning_rates = [0.01] }, { mode = "frozen", learning_rates = [0.1] }'
    experiment = tmp_path / "experiment.toml"
    experiment.write_text(experiment_text(manifest="hospital/labels.csv", tunings=tunings))
    out = tmp_path / "written"
    out.mkdir()
    manifest, task = hospital / "labels.csv", ("--positive", "sick", "--patient", "patient_id")
    radtl("data", "check", manifest, *task, "--folds", 2, "--out", out / "check.html")
    checked = radtl("data", "check", manifest, *task, "--folds", 2, "--json")
    assert "header-patient-shared" in checked.stdout
    radtl("data", "preview", manifest, *task, "--image-size", 32, "--out", out / "preview.html")
    radtl("data", "build", manifest, *task, "--out", out / "data")
    radtl("run", experiment, "--out", out / "results")
    radtl("report", out / "results")
    radtl("status", out / "results")
    radtl("export", out / "results", "--setting", f"{tiny_backbone}-mine-tf-frozen", "--out", out / "model")
    new = tmp_path / "new.dcm"
    _write_dicom(new, 99)
    radtl("predict", out / "model", new, "--out", out / "scores.csv")
    words = ("test", out / "model", "--manifest", manifest, "--patient", "patient_id")
    radtl(*words, "--out", out / "tested")
    radtl(*words, "--one-image-per-patient", "--out", out / "refused", code=1)

    new.write_bytes(new.read_bytes()[:-300])
    radtl("predict", out / "model", new, code=1)
    broken = next(hospital.glob("*.dcm"))
    broken.write_bytes(broken.read_bytes()[:-300])
    radtl("data", "check", manifest, *task, code=1)
    radtl(*words, "--out", out / "refused", code=1)
    radtl("data", "build", manifest, *task, "--out", out / "again", code=1)
    radtl("run", experiment, "--out", out / "other", code=1)

    written = [path for path in sorted(out.rglob("*")) if path.is_file()]
    assert len(written) > 30
    assert [path for path in written if not _clean(str(path.relative_to(out)).encode())] == []
    assert [path.name for path in written if not all(map(_clean, _readable(path.read_bytes())))] == []


TABLES = {  # each is full of canaries, and repaired or refused in its own way
    "encoded.csv": lambda text: text.replace("sick", "\u3042\u308a").encode("cp932"),
    "unclear.csv": lambda text: text.replace("sick", "\uff71\uff98").encode("cp932"),
    "index.csv": lambda text: "".join(f"{n},{line}" for n, line in enumerate(text.splitlines(True))).encode(),
    "headless.csv": lambda text: text.partition("\n")[2].encode(),
    "spaces.csv": lambda text: text.replace(CANARY, f" \u200b{CANARY}\xa0").encode(),
    "upper.csv": lambda text: text.replace(".png", ".PNG").replace("sick", "SICK", 1).encode(),
    "missing.csv": lambda text: text.replace(f"{CANARY}-1", f"{CANARY}/{CANARY}-1", 3).encode(),
    "quoted.csv": lambda text: text.replace(f",{CANARY},", f',"{CANARY},', 2).encode(),
    "ragged.csv": lambda text: (text + f"{CANARY}\n").encode(),
    "total.csv": lambda text: (text + f"Total,,{CANARY},,\n").encode(),
}


@pytest.mark.parametrize("name", TABLES)
def test_no_repair_of_a_table_and_no_refusal_shows_the_canary(
    name: str, hospital: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    from radtl_tf.cli.main import main
    from radtl_tf.data.fixing.fixed_table import CHANGES

    table = hospital / name
    table.write_bytes(TABLES[name]((hospital / "labels.csv").read_text()))
    caplog.set_level("INFO")
    words = ["data", "fix", table, "--label", "label", "--patient", "patient_id", "--out", tmp_path / "fixed.csv"]
    result = CliRunner().invoke(main, [str(word) for word in words])
    assert _clean(result.output.encode()) and _clean(caplog.text.encode()), result.output
    changes = tmp_path / f"fixed{CHANGES}"
    assert (result.exit_code == 0) == changes.exists() == (name not in ("unclear.csv", "headless.csv", "ragged.csv"))
    assert not changes.exists() or _clean(changes.read_bytes())


def test_the_search_finds_what_it_looks_for(hospital: Path) -> None:
    assert not _clean((hospital / "labels.csv").read_bytes())
    for suffix in (".dcm", ".png", ".jpg"):
        assert not _clean(next(hospital.glob(f"*{suffix}")).read_bytes())
    assert not all(map(_clean, _readable(gzip.compress(CANARY.encode()))))
