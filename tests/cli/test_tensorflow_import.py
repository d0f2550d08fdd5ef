"""TensorFlow is imported without its lines on stderr and without garbage collection."""

from __future__ import annotations

import gc
import importlib
import os
import sys

import click
import pytest

from radtl_tf.cli.tensorflow_import import _uncollected, _without, load_tensorflow


def test_stderr_is_given_back_after_the_import(capfd: pytest.CaptureFixture[str]) -> None:
    with click.Context(click.Command("any")):
        load_tensorflow()
    os.write(2, b"heard")
    assert capfd.readouterr().err == "heard"


def test_collection_of_garbage_goes_on_after_the_import_without_its_modules(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "tensorflow")
    monkeypatch.setattr(gc, "freeze", lambda: frozen.append(gc.isenabled()))
    frozen: list[bool] = []
    with pytest.raises(ImportError), _uncollected():
        assert not gc.isenabled()
        raise ImportError
    assert gc.isenabled() and len(frozen) == 1


def test_a_package_is_hidden_in_the_block_only_and_stays_if_it_is_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "wave", raising=False)
    with _without("wave", "gc"):
        import gc as loaded

        assert loaded is gc
        with pytest.raises(ImportError):
            import wave  # noqa: F401
    assert importlib.import_module("wave").__name__ == "wave"
