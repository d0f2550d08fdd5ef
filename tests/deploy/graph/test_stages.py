"""The probabilities of stages and the predicted stage, from the probabilities of being above each stage."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from radtl_tf.deploy.graph.stages import falling, stage_number, stage_probabilities

ABOVE = tf.constant([[0.9, 0.7, 0.2], [0.4, 0.8, 0.6], [1.0, 1.0, 1.0], [0.0, 0.0, 0.0]])
PROBABILITIES = [[0.1, 0.2, 0.5, 0.2], [0.6, 0.0, 0.0, 0.4], [0, 0, 0, 1], [1, 0, 0, 0]]


def test_the_chance_of_being_above_never_rises() -> None:
    assert falling(ABOVE).numpy()[:2] == pytest.approx(np.array([[0.9, 0.7, 0.2], [0.4, 0.4, 0.4]]))


def test_the_probability_of_a_stage_is_the_difference_of_its_neighbors() -> None:
    assert stage_probabilities(ABOVE).numpy() == pytest.approx(np.array(PROBABILITIES))


def test_the_predicted_stage_is_the_number_of_thresholds_above_one_half() -> None:
    assert stage_number(stage_probabilities(ABOVE)).numpy().tolist() == [2, 0, 3, 0]
