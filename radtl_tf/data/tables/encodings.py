"""Find the encoding of a table from its bytes, unless it is given; if two fit, refuse to guess.

Letter statistics, as in charset-normalizer, need more text than the labels of a table contain (measured in
docs/decisions/0016-tables.md). Instead, we decode the cells with each encoding that spreadsheets write and compare the
texts.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from radtl_tf.data.tables import plausibility
from radtl_tf.errors import DataError, nearest

UTF8 = "utf-8"
_BYTE_ORDER_MARKS = (  # the longer ones first: the mark of UTF-32 begins like the mark of UTF-16
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_JIS = plausibility.leads("euc_jp", 0xB0, 0xCF)  # JIS X 0208, level 1
_GB = plausibility.leads("gb2312", 0xB0, 0xD7)  # GB 2312, level 1
_BIG5 = plausibility.leads("big5", 0xA4, 0xC6)  # level 1
# The encodings that spreadsheets write besides Unicode, each with a function that scores the decoded text.
CANDIDATES: dict[str, Callable[[str], float]] = {
    "cp932": plausibility.japanese(_JIS),
    "cp1252": plausibility.western,
    "cp1250": plausibility.central,
    "cp1254": plausibility.turkish,
    "cp1251": plausibility.cyrillic,
    "gbk": plausibility.chinese(_GB),
    "euc_jp": plausibility.japanese(_JIS),
    "big5": plausibility.chinese(_BIG5),
    "cp949": plausibility.korean,
}
_ESCAPES = (b"\x1b$@", b"\x1b$B", b"\x1b(J")  # ISO-2022-JP
_DIVIDERS = re.compile(rb"[\t,;\"]")  # none is the second byte of a character in any candidate
_MAX_CELLS = 3000  # different cells that are tried
_WORST = 0.3  # largest mean implausibility of an accepted encoding
_MARGIN = 0.1  # by which the other encodings must be worse
_ADVICE = "save the table as 'CSV UTF-8' in the spreadsheet, or name the encoding (task.encoding)"


@dataclass(frozen=True)
class Decoded:
    """The text of a table and its encoding; ``detected`` if it was found by trying encodings."""

    text: str
    encoding: str
    detected: bool = False


def decoded(data: bytes, encoding: str | None = None) -> Decoded:
    """Return the text of a file in ``encoding``, or in the one that is found.

    Raises:
        DataError: it is not text, the encoding is unknown or does not fit, or several fit.
    """
    if encoding is not None:
        return Decoded(_strict(data, text_encoding(encoding), encoding), encoding)
    for mark, name in _BYTE_ORDER_MARKS:
        if data.startswith(mark):
            return Decoded(_strict(data, name), name)
    if b"\0" in data:
        return _without_mark(data)
    if any(escape in data for escape in _ESCAPES):
        return Decoded(_strict(data, "iso2022_jp"), "iso2022_jp", detected=True)
    try:
        return Decoded(data.decode(UTF8), UTF8)
    except UnicodeDecodeError:
        return _found(data)


def text_encoding(name: str) -> str:
    """Return the codec that ``name`` means; UTF-8 and UTF-16 take a byte order mark.

    Raises:
        DataError: there is no such encoding of text.
    """
    try:
        codec = codecs.lookup(name)
        if not isinstance("".encode(codec.name), bytes) or "".encode(codec.name).decode(codec.name):
            raise LookupError
    except (LookupError, ValueError, TypeError):
        known = (UTF8, "utf-16", *CANDIDATES)
        raise DataError(
            f"unknown encoding {name!r}{nearest(name, known)}; common ones are: {', '.join(known)}."
        ) from None
    return "utf-8-sig" if codec.name == UTF8 else codec.name


def _strict(data: bytes, codec: str, name: str = "") -> str:
    try:
        text = data.decode(codec)
    except UnicodeError as error:
        start = error.start if isinstance(error, UnicodeDecodeError) else 0
        line = data[:start].count(b"\n") + 1
        raise DataError(f"line {line} is not in the encoding {name or codec}: {_ADVICE}.") from error
    if "\0" in text:
        line = text[: text.index(chr(0))].count(chr(10)) + 1
        raise DataError(f"line {line} contains a NUL character, so this is not a text file: {_ADVICE}.")
    return text


def _without_mark(data: bytes) -> Decoded:
    """Read UTF-16 without a byte order mark: only the true byte order gives text with separators."""
    fitting = [name for name in ("utf-16-le", "utf-16-be") if _reads_as_table(data, name)]
    if len(fitting) == 1:
        return Decoded(data.decode(fitting[0]), fitting[0], detected=True)
    line = data[: data.index(b"\0")].count(b"\n") + 1
    raise DataError(f"line {line} contains a NUL byte, so this is not a text file. Save the table as 'CSV UTF-8'.")


def _reads_as_table(data: bytes, encoding: str) -> bool:
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        return False
    return _is_text(text) and any(sign in text for sign in ",;\t|") and "\n" in text


def _found(data: bytes) -> Decoded:
    """Return the text in the only candidate that gives plausible cells.

    Raises:
        DataError: several candidates do and give different texts, or none does.
    """
    cells = list(_cells(data))
    scores = {name: score for name in CANDIDATES if (score := _score(cells, name)) <= _WORST}
    texts = {name: text for name in scores if (text := _tried(data, name)) is not None}
    scores = {name: scores[name] for name in texts}
    best = min(scores.values(), default=1.0)
    fitting = [name for name, score in scores.items() if score <= best + _MARGIN]
    line = next(number for number, one in enumerate(data.splitlines(), 1) if not one.isascii())
    if not fitting:
        raise DataError(f"line {line} is not in UTF-8, and its encoding is not recognized: {_ADVICE}.")
    if len({texts[name] for name in fitting}) > 1:
        named = f"{', '.join(fitting[:-1])} or {fitting[-1]}"
        raise DataError(f"line {line} is not in UTF-8; {named} fit and give different texts: {_ADVICE}.")
    return Decoded(texts[fitting[0]], fitting[0], detected=True)


def _cells(data: bytes) -> Iterator[bytes]:
    """Yield the first different cells that are not plain ASCII; the division into cells is approximate."""
    seen: set[bytes] = set()
    for line in data.splitlines():
        if line.isascii():
            continue
        for cell in _DIVIDERS.split(line):
            if not cell.isascii() and cell not in seen:
                seen.add(cell)
                yield cell
        if len(seen) > _MAX_CELLS:
            return


def _tried(data: bytes, encoding: str) -> str | None:
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        return None
    return text if _is_text(text) else None


def _is_text(text: str) -> bool:
    """Tell whether a text has no control, private or unassigned characters."""
    return not any(unicodedata.category(sign) in ("Cc", "Cn", "Co", "Cs") for sign in set(text) - set("\r\n\t"))


def _score(cells: list[bytes], encoding: str) -> float:
    """Return how little the cells look like text in ``encoding``, 0 to 1."""
    judge = CANDIDATES[encoding]
    try:
        return sum(judge(cell.decode(encoding)) for cell in cells) / len(cells)
    except UnicodeDecodeError:
        return 1.0
