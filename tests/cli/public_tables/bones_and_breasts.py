"""Tables of bones, joints, spines and breasts."""

from __future__ import annotations

import runpy
from dataclasses import replace
from pathlib import Path
from typing import Any

_table = runpy.run_path(str(Path(__file__).with_name("table.py")))
Public, NUM, BY_FOLDER, rows = _table["Public"], _table["NUM"], _table["BY_FOLDER"], _table["rows"]


def rsna_bone_age() -> Any:
    lines = rows(lambda n: f"{1377 + n},{60 + 3 * n},{n % 3 == 0}")
    images = rows(lambda n: f"boneage-training-dataset/{1377 + n}.png")
    columns = "--path-column id --label male --patient id"
    return Public("boneage-training-dataset.csv", ["id,boneage,male", *lines], images, columns)


def vindr_spinexr() -> Any:
    header = "image_id,study_id,series_id,rad_id,lesion_type,xmin,ymin,xmax,ymax"
    lines = []
    for n in range(NUM):  # a row per box
        for lesion in (("No finding",), ("Osteophytes", "Disc space narrowing"), ("Osteophytes",))[n % 3]:
            lines.append(f"{n:032x},{n // 2:030x},{n:031x},rad2,{lesion},1.5,2.5,30.0,40.0")
    images = rows(lambda n: f"train_images/{n:032x}.dicom")
    columns = "--path-column image_id --label lesion_type --patient study_id"
    return Public("train.csv", [header, *lines], images, columns, "--label-separator |", "multilabel", 3)


def vindr_mammo() -> Any:
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


def oai_knees() -> Any:
    lines = rows(
        lambda n: f"{9000099 + n // 2}|{n % 2 + 1}|37|016601000{n}|{n % 5}|{9000099 + n // 2}{'RL'[n % 2]}.png"
    )
    images = rows(lambda n: f"{9000099 + n // 2}{'RL'[n % 2]}.png")
    columns = "--path-column FILE --label V00XRKL --patient ID"
    header = "ID|SIDE|READPRJ|BARCDBU|V00XRKL|FILE"
    return Public("kxr_sq_bu00.txt", [header, *lines], images, columns, "--unit image", "multiclass", 5)


def grazpedwri() -> Any:
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


def fracatlas() -> Any:
    header = "image_id,hand,leg,hip,shoulder,mixed,hardware,multiscan,fractured,fracture_count,frontal,lateral,oblique"
    lines = rows(lambda n: f"IMG{n:07}.jpg,1,0,0,0,0,0,0,{n % 2},{n % 2},1,0,0")
    images = rows(lambda n: f"images/{('Non_fractured', 'Fractured')[n % 2]}/IMG{n:07}.jpg")
    columns = "--path-column image_id --label fractured"
    return Public("dataset.csv", [header, *lines], images, columns, "--one-image-per-patient")


def rsna_mammography() -> Any:
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


def cbis_ddsm() -> Any:
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


def mura() -> Any:
    place = "MURA-v1.1/train/XR_WRIST/patient{0:05}/study1_{1}/image1.png"
    paths = rows(lambda n: place.format(n // 2, ("negative", "positive")[n % 2]))
    return Public("train_image_paths.csv", paths, paths, BY_FOLDER)


def mura_with_labels() -> Any:
    public = mura()
    lines = [f"{path},{int('positive' in path)}" for path in public.lines]
    return replace(public, lines=lines, columns=f"--label column_2 {BY_FOLDER}", option="--unit image")


def mura_studies() -> Any:
    public = mura_with_labels()
    return replace(
        public, file="train_labeled_studies.csv", lines=[one.replace("image1.png", "") for one in public.lines]
    )


TAKEN = (rsna_bone_age, vindr_mammo, oai_knees, grazpedwri, fracatlas, rsna_mammography, cbis_ddsm, mura_with_labels)
REFUSED = (vindr_spinexr, mura_studies)
