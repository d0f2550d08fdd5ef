"""Tables of public data sets, rebuilt by hand in their layouts: ``init`` and ``data check`` take them as they are.

The columns and the forms of their values follow the documentation of each data set; every value is made up. A call has
the table, the output, what names columns and patients, and one further option, or what blank and uncertain labels mean.
"""

from __future__ import annotations

import io
import json
import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from click.testing import CliRunner
from PIL import Image
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, generate_uid

from radtl_tf.cli.main import main
from radtl_tf.data.decoding.measuring import measure
from radtl_tf.data.decoding.reading import Outcome
from radtl_tf.data.manifest.reader import cases_of, manifest_of
from radtl_tf.records.reader import read_experiment

NUM = 24  # images of each table
COLUMNS = ("--label", "--patient", "--path-column", "--patient-pattern")  # options that name columns or patients
BY_FOLDER = r"--patient-pattern 'patient\d+' "


@dataclass(frozen=True)
class Public:
    """A table as its data set has it, the images that belong to it, and the options of a call."""

    file: str
    lines: Sequence[str]
    images: Sequence[str]
    columns: str
    option: str = ""
    kind: str = "binary"
    classes: int = 2


def rows(line: Callable[[int], str]) -> list[str]:
    return [line(number) for number in range(NUM)]


def marks(number: int, count: int, yes: str = "1", no: str = "0") -> str:
    """Return ``count`` cells of yes or no, in which each column has both."""
    return ",".join(yes if (number + column) % (column % 3 + 2) == 0 else no for column in range(count))


CHEXPERT = (
    "No Finding,Enlarged Cardiomediastinum,Cardiomegaly,Lung Opacity,Lung Lesion,Edema,Consolidation,Pneumonia,"
    "Atelectasis,Pneumothorax,Pleural Effusion,Pleural Other,Fracture,Support Devices"
)
VINDR = (
    "Aortic enlargement,Atelectasis,Calcification,Cardiomegaly,Clavicle fracture,Consolidation,Edema,Emphysema,"
    "Enlarged PA,ILD,Infiltration,Lung Opacity,Lung cavity,Lung cyst,Mediastinal shift,Nodule/Mass,Pleural effusion,"
    "Pleural thickening,Pneumothorax,Pulmonary fibrosis,Rib fracture,Other lesion,COPD,Lung tumor,Pneumonia,"
    "Tuberculosis,Other disease,No finding"
)
UID = "1.2.276.0.7230010.3.1.4.8323329"


def nih_chest_xray14() -> Public:
    findings = ("Cardiomegaly", "No Finding", "Effusion|Mass", "Mass", "No Finding", "Hernia")
    names = rows(lambda n: f"{n // 2 + 1:08}_{n % 2:03}.png")
    header = (
        "Image Index,Finding Labels,Follow-up #,Patient ID,Patient Age,Patient Gender,View Position,"
        "OriginalImage[Width,Height],OriginalImagePixelSpacing[x,y],"
    )
    lines = rows(
        lambda n: (
            f"{names[n]},{findings[n % 6]},{n % 2},{n // 2 + 1},0{40 + n}Y,{'MF'[n % 2]},{('PA', 'AP')[n % 3 == 0]},"
            "2682,2749,0.143,0.143,"
        )
    )
    images = [f"images_{n // 12 + 1:03}/images/{name}" for n, name in enumerate(names)]
    columns = '--label "Finding Labels" --patient "Patient ID" --path-column "Image Index"'
    return Public("Data_Entry_2017.csv", [header, *lines], images, columns, "--label-separator |", "multilabel", 5)


def chexpert_valid() -> Public:
    paths = rows(lambda n: f"CheXpert-v1.0-small/valid/patient{64541 + n}/study1/view1_frontal.jpg")
    lines = rows(lambda n: f"{paths[n]},{('Male', 'Female')[n % 2]},{40 + n},Frontal,AP,{marks(n, 14, '1.0', '0.0')}")
    columns = f"{BY_FOLDER} --path-column Path " + " ".join(f'--label "{name}"' for name in CHEXPERT.split(","))
    header = f"Path,Sex,Age,Frontal/Lateral,AP/PA,{CHEXPERT}"
    return Public("valid.csv", [header, *lines], paths, columns, kind="multilabel", classes=14)


def chexpert_train() -> Public:
    paths = rows(lambda n: f"CheXpert-v1.0-small/train/patient{n // 2:05}/study{n % 2 + 1}/view1_frontal.jpg")
    lines = rows(
        lambda n: (
            f"{paths[n]},Female,{40 + n},Frontal,PA,,{('1.0', '0.0', '', '-1.0')[n % 4]},{marks(n, 12, '1.0', '')}"
        )
    )
    columns = f'{BY_FOLDER} --path-column Path --label "Enlarged Cardiomediastinum" --label Edema'
    option = "--missing no --uncertain ignore"
    header = f"Path,Sex,Age,Frontal/Lateral,AP/PA,{CHEXPERT}"
    return Public("train.csv", [header, *lines], paths, columns, option, "multilabel", 2)


def chexpert_train_as_it_is() -> Public:
    return replace(chexpert_train(), option="")


def rsna_pneumonia() -> Public:
    names = rows(lambda n: f"{n:08x}-0d1a-4b0c-9d0e-{n:012x}")
    lines = [f"{name},,,,,0" for name in names[::2]]
    for name in names[1::2]:  # a row per box
        lines += [f"{name},264.0,152.0,213.0,379.0,1", f"{name},562.0,152.0,256.0,453.0,1"]
    images = [f"stage_2_train_images/{name}.dcm" for name in names]
    columns = "--path-column patientId --label Target --patient patientId"
    return Public("stage_2_train_labels.csv", ["patientId,x,y,width,height,Target", *lines], images, columns)


def rsna_bone_age() -> Public:
    lines = rows(lambda n: f"{1377 + n},{60 + 3 * n},{n % 3 == 0}")
    images = rows(lambda n: f"boneage-training-dataset/{1377 + n}.png")
    columns = "--path-column id --label male --patient id"
    return Public("boneage-training-dataset.csv", ["id,boneage,male", *lines], images, columns)


def padchest() -> Public:
    labels = ("['normal']", "['pneumonia', 'unchanged']", "['copd signs']", "['pneumonia']")
    header = (
        ",ImageID,ImageDir,StudyDate_DICOM,StudyID,PatientID,PatientBirth,PatientSex_DICOM,ViewPosition_DICOM,"
        "Projection,MethodProjection,Pediatric,Report,MethodLabel,Labels"
    )
    lines = rows(
        lambda n: (
            f"{n},{n}_04abc.png,{n // 12},20140915,{n}9999,{n // 2}777,1930.0,{'MF'[n % 2]},POSTEROANTERIOR,"
            f'{("PA", "L")[n % 2]},Manual review of DICOM fields,No,sin hallazgos,Physician,"{labels[n % 4]}"'
        )
    )
    images = rows(lambda n: f"{n // 12}/{n}_04abc.png")
    columns = "--path-column ImageID --label Labels --patient PatientID"
    name = "PADCHEST_chest_x_ray_images_labels_160K_01.02.19.csv"
    return Public(name, [header, *lines], images, columns, "--label-separator ,", "multilabel", 4)


def vindr_cxr() -> Public:
    names = rows(lambda n: f"{n:032x}")
    columns = "--path-column image_id " + " ".join(f'--label "{name}"' for name in VINDR.split(","))
    images = [f"test/{name}.dicom" for name in names]
    lines = [f"image_id,{VINDR}", *rows(lambda n: f"{names[n]},{marks(n, 28)}")]
    return Public("image_labels_test.csv", lines, images, columns, "--one-image-per-patient", "multilabel", 28)


def vindr_pcxr() -> Public:
    classes = "No finding,Bronchitis,Brocho-pneumonia,Other disease,Bronchiolitis,Pneumonia"
    lines = rows(lambda n: f"{n:032x},R1,{marks(n, 6, '1.0', '0.0')}")
    columns = "--path-column image_id " + " ".join(f'--label "{name}"' for name in classes.split(","))
    images = rows(lambda n: f"train/{n:032x}.dicom")
    lines = [f"image_id,rad_ID,{classes}", *lines]
    return Public("image_labels_train.csv", lines, images, columns, "--one-image-per-patient", "multilabel", 6)


def vindr_spinexr() -> Public:
    header = "image_id,study_id,series_id,rad_id,lesion_type,xmin,ymin,xmax,ymax"
    lines = []
    for n in range(NUM):  # a row per box
        for lesion in (("No finding",), ("Osteophytes", "Disc space narrowing"), ("Osteophytes",))[n % 3]:
            lines.append(f"{n:032x},{n // 2:030x},{n:031x},rad2,{lesion},1.5,2.5,30.0,40.0")
    images = rows(lambda n: f"train_images/{n:032x}.dicom")
    columns = "--path-column image_id --label lesion_type --patient study_id"
    return Public("train.csv", [header, *lines], images, columns, "--label-separator |", "multilabel", 3)


def vindr_mammo() -> Public:
    header = "study_id,series_id,image_id,laterality,view_position,height,width,breast_birads,breast_density,split"
    lines = rows(
        lambda n: (
            f"{n // 4:032x},{n:032x},{n:031x},{'LR'[n % 2]},{('CC', 'MLO')[n // 2 % 2]},3518,2800,"
            f"BI-RADS {n % 5 + 1},DENSITY C,training"
        )
    )
    images = rows(lambda n: f"images/{n // 4:032x}/{n:031x}.dicom")
    columns = "--path-column image_id --label breast_birads --patient study_id"
    return Public("breast-level_annotations.csv", [header, *lines], images, columns, "--unit image", "multiclass", 5)


def mimic_cxr_jpg() -> Public:
    header = (
        "dicom_id,subject_id,study_id,PerformedProcedureStepDescription,ViewPosition,Rows,Columns,StudyDate,StudyTime,"
        "ProcedureCodeSequence_CodeMeaning"
    )
    lines = rows(
        lambda n: (
            f"{n:08x}-1a2b,{10000032 + n // 2},{50414267 + n},CHEST (PA AND LAT),{('PA', 'LATERAL', 'AP')[n % 3]},"
            "3056,2544,21800506,213014.531,CHEST (PA AND LAT)"
        )
    )
    images = rows(lambda n: f"files/p10/p{10000032 + n // 2}/s{50414267 + n}/{n:08x}-1a2b.jpg")
    columns = "--path-column dicom_id --label ViewPosition --patient subject_id"
    return Public("mimic-cxr-2.0.0-metadata.csv", [header, *lines], images, columns, "--unit image", "multiclass", 3)


def brax() -> Public:
    header = f"DicomPath,PngPath,PatientID,PatientSex,PatientAge,AccessionNumber,StudyDate,{CHEXPERT},ViewPosition,Rows"
    place = "images/id_{0}/Study_{0}.1/Series_{0}.2/image-{0}"
    lines = rows(
        lambda n: (
            f"Anonymized_DICOMs/{n}.dcm,{place.format(n)}.png,id_{n // 2},{'MF'[n % 2]},{('85 or more', '40')[n % 2]},"
            f"a{n},20100101,{','.join(('', '1.0')[(n + c) % 3 == 0] for c in range(14))},PA,2800"
        )
    )
    images = rows(lambda n: f"{place.format(n)}.png")
    columns = "--path-column PngPath --patient PatientID --label Edema --label Fracture"
    return Public("master_spreadsheet_update.csv", [header, *lines], images, columns, "--missing no", "multilabel", 2)


def kaggle_pneumonia() -> Public:
    names = rows(lambda n: f"NORMAL\\IM-0{115 + n}-0001.jpeg" if n % 2 else f"PNEUMONIA\\person{n}_bacteria_{n}.jpeg")
    lines = [f"chest_xray\\train\\{name},{name.partition(chr(92))[0]}" for name in names]
    images = [f"chest_xray/train/{name.replace(chr(92), '/')}" for name in names]
    return Public("train.csv", ["path,label", *lines], images, "", "--one-image-per-patient")


def shenzhen() -> Public:
    lines = rows(
        lambda n: f"CHNCXR_{n:04}_{n % 2}.png,{('Male', 'Female')[n % 2]},{20 + n},{('normal', 'PTB')[n % 3 > 0]}"
    )
    images = rows(lambda n: f"images/images/CHNCXR_{n:04}_{n % 2}.png")
    columns = "--path-column study_id --label findings --patient study_id"
    return Public("shenzhen_metadata.csv", ["study_id,sex,age,findings", *lines], images, columns)


def siim_acr_png() -> Public:
    lines = rows(lambda n: f"{n}_train_{n % 2}_.png,{UID}.{n},{n % 2}")
    images = rows(lambda n: f"png_images/{n}_train_{n % 2}_.png")
    columns = "--path-column new_filename --label has_pneumo --patient ImageId"
    return Public("stage_1_train_images.csv", ["new_filename,ImageId,has_pneumo", *lines], images, columns)


def oai_knees() -> Public:
    lines = rows(
        lambda n: f"{9000099 + n // 2}|{n % 2 + 1}|37|016601000{n}|{n % 5}|{9000099 + n // 2}{'RL'[n % 2]}.png"
    )
    images = rows(lambda n: f"{9000099 + n // 2}{'RL'[n % 2]}.png")
    columns = "--path-column FILE --label V00XRKL --patient ID"
    header = "ID|SIDE|READPRJ|BARCDBU|V00XRKL|FILE"
    return Public("kxr_sq_bu00.txt", [header, *lines], images, columns, "--unit image", "multiclass", 5)


def open_i() -> Public:
    lines = rows(lambda n: f"{n // 2 + 1},{n // 2 + 1}_IM-0001-{n}001.dcm.png,{('Frontal', 'Lateral')[n % 2]}")
    images = rows(lambda n: f"images/images_normalized/{n // 2 + 1}_IM-0001-{n}001.dcm.png")
    columns = "--path-column filename --label projection --patient uid"
    option = "--positive Lateral"
    return Public("indiana_projections.csv", ["uid,filename,projection", *lines], images, columns, option)


def covid_chestxray() -> Public:
    findings = ("Pneumonia/Viral/COVID-19", "No Finding", "Pneumonia/Bacterial")
    header = (
        "patientid,offset,sex,age,finding,RT_PCR_positive,survival,view,modality,date,location,folder,filename,doi,url,"
        "license,clinical_notes,other_notes,"
    )
    lines = rows(
        lambda n: (
            f'{n // 2},{n},M,{45 + n},{findings[n // 2 % 3]},Y,Y,PA,X-ray,"January 22, 2020","Vietnam",images,'
            f'img{n}.png,10.1/n,https://example.org/{n},,"On day {n}, ""fever"".\nNext line.",,'
        )
    )
    images = rows(lambda n: f"images/img{n}.png")
    columns = "--path-column filename --label finding --patient patientid"
    return Public("metadata.csv", [header, *lines], images, columns, "--unit patient", "multiclass", 3)


def grazpedwri() -> Public:
    header = (
        "filestem,patient_id,study_number,timehash,gender,age,laterality,projection,initial_exam,ao_classification,cast,"
        "diagnosis_uncertain,osteopenia,fracture_visible,metal,pixel_spacing,device_manufacturer"
    )
    lines = rows(
        lambda n: (
            f"{n:04}_0650906069_01_WRI-L1_M011,{n // 2},1,67fc,M,11.1,L,{n % 2 + 1},1.0,,{('1.0', '')[n % 3 == 0]},,,"
            f"{('', '1.0')[n // 2 % 2]},,0.144,Siemens"
        )
    )
    images = rows(lambda n: f"images_part1/{n:04}_0650906069_01_WRI-L1_M011.png")
    columns = "--path-column filestem --label fracture_visible --label cast --patient patient_id"
    return Public("dataset.csv", [header, *lines], images, columns, "--missing no", "multilabel", 2)


def fracatlas() -> Public:
    header = "image_id,hand,leg,hip,shoulder,mixed,hardware,multiscan,fractured,fracture_count,frontal,lateral,oblique"
    lines = rows(lambda n: f"IMG{n:07}.jpg,1,0,0,0,0,0,0,{n % 2},{n % 2},1,0,0")
    images = rows(lambda n: f"images/{('Non_fractured', 'Fractured')[n % 2]}/IMG{n:07}.jpg")
    columns = "--path-column image_id --label fractured"
    return Public("dataset.csv", [header, *lines], images, columns, "--one-image-per-patient")


def ranzcr_clip() -> Public:
    classes = "ETT - Abnormal,ETT - Borderline,ETT - Normal,NGT - Abnormal,CVC - Normal,Swan Ganz Catheter Present"
    lines = rows(lambda n: f"{UID}.{n},{marks(n, 6)},{n // 2:09x}")
    images = rows(lambda n: f"train/{UID}.{n}.jpg")
    columns = "--path-column StudyInstanceUID --patient PatientID " + " ".join(
        f'--label "{name}"' for name in classes.split(",")
    )
    lines = [f"StudyInstanceUID,{classes},PatientID", *lines]
    return Public("train.csv", lines, images, columns, "--unit image", "multilabel", 6)


def rsna_mammography() -> Public:
    header = (
        "site_id,patient_id,image_id,laterality,view,age,cancer,biopsy,invasive,BIRADS,implant,density,machine_id,"
        "difficult_negative_case"
    )
    lines = rows(
        lambda n: f"2,{10006 + n // 2},{462822612 + n},{'LR'[n % 2]},CC,61.0,{int(n // 2 % 3 == 0)},0,0,,0,,29,False"
    )
    images = rows(lambda n: f"train_images/{10006 + n // 2}/{462822612 + n}.dcm")
    columns = "--path-column image_id --label cancer --patient patient_id"
    return Public("train.csv", [header, *lines], images, columns, "--unit patient")


def cbis_ddsm() -> Public:
    header = (
        "patient_id,breast_density,left or right breast,image view,abnormality id,abnormality type,mass shape,"
        "mass margins,assessment,pathology,subtlety,image file path,cropped image file path,ROI mask file path"
    )
    pathologies = ("MALIGNANT", "BENIGN", "BENIGN_WITHOUT_CALLBACK")
    places = rows(lambda n: f"Mass-Training_P_{n // 2:05}_LEFT_{('CC', 'MLO')[n % 2]}")
    lines = rows(
        lambda n: (
            f"P_{n // 2:05},3,LEFT,{('CC', 'MLO')[n % 2]},1,mass,IRREGULAR,SPICULATED,4,{pathologies[n // 2 % 3]},4,"
            f"{places[n]}/1.3.6/1.9.{n}/000000.dcm,{places[n]}_1/1.3.6/000000.dcm,{places[n]}_1/1.3.6/000001.dcm"
        )
    )
    images = rows(lambda n: f"{places[n]}/1.3.6/1.9.{n}/000000.dcm")
    columns = '--path-column "image file path" --label pathology --patient patient_id'
    return Public(
        "mass_case_description_train_set.csv", [header, *lines], images, columns, "--unit patient", "multiclass", 3
    )


def mura() -> Public:
    place = "MURA-v1.1/train/XR_WRIST/patient{0:05}/study1_{1}/image1.png"
    paths = rows(lambda n: place.format(n // 2, ("negative", "positive")[n % 2]))
    return Public("train_image_paths.csv", paths, paths, BY_FOLDER)


def mura_with_labels() -> Public:
    public = mura()
    lines = [f"{path},{int('positive' in path)}" for path in public.lines]
    return replace(public, lines=lines, columns=f"--label column_2 {BY_FOLDER}", option="--unit image")


def mura_studies() -> Public:
    public = mura_with_labels()
    return replace(
        public, file="train_labeled_studies.csv", lines=[one.replace("image1.png", "") for one in public.lines]
    )


def covidx() -> Public:
    lines = rows(lambda n: f"{379 + n} {n}_jumbo.jpeg {('negative', 'positive')[n % 2]} cohen")
    images = rows(lambda n: f"train/{n}_jumbo.jpeg")
    return Public("train.txt", lines, images, "--label column_3 --patient column_1")


BUILDERS = (
    *(
        nih_chest_xray14,
        chexpert_valid,
        rsna_bone_age,
        padchest,
        vindr_cxr,
        vindr_pcxr,
        vindr_mammo,
        mimic_cxr_jpg,
        brax,
    ),
    *(kaggle_pneumonia, shenzhen, siim_acr_png, oai_knees, open_i, covid_chestxray, grazpedwri, fracatlas, ranzcr_clip),
    *(rsna_mammography, cbis_ddsm, chexpert_train, mura_with_labels, covidx),
)
# Two have a row per box, one a row per folder, and one blank and uncertain labels without their meaning.
REFUSED = (mura_studies, rsna_pneumonia, vindr_spinexr, chexpert_train_as_it_is)
TOO_FEW = {"folds"}  # these tables have a hundredth of the rows of their data sets


@cache
def radiograph(number: int, ending: str) -> bytes:
    """Return a small picture that resembles no other, as the content of a file."""
    pixels = np.random.default_rng(number).integers(0, 256, (8, 8), np.uint8).repeat(2, 0).repeat(2, 1)
    buffer = io.BytesIO()
    if ending in (".dcm", ".dicom"):
        meta = FileMetaDataset()
        meta.TransferSyntaxUID = ExplicitVRLittleEndian
        meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.1.1"  # Digital X-Ray Image Storage
        meta.MediaStorageSOPInstanceUID = generate_uid(entropy_srcs=[str(number)])
        film = FileDataset(buffer, {}, file_meta=meta, preamble=bytes(128))
        film.SOPClassUID, film.SOPInstanceUID = meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID
        film.Modality, film.PatientID = "DX", ""
        film.Rows, film.Columns = pixels.shape
        film.SamplesPerPixel, film.PhotometricInterpretation = 1, "MONOCHROME2"
        film.BitsAllocated, film.BitsStored, film.HighBit, film.PixelRepresentation = 8, 8, 7, 0
        film.PixelData = pixels.tobytes()
        pydicom.dcmwrite(buffer, film, enforce_file_format=True)
    else:
        Image.fromarray(pixels).save(buffer, {".png": "PNG"}.get(ending, "JPEG"))
    return buffer.getvalue()


@cache
def outcome(data: bytes, ending: str) -> Outcome:
    return Outcome("decoded", reading=measure(data, ending)[0])


@pytest.fixture
def folder(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Public:
    """Write the table of a data set and its images into the working folder; images are decoded in this process."""
    public: Public = request.param()
    monkeypatch.chdir(tmp_path)
    Path(public.file).write_text("\n".join(public.lines) + "\n", encoding="utf-8")
    for number, name in enumerate(public.images):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_bytes(radiograph(number, Path(name).suffix))

    def read(manifest: Any, watch: Any, *, depth: int | None = None) -> list[Outcome]:
        return [outcome(image.path.read_bytes(), image.path.suffix) for image in manifest.images]

    monkeypatch.setattr("radtl_tf.data.check.check_source.read_manifest_images", read)
    return public


@pytest.mark.parametrize("folder", BUILDERS, ids=lambda builder: builder.__name__, indirect=True)
def test_a_public_table_is_taken_as_it_is(folder: Public) -> None:
    columns, option = shlex.split(folder.columns), shlex.split(folder.option)
    assert set(columns[::2]) <= set(COLUMNS) and len(option) <= 2 or {"--missing", "--uncertain"} == set(option[::2])
    words = ["--manifest", folder.file, "--out", "experiment.toml", *columns, *option]
    result = CliRunner().invoke(main, ["init", *words])
    assert result.exit_code == 0, result.output
    task = replace(read_experiment(Path("experiment.toml")).task, unit="image")
    cases = cases_of(manifest_of(task), task, bytes(32))
    assert (cases.kind, len(cases.classes), len(cases.truth)) == (folder.kind, folder.classes, NUM)
    result = CliRunner().invoke(main, ["data", "check", folder.file, *columns, *option, "--json"])
    found = json.loads(result.stdout)
    assert {finding["code"] for finding in found["findings"] if finding["level"] == "error"} <= TOO_FEW, result.output


@pytest.mark.parametrize("folder", REFUSED, ids=lambda builder: builder.__name__, indirect=True)
def test_what_a_public_table_does_not_say_is_asked_for_in_one_line(folder: Public) -> None:
    words = shlex.split(f"{folder.columns} {folder.option}")
    init = CliRunner().invoke(main, ["init", "--manifest", folder.file, "--out", "experiment.toml", *words])
    check = CliRunner().invoke(main, ["data", "check", folder.file, *words])
    assert check.exit_code == 1 and init.exit_code in (0, 1)
    assert check.stderr.splitlines()[-1].startswith("Error: ") and check.stdout == ""


@pytest.mark.parametrize("folder", [mura], indirect=True)
def test_a_list_of_paths_is_checked_and_makes_no_experiment(folder: Public) -> None:
    words = shlex.split(folder.columns)
    check = CliRunner().invoke(main, ["data", "check", folder.file, *words, "--json"])
    assert "table-repaired" in {finding["code"] for finding in json.loads(check.stdout)["findings"]}, check.output
    init = CliRunner().invoke(main, ["init", "--manifest", folder.file, "--out", "experiment.toml", *words])
    assert (init.exit_code, init.stderr.splitlines()[-1][:7]) == (1, "Error: ")
