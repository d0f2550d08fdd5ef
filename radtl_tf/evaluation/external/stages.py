"""Predicted stages of one or two frozen models, on patients who took no part in their training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from radtl_tf.evaluation.external.frozen_models import OTHER_REPLICATES
from radtl_tf.evaluation.external.results import Compared, External, bootstrap_method, drawn_estimate
from radtl_tf.evaluation.external.scored import Scored, by_patient
from radtl_tf.evaluation.inference.bootstrap import bootstrap
from radtl_tf.evaluation.metrics.metric_table import OF_STAGES
from radtl_tf.evaluation.metrics.stages import cross_tabulation, true_stage

_COMPARED = "weighted_kappa"


def with_stages(
    external: External, names: Sequence[str], views: Mapping[str, Scored], stages: Sequence[str], *, seed: int
) -> External:
    """Add to a test the models' predicted stages: kappa, accuracy, error in stages, and a table of stage by stage.

    ``views`` hold the images with each threshold, from the lowest. Intervals and the difference of two kappas are by
    the patient bootstrap.
    """
    cases = [by_patient(view) if external.unit == "patient" else view for view in views.values()]
    truth = np.stack([view.truth for view in cases], axis=1)
    scores = np.stack([view.scores for view in cases], axis=1)  # (n, K - 1, M)
    of_models = [scores[:, :, column] for column in range(len(names))]
    prepared = [metric.prepared(truth, score) for score in of_models for metric in OF_STAGES]
    drawn = bootstrap(prepared, cases[0].patients, replicates=OTHER_REPLICATES, seed=seed)
    rows = [(name, metric) for name in names for metric in OF_STAGES]
    estimates = [drawn_estimate(name, metric.key, one) for (name, metric), one in zip(rows, drawn, strict=True)]
    kappas = [one for (_, metric), one in zip(rows, drawn, strict=True) if metric.key == _COMPARED]
    compared = []
    if len(names) > 1:
        test = kappas[0].minus(kappas[1])
        method = f"paired {bootstrap_method(test)}"
        row = Compared(names[0], names[1], _COMPARED, test.value, *test.interval(), test.p_value, method)
        compared.append(row)
    note = (
        "The predicted stage is the last one that a case reaches with a probability of more than one half. Kappa "
        "counts a disagreement of d stages d squared times."
    )
    return replace(
        external,
        counts=_counts(external.counts, views, stages),
        estimates=(*external.estimates, *estimates),
        comparisons=(*external.comparisons, *compared),
        notes=(note, *external.notes),
        stages=tuple(stages),
        confusions={name: cross_tabulation(truth, score) for name, score in zip(names, of_models, strict=True)},
    )


def _counts(counts: Mapping[str, int], views: Mapping[str, Scored], stages: Sequence[str]) -> dict[str, int]:
    """Return how many images and patients there are, in all and of each stage."""
    truth = np.stack([view.truth for view in views.values()], axis=1)
    patients: NDArray[np.int64] = next(iter(views.values())).patients
    found = {key: counts[key] for key in ("images", "patients")}
    for number, name in enumerate(stages):
        at = true_stage(truth) == number
        found |= {f"images of {name}": int(at.sum()), f"patients with {name}": len(np.unique(patients[at]))}
    return found
