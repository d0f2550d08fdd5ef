"""What griffe has to know of our docstrings: examples, and classes that nobody constructs."""

from __future__ import annotations

from typing import Any

import griffe


class Docstrings(griffe.Extension):
    """Show the section ``Example:`` as code, and no constructor of a class whose docstring has no ``Args:``."""

    def on_object(self, *, obj: griffe.Object, **_: Any) -> None:
        """Rename the heading: griffe knows ``Examples:`` only."""
        if obj.docstring:
            obj.docstring.value = obj.docstring.value.replace("\nExample:\n", "\nExamples:\n")

    def on_class(self, *, cls: griffe.Class, **_: Any) -> None:
        """Drop the constructor where a function or another class makes the objects."""
        if not (cls.docstring and "Args:" in cls.docstring.value):
            cls.members.pop("__init__", None)
