"""Draw the saliency maps of a finished experiment into its output folder."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray

from radtl_tf.errors import ExperimentError, WeightsError
from radtl_tf.logs import get_logger
from radtl_tf.models.backbones import backbone as backbone_row
from radtl_tf.models.gradcam import Array
from radtl_tf.records.image_size import at_most
from radtl_tf.records.runs import Run
from radtl_tf.report.saliency.case_choice import REPEAT, RULE, Case, count_kinds, outcome
from radtl_tf.report.saliency.explained_runs import Explained, Explainer
from radtl_tf.report.saliency.map_agreement import Change
from radtl_tf.report.saliency.pictures import map_picture, radiograph_picture
from radtl_tf.report.saliency.selection import Finished, select
from radtl_tf.report.saliency.store import RADIOGRAPH, Drawn, DrawnCase, DrawnMap, Randomized, map_name, write_drawn
from radtl_tf.training.device import prepare
from radtl_tf.training.finished_networks import find_weights

_log = get_logger(__name__)

SHOWN_SIZE = 224  # px: enough to judge a map of 7 x 7 cells, and small enough for dozens on a page
MAX_SCORE_GAP = 0.1  # half precision moves scores by some hundredths; a larger gap means another network
_ROWS, _COLUMNS = ("upper", "middle", "lower"), ("left", "center", "right")


@dataclass(frozen=True)
class _One:
    """One case under one weights: the run that tested it, the map (h, w), and P(positive) as recorded and as found."""

    run: Run
    map: Array
    recorded: float
    score: float


def write_saliency(folder: Path, per_kind: int, *, weights_folder: Path) -> Path:
    """Draw ``per_kind`` cases of each kind of a finished experiment into its folder ``saliency``; return that folder.

    Show both weights of the question, or the first weights without a question; everything in float32.

    Raises:
        ExperimentError: the task is not binary, or a weights of the question has no network (embeddings) or no
            feature map (a vision transformer).
        DataError: predictions are missing or damaged, or the images are missing.
        WeightsError: a weights file is missing or changed, or a network does not reproduce the scores of its run.
        OutputError: a run's weights are damaged, or the folder cannot be written.
    """
    finished, weights, chosen, scores, cases = select(folder, per_kind)
    scenarios = {scenario.name: scenario for scenario in finished.record.scenarios}
    folds = sorted({case.fold for case in cases})
    runs = [Run(scenarios[by_fold.loc[REPEAT, fold]], REPEAT, fold) for by_fold in chosen for fold in folds]
    _refuse_embeddings(runs)
    _refuse_transformers(runs)
    explained = list(_explain(finished, runs, cases, weights_folder))
    shown = _by_case(explained, weights)
    drawn = Drawn(
        weights=tuple(weights),
        classes=(finished.record.data.classes[0], finished.record.data.classes[1]),
        rule=RULE,
        found=count_kinds(scores),
        score_gap=_score_gap(list(shown.values())),
        cases=tuple(_drawn_case(case, [shown[name, case.example] for name in weights]) for case in cases),
        randomized=tuple(_randomized(explained)),
    )
    return write_drawn(folder, drawn, _pictures(finished.pixels, shown, weights))


def _refuse_embeddings(runs: Sequence[Run]) -> None:
    for setting in (run.scenario.setting for run in runs):
        if not setting.has_network:
            raise ExperimentError(
                f"Saliency maps need networks, but the vectors of {setting.weights!r} were made elsewhere and their "
                "network is not here: no maps are drawn."
            )


def _refuse_transformers(runs: Sequence[Run]) -> None:
    found = {run.scenario.setting.backbone for run in runs}
    names = sorted(name for name in found if backbone_row(name).transformer)
    if names:
        raise ExperimentError(
            f"Grad-CAM needs a feature map, and {', '.join(names)} is a vision transformer, which has tokens: "
            "saliency maps are only available for convolutional backbones."
        )


def _explain(
    finished: Finished, runs: Sequence[Run], cases: Sequence[Case], weights_folder: Path
) -> Iterator[Explained]:
    """Explain the cases of each run, one network at a time."""
    experiment = finished.experiment
    prepare(replace(experiment.training, precision="float32"), experiment.seed)
    by_network = sorted(runs, key=_network)
    for _, group in groupby(by_network, key=_network):
        same = list(group)
        setting = same[0].scenario.setting
        explainer = Explainer(finished.record.facts, finished.folder, setting)
        pixels = finished.pixels_at(setting.image_size)
        for run in same:
            mine = [case for case in cases if case.fold == run.fold]
            _log.info(f"{run.name}: maps of {len(mine)} cases, and their randomization check")
            weights = find_weights(experiment, run.scenario.setting, weights_folder)
            yield explainer.explain(run, weights, mine, pixels[[case.example for case in mine]])
        keras.backend.clear_session()


def _network(run: Run) -> str:
    return run.scenario.setting.network


def _by_case(explained: Sequence[Explained], weights: Sequence[str]) -> dict[tuple[str, int], _One]:
    """Return every case under every weights, by the weights' name and the example."""
    return {
        (name, case.example): _One(one.run, saliency, case.scores[weights.index(name)], float(score))
        for one in explained
        for name in [one.run.scenario.setting.weights]
        for case, saliency, score in zip(one.cases, one.maps, one.scores, strict=True)
    }


def _score_gap(shown: Sequence[_One]) -> float:
    """Return the largest difference between recorded and reproduced scores.

    Raises:
        WeightsError: the difference is so large that this is not the network of the run.
    """
    worst = max(shown, key=lambda one: abs(one.score - one.recorded))
    gap = abs(worst.score - worst.recorded)
    if not gap <= MAX_SCORE_GAP:
        raise WeightsError(
            f"{worst.run.name} gives a score of {worst.score:.3f}, but the run recorded {worst.recorded:.3f}: the "
            "weights or the versions of TensorFlow and Keras have changed. Restore them, or run the experiment again."
        )
    return gap


def _drawn_case(case: Case, sides: Sequence[_One]) -> DrawnCase:
    maps = tuple(
        DrawnMap(
            weights=side.run.scenario.setting.weights,
            scenario=side.run.scenario.name,
            score=side.recorded,
            outcome=outcome(case.truth, side.recorded),
            maximum=float(side.map.max()),
            peak=_peak(side.map),
            cells=(side.map.shape[0], side.map.shape[1]),
        )
        for side in sides
    )
    return DrawnCase(case.example, case.truth, case.kind, maps)


def _peak(saliency: Array) -> str:
    """Say in which ninth of the picture a map (h, w) is strongest; empty for an empty map.

    >>> _peak(np.eye(9, dtype=np.float32)[:1])
    'middle left'
    """
    if saliency.max() <= 0:
        return ""
    at = np.unravel_index(saliency.argmax(), saliency.shape)
    row, column = (int(3 * (place + 0.5) / size) for place, size in zip(at, saliency.shape, strict=True))
    return f"{_ROWS[row]} {_COLUMNS[column]}"


def _randomized(explained: Sequence[Explained]) -> Iterator[Randomized]:
    """Yield a row per weights, backbone and step: the mean over the maps of all folds."""
    changes: dict[tuple[str, str, str], list[Change]] = {}
    for one in explained:
        setting = one.run.scenario.setting
        for change in one.changes:
            changes.setdefault((setting.weights, setting.network, change.step), []).append(change)
    for names, found in changes.items():
        ranks, likeness = (
            np.concatenate([getattr(change, name) for change in found]) for name in ("rank_correlation", "ssim")
        )
        if len(ranks):
            empty = sum(change.num_empty for change in found)
            yield Randomized(*names, float(ranks.mean()), float(likeness.mean()), len(ranks), empty)


def _pictures(
    pixels: NDArray[np.float32], shown: Mapping[tuple[str, int], _One], weights: Sequence[str]
) -> dict[tuple[int, str], NDArray[np.uint8]]:
    """Return the radiographs as the networks see them, and the maps over them, as pixels."""
    size = at_most(SHOWN_SIZE, pixels.shape[1:])
    pictures = {}
    for (name, example), one in shown.items():
        pictures[example, RADIOGRAPH] = radiograph_picture(pixels[example], size)
        pictures[example, map_name(weights.index(name))] = map_picture(one.map, size)
    return pictures
