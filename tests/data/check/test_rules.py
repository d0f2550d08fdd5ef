"""The data check finds each kind of planted problem, and nothing in a clean data set."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from radtl_tf.data.check.findings import Checked, Examined
from radtl_tf.data.check.rules import check, linked_cases
from radtl_tf.data.decoding.reading import BY_FILE, CONTRADICTION, OVERLAY, SHUTTER, GreyRange, Outcome
from radtl_tf.data.manifest.labels import assemble
from radtl_tf.records.experiment import FoldPlan, Task

NUMBER = 120
Change = Callable[[list[Examined]], list[Examined]]


@pytest.fixture
def clean(reading: Any) -> list[Examined]:
    """Return 120 images of 60 patients; nothing except the pixels depends on the label."""
    rng = np.random.default_rng(1)

    def image(number: int) -> Examined:
        measured = reading(
            sha256=f"{number}",
            pixels_hash=f"{number}",
            mean=float(rng.uniform(0.3, 0.6)),
            sd=float(rng.uniform(0.1, 0.2)),
            signature=rng.integers(0, 255, (32, 32)).astype(np.uint8),
            metadata={"view": ("PA", "AP")[int(rng.integers(2))], "age": str(rng.integers(20, 80))},
        )
        label = ("absent", "present")[number // 2 % 2]
        columns = {"ward": ("north", "south")[int(rng.integers(2))]}
        path = f"images/{number:04d}.png"
        return Examined(number + 2, Outcome("decoded", reading=measured), (label,), f"P{number // 2}", path, columns)

    return [image(number) for number in range(NUMBER)]


def changed(image: Examined, **reading: Any) -> Examined:
    outcome = dataclasses.replace(image.outcome, reading=dataclasses.replace(image.reading, **reading))
    return dataclasses.replace(image, outcome=outcome)


def codes(checked: Checked) -> list[str]:
    return [finding.code for finding in checked.findings]


def sick(image: Examined) -> bool:
    return image.labels == ("present",)


def _every(change: Callable[[Examined], Examined]) -> Change:
    return lambda images: [change(image) for image in images]


def _one(at: int, change: Callable[[Examined, list[Examined]], Examined]) -> Change:
    return lambda images: [change(image, images) if number == at else image for number, image in enumerate(images)]


def _metadata(image: Examined, **values: str) -> Examined:
    return changed(image, metadata={**image.reading.metadata, **values})


PLANTED: dict[str, tuple[Change, tuple[int, ...] | None]] = {
    "unreadable": (
        _one(3, lambda image, _: dataclasses.replace(image, outcome=Outcome("refused", "damaged", "the PNG is cut."))),
        (5,),
    ),
    "no-radiograph": (
        _one(3, lambda image, _: dataclasses.replace(image, outcome=Outcome("skipped", "no-radiograph", "a report."))),
        (5,),
    ),
    "two-labels": (
        _one(2, lambda image, images: changed(image, pixels_hash=images[0].reading.pixels_hash)),
        (2, 4),
    ),
    "near-duplicates-two-labels": (
        _one(2, lambda image, images: changed(image, signature=images[0].reading.signature[::-1])),
        (2, 4),
    ),
    "no-patients": (_every(lambda image: dataclasses.replace(image, patient="")), None),
    "patient-ids": (_one(2, lambda image, _: dataclasses.replace(image, patient=" p001")), (4, 5)),
    "patient-ids-decimal": (
        lambda images: [
            dataclasses.replace(image, patient=f"{image.line // 2}{'.0' if image.line in (4, 8, 12) else ''}")
            for image in images
        ],
        (4, 5, 8, 9, 12, 13),
    ),
    "patient-ids-joined": (_one(2, lambda image, _: dataclasses.replace(image, patient="\uff301\u200b")), (4, 5)),
    "flat": (
        lambda images: [changed(image, sd=0.0, pixels_hash="black") if image.line < 5 else image for image in images],
        (2, 3, 4),
    ),
    "range": (_every(lambda image: changed(image, bits=16, used=GreyRange(12, 12))), None),
    "range-differs": (
        _every(lambda image: changed(image, used=GreyRange(*((12, 12) if image.line // 2 % 3 else (16, 16))), bits=16)),
        tuple(line for line in range(2, NUMBER + 2) if line // 2 % 3),
    ),
    "depth": (_one(7, lambda image, _: changed(image, notes=(BY_FILE,))), (9,)),
    "display": (_one(7, lambda image, _: changed(image, notes=(OVERLAY, SHUTTER))), (9,)),
    "polarity": (_one(7, lambda image, _: changed(image, notes=(CONTRADICTION,))), (9,)),
    "header-patient-shared": (
        _every(lambda image: changed(image, header_patient=f"{max(image.line // 2, 3)}")),
        (2, 3, 4, 5, 6, 7),
    ),
    "header-patient-split": (
        _every(lambda image: changed(image, header_patient=f"{min(image.line, 4)}-{image.line // 2}")),
        (2, 3),
    ),
    "duplicates-across": (
        _one(4, lambda image, images: changed(image, pixels_hash=images[0].reading.pixels_hash)),
        (2, 6),
    ),
    "near-duplicates-across": (
        _one(4, lambda image, images: changed(image, signature=images[0].reading.signature[:, ::-1] // 2 + 9)),
        (2, 6),
    ),
    "duplicates": (
        _one(1, lambda image, images: changed(image, pixels_hash=images[0].reading.pixels_hash)),
        (2, 3),
    ),
    "near-duplicates": (
        _one(1, lambda image, images: changed(image, signature=images[0].reading.signature)),
        (2, 3),
    ),
    "label-in-path": (_every(lambda image: dataclasses.replace(image, path=f"{image.labels[0]}/{image.path}")), None),
    "label-in-column": (
        _every(lambda image: dataclasses.replace(image, columns={"finding": "S" if sick(image) else "-"})),
        None,
    ),
    "shortcut": (_every(lambda image: changed(image, border=0.2 * sick(image) + 0.01 * image.line % 0.1)), None),
    "association": (_every(lambda image: _metadata(image, vendor="A" if sick(image) else "B")), None),
    "intents": (
        _every(lambda image: _metadata(image, intent=("processing", "presentation")[image.line // 4 % 2])),
        None,
    ),
    "burned-in": (_one(7, lambda image, _: changed(image, notes=("text burned into the image",))), (9,)),
    "secondary-captures": (
        _one(7, lambda image, _: changed(image, notes=("secondary capture, no original radiograph",))),
        (9,),
    ),
    "lossy": (_one(7, lambda image, _: changed(image, notes=("lossy compressed",))), (9,)),
}


def test_a_clean_set_has_no_error_and_no_warning(clean: list[Examined]) -> None:
    assert codes(check(clean)) == ["unit"]
    assert linked_cases(clean) is None


@pytest.mark.parametrize("code", PLANTED)
def test_what_was_planted_is_found(code: str, clean: list[Examined]) -> None:
    change, lines = PLANTED[code]
    checked = check(change(clean))
    assert code in codes(checked)
    also = {"shortcut", "association", "unit"} | ({"duplicates-across"} if code == "two-labels" else set())
    also |= {"near-duplicates-across"} if code == "near-duplicates-two-labels" else set()
    if code == "patient-ids":
        also |= {"near-duplicates"}
    assert set(codes(checked)) <= {code, *also}
    (finding,) = (finding for finding in checked.findings if finding.code == code)
    if lines is not None:
        assert finding.lines == lines


def test_ids_that_are_all_decimal_have_nothing_to_be_joined_with(clean: list[Examined]) -> None:
    decimal = [dataclasses.replace(image, patient=f"{image.line // 2}.0") for image in clean]
    assert codes(check(decimal)) == ["unit"]


def test_joined_ids_are_one_patient(clean: list[Examined]) -> None:
    ids = ("Mu\u0308ller", "M\xfcller\xa0", "'M\xfcller", "M\u200b\xfcller")
    images = [dataclasses.replace(image, patient=name) for image, name in zip(clean, ids, strict=False)]
    checked = check(images)
    assert checked.counts["Patients"] == "1" and "patient-ids-joined" in codes(checked)


def test_nothing_of_a_row_is_shown(clean: list[Examined]) -> None:
    told = [
        dataclasses.replace(
            image, patient=f"ZZCANARY {image.patient}", path=f"ZZCANARY/{image.labels[0]}", columns={"x": "ZZCANARY"}
        )
        for image in clean
    ]
    told[2] = dataclasses.replace(told[2], patient=told[2].patient.lower())
    told[5] = changed(told[5], pixels_hash=told[9].reading.pixels_hash)
    checked = check(told)
    assert {"patient-ids", "label-in-path", "duplicates-across"} <= set(codes(checked))
    assert "ZZCANARY" not in str(checked).upper()


def test_linked_patients_become_one_group(clean: list[Examined]) -> None:
    change, _ = PLANTED["near-duplicates-across"]
    groups = linked_cases(change(clean))
    assert groups is not None
    assert groups[0] == groups[1] == groups[4] == groups[5]
    assert len(np.unique(groups)) == NUMBER // 2 - 1


def test_folds_are_counted_or_refused(clean: list[Examined]) -> None:
    labels, patients = [image.labels for image in clean], [image.patient for image in clean]
    cases = assemble(labels, patients, Task(positive="present", unit="patient"))
    checked = check(clean, cases=cases, plan=FoldPlan(count=5))
    table = checked.tables["Folds"]
    assert len(table) == 15 and table[table["Part"] == "test"]["Images"].sum() == NUMBER
    refused = check(clean, cases=cases, plan=FoldPlan(count=20))
    assert codes(refused)[0] == "folds" and "20 folds" in refused.findings[0].message


def test_the_unit_that_fits_is_suggested(clean: list[Examined]) -> None:
    (finding,) = check(clean).findings
    assert re.search(r"\b60 .*\b0 .*unit = 'patient'", finding.message)
    mixed = check([dataclasses.replace(clean[0], labels=("present",)), *clean[1:]])
    assert re.search(r"\b60 .*\b1 .*unit = 'image'", mixed.findings[-1].message)


def test_images_of_which_nothing_is_known_are_checked_too(reading: Any) -> None:
    images = [Examined(number, Outcome("decoded", reading=reading(pixels_hash="x"))) for number in (1, 2)]
    assert codes(check(images)) == ["duplicates-across"]
    assert check([Examined(1, Outcome("refused", "format", "a GIF."))]).tables["Files"]["Reason"].tolist() == ["format"]


def test_a_small_class_is_told(clean: list[Examined]) -> None:
    labels, patients = [image.labels for image in clean], [image.patient for image in clean]
    cases = assemble(labels, patients, Task(positive="present", unit="patient"))
    found = check(clean, cases=cases, plan=FoldPlan(count=5))
    assert codes(found)[0] == "few-patients" and re.findall(r"\b30\b", found.findings[0].message) == ["30", "30"]
    assert "few-patients" not in codes(check(clean, cases=cases, plan=FoldPlan(count=3)))


@pytest.mark.slow
def test_chance_is_no_shortcut(clean: list[Examined]) -> None:
    """In small sets the AUROC of noise is often above 0.65."""
    rng = np.random.default_rng(5)
    warned = 0
    for _ in range(20):
        few = [clean[at] for at in rng.permutation(NUMBER)[:24]]
        labels = rng.permutation(["a", "b"] * 12)
        drawn = [
            dataclasses.replace(image, labels=(str(label),), patient=f"Q{image.line}")
            for image, label in zip(few, labels, strict=True)
        ]
        warned += "shortcut" in codes(check(drawn))
    assert warned <= 1


def test_a_burned_in_box_is_found_with_its_region(clean: list[Examined]) -> None:
    def marked(image: Examined) -> Examined:
        pixels = image.reading.signature.copy()
        pixels[28:, :4] = 255 if sick(image) else pixels[28:, :4]
        return changed(image, signature=pixels)

    assert "marker" not in codes(check(clean))
    found = check([marked(image) for image in clean])
    (marker,) = (finding for finding in found.findings if finding.code == "marker")
    assert marker.level == "warning" and "lower left corner" in marker.message
    assert found.tables["Thumbnail of 16 x 16 pixels"]["AUROC"].astype(float).max() > 0.9
