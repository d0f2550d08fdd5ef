"""Names and meanings of the metrics of a model card, for readers who do not know ``estimates.csv``."""

from __future__ import annotations

from radtl_tf.deploy.card.markdown import plain
from radtl_tf.evaluation.metrics import metric_table as metrics

_OF_CLASS = f"{metrics.AUROC.key}: "
_MEANINGS = {
    metrics.AUROC.key: "chance that a random positive case scores higher than a negative one; 0.5: learned nothing",
    metrics.AVERAGE_PRECISION.name: "area under the precision-recall curve; depends on how many cases are positive",
    metrics.BALANCED_ACCURACY.name: "mean of sensitivity and specificity at the score 0.5",
    metrics.BRIER.name: "mean squared difference of score and truth; 0 is best",
    metrics.CALIBRATION_SLOPE.name: "1 is ideal; below 1 the scores are too extreme",
    metrics.CALIBRATION_INTERCEPT.name: "0 is ideal; below 0 the scores are too high on the whole",
    metrics.ECE.name: "mean difference between score and share of positives; 0 is best",
    metrics.MAE.key: "mean distance of prediction and truth; 0 is best",
    "RMSE": "like the MAE, but large errors count more; 0 is best",
    "R2": "1 is best; 0: no better than the mean of these cases",
    "Lin's concordance": "agreement with the truth; 1 is best, 0: none",
    "bias": "mean of prediction minus truth; above 0 the predictions are too high",
    "lower limit of agreement": "bias - 1.96 SD of the differences",
    "upper limit of agreement": "bias + 1.96 SD of the differences",
    "quadratic weighted kappa": "agreement beyond chance, far errors count more; 1 is best, 0: chance",
    "accuracy of the stage": "share of cases whose predicted stage is right",
    "within one stage": "share of cases whose predicted stage is right or next to it",
    "MAE in stages": "mean distance of predicted and true stage, in stages; 0 is best",
}
_OF_THRESHOLD = "above "
_RATES = {
    metrics.SENSITIVITY.name: "share of the positive cases that are called positive",
    metrics.SPECIFICITY.name: "share of the negative cases that are called negative",
    metrics.PPV.name: "share of the positive calls that are right; depends on how many cases are positive",
    metrics.NPV.name: "share of the negative calls that are right; depends on how many cases are positive",
}


def title(metric: str, unit: str = "") -> str:
    """Return the name of a metric of ``estimates.csv`` in a card, or "" if a card does not show it.

    ``unit`` is the unit of the label, which follows the name of a metric that has it.
    """
    if metric.startswith(_OF_CLASS):
        return f"AUROC of {plain(metric.removeprefix(_OF_CLASS))}"
    if _point(metric):
        return plain(f"{metric.rpartition(': ')[2]} at {_point(metric)}")
    known = metrics.METRICS.get(metric) or metrics.BY_NAME.get(metric)
    if not known or metric not in _MEANINGS:
        return ""
    return f"{known.title} ({plain(unit)})" if unit and known.has_unit else known.title


def meaning(metric: str) -> str:
    """Return what the values of a metric mean."""
    if metric.startswith(_OF_CLASS):
        is_threshold = metric.removeprefix(_OF_CLASS).startswith(_OF_THRESHOLD)
        return "cases above this stage against the others" if is_threshold else "this class against the rest"
    return _RATES[metric.rpartition(": ")[2]] if _point(metric) else _MEANINGS[metric]


def _point(metric: str) -> str:
    """Return the operating point of a rate such as ``youden: sensitivity``, or ""."""
    point, _, rate = metric.rpartition(": ")
    return point if rate in _RATES else ""
