"""Exceptions for wrong input. The command line prints the message on one line and exits with 1."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class RadtlError(Exception):
    """The user's input, data or disk is wrong; the message says what came, what was expected and what to do."""


class ExperimentError(RadtlError):
    """The experiment file, or what it asks for, is wrong."""


class DataError(RadtlError):
    """A manifest, an image or a data set is wrong."""


class DamagedDataSetError(DataError):
    """A built data set is damaged on disk: delete its folder and build it again."""


class WeightsError(RadtlError):
    """A weights file is missing, or is not what it claims to be."""


class OutputError(RadtlError):
    """The output folder cannot be written, or belongs to another experiment."""


class ClusterError(RadtlError):
    """What starts work units on other machines is missing, cannot be reached, or is not safe."""


def nearest(word: str, known: Iterable[str]) -> str:
    """Return ``" (did you mean 'x'?)"`` for the known word nearest to ``word``, or an empty string."""
    match = difflib.get_close_matches(word, list(known), n=1)
    return f" (did you mean {match[0]!r}?)" if match else ""
