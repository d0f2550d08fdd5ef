from __future__ import annotations

from collections.abc import Callable

import pytest

from radtl_tf.data.tables import plausibility

JAPANESE = plausibility.japanese(plausibility.leads("euc_jp", 0xB0, 0xCF))
CHINESE = plausibility.chinese(plausibility.leads("gb2312", 0xB0, 0xD7))


@pytest.mark.parametrize(
    ("judge", "fits", "does_not"),
    [
        (plausibility.western, ["é", "MÜLLER", "m²", "5 µm", "È"], ["ÄÖÜ", "aÅb", "Å¼", "±Ø", "‚È‚µ", "ñů"]),
        (plausibility.central, ["žádný", "Łódź"], ["nińo", "năo", "trčs", "àé"]),
        (plausibility.cyrillic, ["нет", "НЕТ", "Да"], ["Mьller", "ьчй", "ХэіЈ", "фесзгьнб", "±Ш"]),
        (JAPANESE, ["ｱﾘ", "ﾎﾞ", "歯・骨", "X線"], ["ﾞｱ", "ｱあ", "pr鰛ent", "Ж歯"]),
        (CHINESE, ["正常", "无"], ["なし", "ｱﾘ", "d団rien"]),
        (plausibility.korean, ["없음", "CT 있음"], ["あ", "d중rien", "Ж"]),
    ],
)
def test_scripts_have_rules(judge: Callable[[str], float], fits: list[str], does_not: list[str]) -> None:
    assert {text: judge(text) for text in fits} == dict.fromkeys(fits, 0.0)
    assert {text: judge(text) for text in does_not} == dict.fromkeys(does_not, 1.0)


def test_rare_ideographs_count_half() -> None:
    assert JAPANESE("齲") == 0.5 and JAPANESE("齲歯") == 0.25
    assert plausibility.korean("뷁없") == 0.25
