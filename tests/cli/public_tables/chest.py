"""Tables of chest radiographs."""

from __future__ import annotations

import runpy
from dataclasses import replace
from pathlib import Path
from typing import Any

_table = runpy.run_path(str(Path(__file__).with_name("table.py")))
Public, BY_FOLDER, marks, rows = _table["Public"], _table["BY_FOLDER"], _table["marks"], _table["rows"]

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


def nih_chest_xray14() -> Any:
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


def chexpert_valid() -> Any:
    paths = rows(lambda n: f"CheXpert-v1.0-small/valid/patient{64541 + n}/study1/view1_frontal.jpg")
    lines = rows(lambda n: f"{paths[n]},{('Male', 'Female')[n % 2]},{40 + n},Frontal,AP,{marks(n, 14, '1.0', '0.0')}")
    columns = f"{BY_FOLDER} --path-column Path " + " ".join(f'--label "{name}"' for name in CHEXPERT.split(","))
    header = f"Path,Sex,Age,Frontal/Lateral,AP/PA,{CHEXPERT}"
    return Public("valid.csv", [header, *lines], paths, columns, kind="multilabel", classes=14)


def chexpert_train() -> Any:
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


def chexpert_train_as_it_is() -> Any:
    return replace(chexpert_train(), option="")


def rsna_pneumonia() -> Any:
    names = rows(lambda n: f"{n:08x}-0d1a-4b0c-9d0e-{n:012x}")
    lines = [f"{name},,,,,0" for name in names[::2]]
    for name in names[1::2]:  # a row per box
        lines += [f"{name},264.0,152.0,213.0,379.0,1", f"{name},562.0,152.0,256.0,453.0,1"]
    images = [f"stage_2_train_images/{name}.dcm" for name in names]
    columns = "--path-column patientId --label Target --patient patientId"
    return Public("stage_2_train_labels.csv", ["patientId,x,y,width,height,Target", *lines], images, columns)


def padchest() -> Any:
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


def vindr_cxr() -> Any:
    names = rows(lambda n: f"{n:032x}")
    columns = "--path-column image_id " + " ".join(f'--label "{name}"' for name in VINDR.split(","))
    images = [f"test/{name}.dicom" for name in names]
    lines = [f"image_id,{VINDR}", *rows(lambda n: f"{names[n]},{marks(n, 28)}")]
    return Public("image_labels_test.csv", lines, images, columns, "--one-image-per-patient", "multilabel", 28)


def vindr_pcxr() -> Any:
    classes = "No finding,Bronchitis,Brocho-pneumonia,Other disease,Bronchiolitis,Pneumonia"
    lines = rows(lambda n: f"{n:032x},R1,{marks(n, 6, '1.0', '0.0')}")
    columns = "--path-column image_id " + " ".join(f'--label "{name}"' for name in classes.split(","))
    images = rows(lambda n: f"train/{n:032x}.dicom")
    lines = [f"image_id,rad_ID,{classes}", *lines]
    return Public("image_labels_train.csv", lines, images, columns, "--one-image-per-patient", "multilabel", 6)


def mimic_cxr_jpg() -> Any:
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


def brax() -> Any:
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


def kaggle_pneumonia() -> Any:
    names = rows(lambda n: f"NORMAL\\IM-0{115 + n}-0001.jpeg" if n % 2 else f"PNEUMONIA\\person{n}_bacteria_{n}.jpeg")
    lines = [f"chest_xray\\train\\{name},{name.partition(chr(92))[0]}" for name in names]
    images = [f"chest_xray/train/{name.replace(chr(92), '/')}" for name in names]
    return Public("train.csv", ["path,label", *lines], images, "", "--one-image-per-patient")


def shenzhen() -> Any:
    lines = rows(
        lambda n: f"CHNCXR_{n:04}_{n % 2}.png,{('Male', 'Female')[n % 2]},{20 + n},{('normal', 'PTB')[n % 3 > 0]}"
    )
    images = rows(lambda n: f"images/images/CHNCXR_{n:04}_{n % 2}.png")
    columns = "--path-column study_id --label findings --patient study_id"
    return Public("shenzhen_metadata.csv", ["study_id,sex,age,findings", *lines], images, columns)


def siim_acr_png() -> Any:
    lines = rows(lambda n: f"{n}_train_{n % 2}_.png,{UID}.{n},{n % 2}")
    images = rows(lambda n: f"png_images/{n}_train_{n % 2}_.png")
    columns = "--path-column new_filename --label has_pneumo --patient ImageId"
    return Public("stage_1_train_images.csv", ["new_filename,ImageId,has_pneumo", *lines], images, columns)


def open_i() -> Any:
    lines = rows(lambda n: f"{n // 2 + 1},{n // 2 + 1}_IM-0001-{n}001.dcm.png,{('Frontal', 'Lateral')[n % 2]}")
    images = rows(lambda n: f"images/images_normalized/{n // 2 + 1}_IM-0001-{n}001.dcm.png")
    columns = "--path-column filename --label projection --patient uid"
    option = "--positive Lateral"
    return Public("indiana_projections.csv", ["uid,filename,projection", *lines], images, columns, option)


def covid_chestxray() -> Any:
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


def ranzcr_clip() -> Any:
    classes = "ETT - Abnormal,ETT - Borderline,ETT - Normal,NGT - Abnormal,CVC - Normal,Swan Ganz Catheter Present"
    lines = rows(lambda n: f"{UID}.{n},{marks(n, 6)},{n // 2:09x}")
    images = rows(lambda n: f"train/{UID}.{n}.jpg")
    columns = "--path-column StudyInstanceUID --patient PatientID " + " ".join(
        f'--label "{name}"' for name in classes.split(",")
    )
    lines = [f"StudyInstanceUID,{classes},PatientID", *lines]
    return Public("train.csv", lines, images, columns, "--unit image", "multilabel", 6)


def covidx() -> Any:
    lines = rows(lambda n: f"{379 + n} {n}_jumbo.jpeg {('negative', 'positive')[n % 2]} cohen")
    images = rows(lambda n: f"train/{n}_jumbo.jpeg")
    return Public("train.txt", lines, images, "--label column_3 --patient column_1")


TAKEN = (
    nih_chest_xray14,
    chexpert_valid,
    chexpert_train,
    padchest,
    vindr_cxr,
    vindr_pcxr,
    mimic_cxr_jpg,
    brax,
    kaggle_pneumonia,
    shenzhen,
    siim_acr_png,
    open_i,
    covid_chestxray,
    ranzcr_clip,
    covidx,
)
REFUSED = (chexpert_train_as_it_is, rsna_pneumonia)
