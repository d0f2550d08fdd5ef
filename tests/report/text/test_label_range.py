"""The label of a regression in words; the whole report is tested in ``tests/report/numbers_and_stages``."""

from __future__ import annotations

import pandas as pd

from radtl_tf.report.text.label_range import label_range, labels


class _Found:
    """What the sentence needs of an evaluation."""

    class record:
        in_unit = " years"

        class data:
            unit = "patient"

    class secondary:
        cases = pd.DataFrame({"scenario": ["a", "a", "b", "b"], "truth": [8.0, 12.0, 8.0, 12.0]})


def test_mean_sd_and_range_count_every_case_once() -> None:
    assert labels(_Found()).tolist() == [8.0, 12.0]  # type: ignore[arg-type]
    said = "10 ± 2.83 years (mean ± SD over the patients), from 8 to 12 years"
    assert label_range(_Found()) == said  # type: ignore[arg-type]
