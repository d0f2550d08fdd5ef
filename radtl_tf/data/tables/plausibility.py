"""Score how plausible a text is that a guessed encoding gives; a few words are enough.

Each text (a cell) gets a score from 0 (plausible) to 1 (implausible). The rules follow the writing systems: a word does
not mix Latin and Cyrillic letters, capitals are at the beginning of a word, the accented letters of a word belong to
one language, a Latin word contains no single ideograph, half-width kana do not begin with a voicing mark.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence

_WESTERN = (
    *("äöüß", "àâæçéèêëîïôœùûüÿ", "áéíñóúü", "áâãàçéêíóôõúü", "àèéìòù", "æøåéóòâêôäö", "åäöéü", "éëïóöüáíèêç"),
    *("àçèéíïòóúü", "áðéíóúýþæö"),
)
# Without the rare letters of Slovak, because with them a French or Danish word would be accepted.
_CENTRAL = ("áčďéěíňóřšťúůýž", "áäčďéíľňóôšťúýž", "ąćęłńóśźż", "áéíóöőúüű", "čćđšž", "ăâîşţ", "äöüß")
_TURKISH = ("çğıöşüâîû",)
_PUNCTUATION = "‘’“”–—…«»°²³"  # before or after any letter
_BY_NUMBERS = "±§£€¥×½¼¾µ"  # before or after a digit or a space, or alone
_CJK = re.compile(r"[\u3005\u3007\u3041-\u30ff\u3400-\u9fff\uff66-\uff9f]+")
_KANA = re.compile(r"[\u3041-\u30fa]")
_HANGUL = re.compile(r"[가-힣]+")
_HALF_WIDTH = re.compile(r"[ｦ-ﾟ]+")
_HALF_WIDTH_WORD = re.compile(r"(?![ｧ-ｰ])(?:[ｳｶ-ﾄﾊ-ﾎ]ﾞ|[ﾊ-ﾎ]ﾟ|[ｦ-ﾝ])+")  # a voicing mark only where it can be
_CJK_SIGNS = re.compile(r"[\u3000-\u303f\u30fb-\u30ff\uff01-\uff60･\uffe0-\uffe6‐–—―…‘’“”°±×÷′″→←↑↓①-⑳Ⅰ-Ⅹⅰ-ⅹ㎜㎝㎏α-γ]")
# Combinations of letters that do not occur in the languages above, although each letter does.
_UNWRITTEN_WESTERN = re.compile(r"õ[^e]|õ$|ã[^oeis]")
_UNWRITTEN_CENTRAL = re.compile(r"[ńśćź][aeiouyąęó]|ă[oe]|[őű][aeo]|[^aeiouyáéíóúýěů]č[^aeiouyáéíóúýěů]")
_UNWRITTEN_TURKISH = re.compile(r"[qwx]|^ğ")
_UNWRITTEN_CYRILLIC = re.compile(r"^[ьъы]|[гкхаеиоуыэюяё]ь|[бвгджзклмнпрстфхцчшщьъ]{5}")
_CYRILLIC_VOWEL = re.compile(r"[аеиоуыэюяёіїє]")
_HEAVY = 0.5  # weight of a rare ideograph


def western(text: str) -> float:
    """Return how little ``text`` looks like a language of Western Europe."""
    return _latin(text, _WESTERN, _UNWRITTEN_WESTERN)


def central(text: str) -> float:
    """Return how little ``text`` looks like a language of Central Europe."""
    return _latin(text, _CENTRAL, _UNWRITTEN_CENTRAL)


def turkish(text: str) -> float:
    """Return how little ``text`` looks like Turkish."""
    return _latin(text, _TURKISH, _UNWRITTEN_TURKISH)


def cyrillic(text: str) -> float:
    """Return how little ``text`` looks like a language in Cyrillic letters."""
    words = _words(text)
    if not all(word.isascii() or _is_cyrillic(word) for word in words) or not _signs_fit(text):
        return 1.0
    return 0.0


def japanese(level_one: Callable[[str], bool]) -> Callable[[str], float]:
    """Return how little a text looks like Japanese; ``level_one`` recognizes common ideographs."""
    return lambda text: _ideographs(text, level_one, kana=True)


def chinese(level_one: Callable[[str], bool]) -> Callable[[str], float]:
    """Return how little a text looks like Chinese; ``level_one`` recognizes common ideographs."""
    return lambda text: _ideographs(text, level_one, kana=False)


def korean(text: str) -> float:
    """Return how little ``text`` looks like Korean, which today is written without ideographs."""
    runs = list(_HANGUL.finditer(text))
    others = _HANGUL.sub("", text)
    if not all(one.isascii() or _CJK_SIGNS.fullmatch(one) for one in others):
        return 1.0
    if any(_inside_a_word(text, run) for run in runs):
        return 1.0
    signs = [one for run in runs for one in run[0]]  # the common ones have two high bytes
    return _HEAVY * sum(min(one.encode("cp949")) < 0xA1 for one in signs) / len(signs) if signs else 0.0


def leads(encoding: str, first: int, last: int) -> Callable[[str], bool]:
    """Tell whether the first byte of a character in ``encoding`` lies in ``first`` to ``last``."""

    def test(character: str) -> bool:
        data = character.encode(encoding, "ignore")
        return bool(data) and first <= data[0] <= last

    return test


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W\d_¹²³½¼¾]+", text)


def _latin(text: str, alphabets: Sequence[str], unwritten: re.Pattern[str]) -> float:
    words = [word for word in _words(text) if not word.isascii()]
    if not all(map(_latin_case, words)) or not _signs_fit(text):
        return 1.0
    small = [word.lower() for word in words]
    letters = {one for word in small for one in word if not one.isascii() and one not in "µºª"}
    fits = any(letters <= set(alphabet) for alphabet in alphabets) and not any(map(unwritten.search, small))
    return 0.0 if fits else 1.0


def _latin_case(word: str) -> bool:
    """Tell whether a word has plausible case and accents: Müller, MÜLLER, né, été, but not aÅb and not ÄÖÜ."""
    accented = sum(not one.isascii() for one in word)
    has_case = word[1:].islower() or word.isupper() or len(word) == 1 or word.istitle() or word[1:].isupper()
    return has_case and (accented <= 1 or accented * 4 <= len(word) * 3)


def _is_cyrillic(word: str) -> bool:
    if not all("\u0400" <= one <= "\u04ff" for one in word):
        return False
    has_case = word[1:].islower() or word.isupper() or len(word) == 1
    spoken = len(word) < 2 or word.isupper() or bool(_CYRILLIC_VOWEL.search(word.lower()))
    return has_case and spoken and not _UNWRITTEN_CYRILLIC.search(word.lower())


def _signs_fit(text: str) -> bool:
    """Tell whether signs other than letters are in plausible places."""
    for place, sign in enumerate(text):
        if sign.isascii() or (sign.isalpha() and sign not in "µ"):
            continue
        around = (text[place - 1 : place] or " ") + (text[place + 1 : place + 2] or " ")
        if sign in _BY_NUMBERS:
            near = around[1].isdigit() or around[1] == " " or around[0].isdigit() or (sign + around[1]) in ("µm", "µg")
            fits = near and not around[0].isalpha()
        else:
            fits = sign in _PUNCTUATION or unicodedata.category(sign) == "Zs"
        if not fits:
            return False
    return True


def _ideographs(text: str, level_one: Callable[[str], bool], *, kana: bool) -> float:
    runs = list(_CJK.finditer(text))
    others = _CJK.sub("", text)
    if not all(one.isascii() or _CJK_SIGNS.fullmatch(one) for one in others) or not runs and not others:
        return 1.0
    if any(_inside_a_word(text, run) or not _kana_fit(run[0], kana) for run in runs):
        return 1.0
    signs = [one for run in runs for one in run[0] if "\u3400" <= one <= "\u9fff"]
    return _HEAVY * sum(not level_one(one) for one in signs) / len(signs) if signs else 0.0


def _inside_a_word(text: str, run: re.Match[str]) -> bool:
    """Tell whether a single character of another script touches a small Latin letter."""
    touching = text[max(run.start() - 1, 0) : run.start()] + text[run.end() : run.end() + 1]
    return len(run[0]) == 1 and any("a" <= one <= "z" for one in touching)


def _kana_fit(run: str, kana: bool) -> bool:
    if _HALF_WIDTH.search(run):
        return kana and bool(_HALF_WIDTH_WORD.fullmatch(run))
    return kana or not _KANA.search(run)
