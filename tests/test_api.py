"""The public API: every public name exists, has an example that runs, and is loaded when first used."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest

import radtl_tf
from radtl_tf import api


@pytest.mark.parametrize("name", [name for name in radtl_tf.__all__ if name != "errors"])
def test_every_public_name_is_that_of_the_api(name: str) -> None:
    found = getattr(radtl_tf, name)
    assert found is getattr(api, name)
    assert ">>> " in (inspect.getdoc(found) or "")


def test_dir_lists_the_public_names() -> None:
    assert set(dir(radtl_tf)) == {*radtl_tf.__all__, "__version__"}


def test_other_names_are_no_attributes() -> None:
    with pytest.raises(AttributeError):
        radtl_tf.does_not_exist  # noqa: B018


def test_errors_can_be_caught_by_their_public_name() -> None:
    with pytest.raises(radtl_tf.errors.RadtlError):
        radtl_tf.Dataset.from_csv(Path("nowhere.csv"), positive="sick", patient="id")
