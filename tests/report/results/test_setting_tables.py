"""Tables of settings and scenarios show the numbers of the evaluation."""

from __future__ import annotations

import pytest

from radtl_tf.evaluation.evaluate import Evaluation
from radtl_tf.report.drawing.table import Table


def test_numbers_are_those_of_the_estimates(by_key: dict[str, Table], evaluation: Evaluation) -> None:
    first = evaluation.estimates.iloc[0]
    row = dict(zip(by_key["settings"].columns, by_key["settings"].rows[0], strict=True))
    assert row["Weights"] == "imagenet"
    assert float(row["AUROC"]) == pytest.approx(first["mean"], abs=5e-4)
    assert row["95 % interval"] == f"{first['ci_low']:.3f} to {first['ci_high']:.3f}"
    assert len(by_key["settings"].rows) == 8
    assert len(by_key["scenarios"].rows) == 16 + 4


def test_the_published_style_is_task_by_weights(by_key: dict[str, Table], evaluation: Evaluation) -> None:
    table = by_key["published"]
    assert table.columns == ("Task", "Pixels", "imagenet", "random", "p (descriptive)")
    mean, sd = evaluation.published.loc[0, ["mean", "sd"]]
    assert table.rows[0][2] == f"{mean:.3f} ± {sd:.3f} (8)"


def test_the_probe_stands_beside_the_head_of_the_same_features(
    by_key: dict[str, Table], evaluation: Evaluation
) -> None:
    estimates = evaluation.estimates.set_index("scenario")["mean"]
    for backbone, weights, pixels, probe, _, head, _ in by_key["probe"].rows:
        assert float(probe) == pytest.approx(estimates[f"{backbone}-{weights}-{pixels}-probe"], abs=5e-4)
        assert float(head) == pytest.approx(estimates[f"{backbone}-{weights}-{pixels}-frozen"], abs=5e-4)
