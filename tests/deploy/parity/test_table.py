"""The table of a parity check, and when it refuses."""

from __future__ import annotations

import pytest

from radtl_tf.deploy.parity.table import LABEL_SD, Parity, Row, check
from radtl_tf.errors import ExperimentError

GOOD = Row("onnx", "", 64, 1.5e-6, 1e-5)
ROWS = (Row("predictions.csv", "", 64, 6e-8, 1e-3), Row("saved_model", "serving_default", 60, 0.0, 1e-5), GOOD)


def test_differences_within_the_tolerance_pass() -> None:
    check(Parity(ROWS))
    check(Parity(reason="no images"))


@pytest.mark.parametrize("difference", [1.1e-5, 0.3, float("nan"), float("inf")])
def test_a_difference_above_the_tolerance_shows_the_table(difference: float, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    with pytest.raises(ExperimentError) as caught:
        check(Parity((*ROWS, Row("litert", "", 64, difference, 1e-5))))
    assert "litert" in str(caught.value)
    assert "onnx" not in str(caught.value) and "\n" not in str(caught.value)
    table = [line.split()[0] for line in caplog.messages]
    assert table[1:] == ["predictions.csv", "saved_model", "onnx", "litert"]


def test_the_differences_of_numbers_are_relative_to_their_sd(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    found = Parity((GOOD,), relative_to=LABEL_SD)
    check(found)
    assert LABEL_SD in caplog.messages[0] and found.as_dict()["relative_to"] == LABEL_SD


def test_a_run_in_another_precision_says_what_to_do() -> None:
    odd = Parity((Row("predictions.csv", "", 64, 0.02, 1e-3),))
    with pytest.raises(ExperimentError, match="mixed_bfloat16"):
        check(odd, "mixed_bfloat16")


@pytest.mark.parametrize(("precision", "number"), [("float32", 0), ("mixed_bfloat16", 1)])
def test_a_model_of_runs_in_another_precision_has_a_warning(
    precision: str, number: int, caplog: pytest.LogCaptureFixture
) -> None:
    check(Parity((Row("predictions.csv", "", 64, 0.02, 0.1), GOOD)), precision)
    warnings = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert len(warnings) == number and all("2.0e-02" in each and precision in each for each in warnings)


def test_a_network_that_float16_changes_too_much_keeps_float32() -> None:
    half = Row("litert-float16", "", 64, 0.5, 1e-2)
    with pytest.raises(ExperimentError, match="Export litert,"):
        check(Parity((*ROWS, half)))
    with pytest.raises(ExperimentError) as caught:  # something else is wrong
        check(Parity((Row("onnx", "", 64, 0.5, 1e-5), half)))
    assert "Export litert," not in str(caught.value)


def test_the_record_is_plain() -> None:
    assert Parity((GOOD, Row("keras", "", 3, float("nan"), 1e-5))).as_dict() == {
        "checked": True,
        "relative_to": "probability",
        "rows": [
            {"format": "onnx", "signature": "", "images": 64, "max_difference": 1.5e-6, "tolerance": 1e-5},
            {"format": "keras", "signature": "", "images": 3, "max_difference": None, "tolerance": 1e-5},
        ],
    }
    assert Parity(reason="no images").as_dict() == {"checked": False, "reason": "no images"}
