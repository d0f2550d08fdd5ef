"""Import dataset builders from a user's folder without copying them, and show where their code fails."""

from __future__ import annotations

import contextlib
import hashlib
import sys
import traceback
import types
from collections.abc import Iterator
from pathlib import Path

import tensorflow_datasets as tfds

from radtl_tf.errors import DataError, RadtlError

SUFFIX = "_dataset_builder"
_MAX_MESSAGE = 200  # characters of an exception's own text


def builder_in(folder: Path) -> type[tfds.core.DatasetBuilder]:
    """Return the builder class of the only ``<name>_dataset_builder.py`` in ``folder``.

    The folder becomes a package with a unique name, so builders with the same name in two folders do not collide, and a
    changed builder is imported again. The builder imports modules in its folder with ``from . import module``.

    Raises:
        DataError: there is no such file or class, there are several, or the file cannot be imported.
    """
    files = sorted(folder.glob(f"*{SUFFIX}.py"))
    if len(files) != 1:
        raise DataError(f"{folder}: {len(files)} files are called <name>{SUFFIX}.py; expected exactly one.")
    file = files[0].resolve()
    # TFDS finds the folder of the package with etils, which needs __file__ if there is no import spec.
    package = types.ModuleType(f"radtl_builder_{_digest(file.parent)}")
    package.__path__, package.__file__ = [str(file.parent)], str(file.parent / "__init__.py")
    sys.modules.setdefault(package.__name__, package)
    module = f"{package.__name__}.{file.stem}"
    with author_errors(file.stem, module):
        try:
            found = tfds.core.community.builder_cls_from_module(module)
        except ValueError as error:
            if _place(error, module):
                raise
            raise DataError(
                f"{file.name} must define exactly one class that derives from tfds.core.GeneratorBasedBuilder, with "
                "_info, _split_generators and _generate_examples."
            ) from error
    found.pkg_dir_path = tfds.core.Path(file.parent)
    return found


@contextlib.contextmanager
def author_errors(name: str, module: str) -> Iterator[None]:
    """Describe in one line an exception of a builder's code, in ``module``: type, message, file and line.

    Modules of the same package are included. Any other exception is raised unchanged.

    Raises:
        DataError: an exception passed through the builder's code.
    """
    try:
        yield
    except RadtlError:
        raise
    except Exception as error:
        place = _place(error, module)
        if not place:
            raise
        text = " ".join(str(error).split())[:_MAX_MESSAGE]
        raise DataError(f"the builder {name} failed: {type(error).__name__}: {text} ({place}).") from error


def _place(error: BaseException, module: str) -> str:
    """Return ``file.py:LINE`` of the deepest frame in the builder's code, or "" if there is none."""
    if isinstance(error, SyntaxError) and error.filename:
        return f"{Path(error.filename).name}:{error.lineno}"
    package = module.rpartition(".")[0]
    place = ""
    for frame, line in traceback.walk_tb(error.__traceback__):
        name = str(frame.f_globals.get("__name__"))
        if name == module or (package and name.startswith(f"{package}.")):
            place = f"{Path(frame.f_code.co_filename).name}:{line}"
    cause = error.__cause__ or error.__context__
    return place if place or cause is None else _place(cause, module)


def _digest(folder: Path) -> str:
    """Return a hash of a folder's path and of the names and modification times of its modules."""
    modules = [(str(path), path.stat().st_mtime_ns) for path in sorted(folder.glob("*.py"))]
    return hashlib.sha256(repr(modules).encode()).hexdigest()[:16]
