from __future__ import annotations

import pytest

from radtl_tf.data.preprocessing.policies import policy_of
from radtl_tf.errors import ExperimentError


def test_a_policy_is_found_by_its_name_or_refused_with_the_nearest() -> None:
    table = {"pad": 1, "stretch": 2}
    assert policy_of("stretch", table, "resize") == 2
    with pytest.raises(ExperimentError, match="'pad'"):
        policy_of("padd", table, "resize")
