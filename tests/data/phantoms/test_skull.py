from __future__ import annotations

from dataclasses import astuple

import numpy as np
from sklearn.metrics import roc_auc_score

from radtl_tf.data.phantoms.film import draw_film, expose
from radtl_tf.data.phantoms.skull import FINDINGS, draw_findings, draw_skull, draw_traits


def test_every_trait_tells_something_and_none_everything() -> None:
    rng = np.random.default_rng(0)
    truth = np.arange(2000) % 2
    traits = np.array([astuple(draw_traits(rng, bool(male))) for male in truth])
    areas = [roc_auc_score(truth, column) for column in traits.T]
    assert min(areas) > 0.75 and max(areas) < 0.95
    assert roc_auc_score(truth, traits.sum(1)) < 0.999


def test_a_finding_tells_its_trait_and_no_other() -> None:
    rng = np.random.default_rng(0)
    marked = rng.random((1000, len(FINDINGS))) < 0.5
    traits = np.array([astuple(draw_findings(rng, row)) for row in marked])
    areas = np.array([[roc_auc_score(label, trait) for trait in traits.T] for label in marked.T])
    assert np.diag(areas).min() > 0.999
    assert np.abs(areas[~np.eye(len(FINDINGS), dtype=bool)] - 0.5).max() < 0.1


def test_the_label_changes_shapes_only_not_how_much_is_drawn() -> None:
    for seed in range(10):
        female, male = (draw_skull(np.random.default_rng(seed), male=male, age=40) for male in (False, True))
        assert female.seed == male.seed and female.device.weights == male.device.weights
        assert not np.array_equal(female.bone.contours[0], male.bone.contours[0])


def test_it_looks_like_a_cephalogram_facing_right_or_left() -> None:
    for mirrored in (False, True):
        rng = np.random.default_rng(3)
        drawing = draw_skull(rng, male=True, age=40)
        picture = expose(drawing, draw_film(rng, spread=0.0, mirrored=mirrored), rng, 96, 96)
        picture = picture[:, ::-1] if mirrored else picture
        teeth, brain, air = picture[58:72, 60:76], picture[20:40, 25:55], picture[60:75, 88:94]
        assert teeth.mean() > brain.mean() > 3 * air.mean()
