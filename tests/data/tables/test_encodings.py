from __future__ import annotations

import codecs

import pytest

from radtl_tf.data.tables.encodings import CANDIDATES, decoded, text_encoding
from radtl_tf.errors import DataError


def _table(*labels: str) -> str:
    return "path,label\n" + "".join(f"{number}.png,{labels[number % len(labels)]}\n" for number in range(20))


@pytest.mark.parametrize(
    ("encoding", "labels"),
    [
        ("cp932", ("なし", "あり")),
        ("cp932", ("画像",)),
        ("cp932", ("齲蝕", "CT画像", "X線")),
        ("cp1252", ("d’A",)),
        ("cp1252", ("Müller", "Größe")),
        ("cp1252", ("lésion à droite", "négatif")),
        ("cp1252", ("niño", "niña")),
        ("cp1252", ("não", "sim")),
        ("cp1252", ("37°", "±2")),
        ("cp1250", ("předčasný", "žádný")),
        ("cp1250", ("próchnica", "złamanie żuchwy")),
        ("cp1251", ("кариес", "нет")),
        ("gbk", ("正常", "异常")),
        ("iso2022_jp", ("なし", "あり")),
        ("utf-16-le", ("なし", "あり")),
        ("utf-16-be", ("well", "sick")),
    ],
)
def test_the_encodings_of_spreadsheets_are_found(encoding: str, labels: tuple[str, ...]) -> None:
    text = _table(*labels)
    found = decoded(text.encode(encoding))
    assert (found.text, found.encoding, found.detected) == (text, encoding, True)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_unicode_is_read_without_trying(encoding: str) -> None:
    found = decoded(_table("あり", "ä").encode(encoding))
    assert found.text == _table("あり", "ä") and not found.detected


@pytest.mark.parametrize(
    ("encoding", "labels"),
    [
        ("cp932", ("ﾅｼ", "ｱﾘ")),  # also common Chinese characters
        ("euc_jp", ("正常", "異常")),
        ("gbk", ("有", "无")),
        ("cp949", ("충치", "없음")),
        ("big5", ("齲齒", "正常")),
        ("cp1250", ("carie dentară",)),
        ("cp1253", ("τερηδόνα", "όχι")),
        ("cp1254", ("çürük", "diş")),
        ("mac_roman", ("Müller", "Größe")),
    ],
)
def test_what_is_not_clear_is_refused_and_never_read_as_another(encoding: str, labels: tuple[str, ...]) -> None:
    data = _table(*labels).encode(encoding)
    with pytest.raises(DataError, match="line 2"):
        decoded(data)
    assert decoded(data, encoding).text == _table(*labels)


def test_texts_that_do_not_differ_need_no_choice() -> None:
    assert "’".encode("cp1252") == "’".encode("cp1250") == "’".encode("cp1251")
    assert decoded(_table("l’A").encode("cp1251")).text == _table("l’A")


@pytest.mark.parametrize("data", [b"a\0b", b"a,b\n\x81\x8d\n", b"\xff\xfea\0\x00\xd8", bytes(range(256))])
def test_what_is_no_text_is_refused(data: bytes) -> None:
    with pytest.raises(DataError):
        decoded(data)


@pytest.mark.parametrize(("given", "codec"), [("UTF8", "utf-8-sig"), ("shift_jis", "shift_jis"), ("utf-16", "utf-16")])
def test_an_encoding_may_be_given(given: str, codec: str) -> None:
    assert text_encoding(given) == codec
    assert decoded(codecs.BOM_UTF8 + b"a", "utf-8").text == "a"


@pytest.mark.parametrize("name", ["cp9322", "rot13", "base64", "zlib", "a\0b", ""])
def test_an_unknown_encoding_is_refused(name: str) -> None:
    with pytest.raises(DataError):
        text_encoding(name)


def test_a_given_encoding_has_to_fit() -> None:
    with pytest.raises(DataError, match="line 2"):
        decoded("a\nあ".encode("cp932"), "utf-8")
    with pytest.raises(DataError):
        decoded(b"a\0", "utf-8")
    assert set(CANDIDATES) >= {"cp932", "cp1252", "cp1250", "cp1251", "gbk", "euc_jp"}
