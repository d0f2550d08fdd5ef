"""The labels are permuted between patients, and every claim is counted under its name."""

from __future__ import annotations

from types import ModuleType

import numpy as np
import pandas as pd

from radtl_tf.data.manifest.cases import Cases


def test_patients_keep_one_label_and_the_classes_their_size(false_claims: ModuleType) -> None:
    patients = np.repeat(np.arange(40), 2)
    truth = (patients < 15).astype(np.int64)
    names = tuple(f"{number:024x}" for number in range(40))
    cases = Cases(np.arange(80), truth, patients, names, ("female", "male"), "image")
    permuted = false_claims._permuted(cases, 3)
    assert (permuted.truth[::2] == permuted.truth[1::2]).all()
    assert permuted.truth.sum() == truth.sum() and (permuted.truth != truth).any()


def test_a_count_has_its_limits(false_claims: ModuleType) -> None:
    assert false_claims._cell(pd.Series([True] * 8 + [False] * 2)) == "8 (49.0% to 94.3%)"


def test_a_false_claim_of_any_kind_counts_once(false_claims: ModuleType) -> None:
    rows = pd.DataFrame({key: [False, False] for key in false_claims.ROWS} | {"repeats": [3, 1], "AUROC": [0.5, 0.5]})
    rows.loc[0, ["worse", "any above chance"]] = True
    names = ("a", "b")
    cases = Cases(np.arange(2), np.array([0, 1]), np.arange(2), names, ("female", "male"), "image")
    lines = list(false_claims._lines(false_claims.Material(None, cases, [], {}), rows))
    assert lines[-2].startswith("any false claim in the answer") and lines[-2].split()[6] == "1"
    assert lines[-1].endswith("0.500")
