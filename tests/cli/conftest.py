"""Commands run in this process."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from click.testing import CliRunner, Result

from radtl_tf.cli.main import main


@pytest.fixture
def radtl() -> Callable[..., Result]:
    """Return a function that runs ``radtl`` with the given words."""

    def run(*words: object) -> Result:
        return CliRunner().invoke(main, [str(word) for word in words])

    return run
