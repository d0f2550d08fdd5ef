"""Write ``docs/reference.md`` from the docstrings: ``python docs/make_reference.py``."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import radtl_tf
from radtl_tf import errors
from radtl_tf.library.data.check import DataCheck
from radtl_tf.library.results.answer import Answer
from radtl_tf.library.results.exported_models import ExternalTest
from radtl_tf.library.results.plots import Plots

PAGE = Path(__file__).with_name("reference.md")
RETURNED = (Answer, DataCheck, ExternalTest, Plots)  # classes that the public functions return
LONGEST = 100  # characters of a signature on one line
HEADINGS = ("Args", "Attributes", "Returns", "Yields", "Raises", "Example")
INTRO = """# Reference

Every public name of `radtl_tf`, made from the docstrings by `python docs/make_reference.py`.
What may change, and how: [stability](stability.md).
"""


def reference() -> str:
    """Return the page."""
    parts = [INTRO]
    for name in radtl_tf.__all__:
        if name != "errors":
            parts += _entry(f"radtl_tf.{name}", getattr(radtl_tf, name), level=2)
    parts += ["## Returned objects\n"]
    for found in RETURNED:
        parts += _entry(found.__name__, found, level=3)
    parts += ["## radtl_tf.errors\n", *_errors()]
    return "\n".join(parts).rstrip() + "\n"


def _entry(title: str, found: Any, level: int) -> Iterator[str]:
    """Yield heading, signature and docstring; of a class, its public members, too."""
    is_class = inspect.isclass(found)
    yield f"{'#' * level} {title}\n"
    if not (is_class and _hides_constructor(found)):
        yield f"```python\n{title.rpartition('.')[2]}{_signature(found)}\n```\n"
    yield _markdown(inspect.getdoc(found) or "")
    for name, member in vars(found).items() if is_class else ():
        if not name.startswith("_") and inspect.getdoc(_function(member)):
            yield from _member(found, name, member, level + 1)


def _member(owner: type, name: str, member: Any, level: int) -> Iterator[str]:
    is_value = isinstance(member, property) or hasattr(member, "func")
    yield f"{'#' * level} {owner.__name__}.{name}\n"
    if not is_value:
        yield f"```python\n{name}{_signature(getattr(owner, name))}\n```\n"
    yield _markdown(inspect.getdoc(_function(member)) or "")


def _function(member: Any) -> Any:
    """Return what holds the docstring of a member: a classmethod's function, a cached property's."""
    return getattr(member, "__func__", getattr(member, "func", member)) if callable(member) or member else member


def _hides_constructor(found: type) -> bool:
    return not (inspect.getdoc(found) or "").count("Args:") and found.__name__ != "PatientFolds"


def _signature(found: Any) -> str:
    """Return the signature, one argument per line where it is long, without ``self``."""
    signature = inspect.signature(found)
    arguments = [_argument(one) for one in signature.parameters.values() if one.name not in ("self", "cls")]
    returned = "" if signature.return_annotation is signature.empty else f" -> {signature.return_annotation}"
    text = f"({', '.join(arguments)}){returned}"
    lines = "".join(f"    {argument},\n" for argument in arguments)
    return text if len(text) < LONGEST else f"(\n{lines}){returned}"


def _argument(one: inspect.Parameter) -> str:
    typed = one.name if one.annotation is one.empty else f"{one.name}: {one.annotation}"
    return typed if one.default is one.empty else f"{typed} = {one.default!r}"


def _markdown(docstring: str) -> str:
    """Return a Google docstring as Markdown: headings in bold, arguments as a list, examples as code."""
    text = docstring.replace("``", "`")
    pattern = rf"^({'|'.join(HEADINGS)}):\n((?:(?:    .*)?\n?)+)"
    return (
        re.sub(pattern, lambda match: _section(match[1], inspect.cleandoc(match[2])), text, flags=re.M).rstrip() + "\n"
    )


def _section(heading: str, body: str) -> str:
    if heading == "Example":
        return f"```python\n{re.sub(r'  # doctest:.*', '', body)}\n```\n"
    if heading in ("Returns", "Yields"):
        return f"**{heading}**: {' '.join(body.split())}\n\n"
    items = re.sub(r"\n +", " ", body).splitlines()
    listed = [re.sub(r"^([\w, ]+): ", r"`\1`: ", item) for item in items]
    return f"**{heading}**\n\n" + "\n".join(f"- {item}" for item in listed) + "\n\n"


def _errors() -> Iterator[str]:
    for name, found in vars(errors).items():
        if inspect.isclass(found) and issubclass(found, Exception) and found.__module__ == errors.__name__:
            yield f"- `{name}`: {(inspect.getdoc(found) or '').splitlines()[0]}"


if __name__ == "__main__":
    PAGE.write_text(reference(), encoding="utf-8")
