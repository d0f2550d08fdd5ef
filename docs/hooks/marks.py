"""What the site shows in the place of comments in a page: why a snippet is not run, and the keys of a file.

MkDocs calls ``on_page_markdown`` and ``on_page_content``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from pydantic import TypeAdapter

from radtl_tf.records import experiment

NOT_RUN = re.compile(r"^<!-- not run: (.+?) -->$", re.MULTILINE)
COMMANDS = re.compile(r'<div class="language-bash.*?</div>', re.DOTALL)
FLAG = re.compile(r"(?<![\w-])--[\w-]+")
KEYS = "<!-- keys of the experiment file -->"
WORDS = {"boolean": "true or false", "integer": "whole number", "number": "number", "object": "table", "string": "text"}
BOUNDS = {"minimum": "at least", "exclusiveMinimum": "above", "maximum": "at most", "exclusiveMaximum": "below"}
REFERENCE = re.compile(r"#/\$defs/(\w+)")
Schema = dict[str, Any]


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Show the reasons why snippets are not run, and the tables of keys."""
    text = NOT_RUN.sub(r"*Not run in our tests: \1*{ .not-run }", markdown)
    return text.replace(KEYS, "\n".join(experiment_keys())) if KEYS in text else text


def on_page_content(html: str, **_: Any) -> str:
    """Keep the hyphens of an option together where a narrow page breaks a command."""
    return COMMANDS.sub(lambda block: FLAG.sub(r'<span class="flag">\g<0></span>', block[0]), html)


def experiment_keys() -> Iterator[str]:
    """Yield Markdown, a table of keys per section of the experiment file, from the schema that a file is checked by.

    The meaning of a key is the docstring below its field in ``records/experiment.py``.
    """
    experiment._Strict.__pydantic_config__ = {
        **experiment._Strict.__pydantic_config__,
        "use_attribute_docstrings": True,
    }
    schema = TypeAdapter(experiment.Experiment).json_schema()
    yield from _section("Top level", schema, schema["$defs"], "")


def _section(heading: str, part: Schema, parts: Schema, prefix: str) -> Iterator[str]:
    """Yield the table of one section, then those of the sections in it."""
    inner = {key: REFERENCE.findall(str(found)) for key, found in part["properties"].items()}
    yield f"### {heading}\n"
    yield "| key | value | default | meaning |\n|---|---|---|---|"
    for key, found in part["properties"].items():
        if not inner[key] or prefix:
            yield f"| `{key}` | {_values(found)} | {_default(key, part)} | {_cell(found.get('description', ''))} |"
    yield ""
    for key, names in inner.items():
        for name in names:
            title = f"Entries of `{key}`" if prefix else f"`[{key}.NAME]`" if key == "weights" else f"`[{key}]`"
            yield from _section(title, parts[name], parts, f"{prefix}{key}.")


def _default(key: str, part: Schema) -> str:
    """Return the default of a key as TOML writes it."""
    if key in part.get("required", ()):
        return "required"
    default = part["properties"][key].get("default")
    return "" if default in (None, "", []) else f"`{json.dumps(default)}`"


def _values(found: Schema) -> str:
    """Return in words which values a key takes."""
    if "anyOf" in found:
        return " or ".join(_values(one) for one in found["anyOf"] if one.get("type") != "null")
    if "$ref" in found:
        return "entries as below"
    if "const" in found or "enum" in found:
        return ", ".join(f"`{json.dumps(word)}`" for word in found.get("enum", [found.get("const")]))
    if found["type"] == "array":
        items = found.get("items") or found["prefixItems"][0]
        count = f"{found['minItems']} of: " if found.get("minItems") == found.get("maxItems", 0) else ""
        return f"list of {count}{_values(items)}"
    bounds = [f"{words} {found[name]}" for name, words in BOUNDS.items() if name in found]
    kind = "path" if found.get("format") == "path" else WORDS[found["type"]]
    return ", ".join([kind, *bounds])


def _cell(text: str) -> str:
    """Return a docstring as one cell of a table."""
    return " ".join(text.replace("``", "`").replace("|", "\\|").split())
