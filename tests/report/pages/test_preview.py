"""The contact sheet shows the network's input."""

from __future__ import annotations

import base64
import re
from pathlib import Path

import imagecodecs
import numpy as np
import pytest

from radtl_tf.data.preprocessing.augmentation import augment
from radtl_tf.data.preprocessing.resizing import preprocess
from radtl_tf.models.pixels import convention, to_network
from radtl_tf.report.pages.preview import Sheet, write_preview

IMAGES = {
    "<b>well": [(2, np.random.default_rng(0).integers(0, 65536, (50, 70), dtype=np.uint16))],
    "sick": [(7, np.random.default_rng(1).integers(0, 65536, (64, 64), dtype=np.uint16))],
}


def _pictures(page: str) -> list[np.ndarray]:
    found = re.findall(r'src="data:image/png;base64,([^"]+)"', page)
    return [imagecodecs.png_decode(base64.b64decode(text)) for text in found]


@pytest.mark.parametrize("name", ["caffe", "zero_one"])
def test_a_picture_is_what_the_network_gets(name: str, tmp_path: Path) -> None:
    sheet = Sheet(image_size=32, resize="pad", augmentation="laterality-safe", views=1, seed=5)
    write_preview(tmp_path / "sheet.html", IMAGES, [convention(name)], sheet, "labels.csv")
    pictures = _pictures((tmp_path / "sheet.html").read_text())
    assert len(pictures) == 4
    plain = preprocess(IMAGES["sick"][0][1], 32, "pad")
    for picture, grey in zip(pictures[2:], (plain, augment(plain, "laterality-safe", 5, 0, 7)), strict=True):
        low, high = convention(name).low, convention(name).high
        seen = np.asarray(to_network(grey[None], convention(name)))[0]
        assert np.abs(picture / 255 * (high - low) + low - seen).max() <= 0.51 / 255 * (high - low)


def test_the_page_stands_alone_and_warns(tmp_path: Path) -> None:
    sheet = Sheet(image_size=32, resize="stretch", augmentation="none", views=3, seed=5)
    write_preview(tmp_path / "sheet.html", IMAGES, [convention("tf"), convention("torch")], sheet, "labels.csv")
    page = (tmp_path / "sheet.html").read_text()
    assert len(_pictures(page)) == 4  # plain only, per convention
    assert "https://" not in page.replace("data:image", "") and "<script" not in page
    assert 'class="banner"' in page and "&lt;b&gt;well" in page and "<b>well" not in page
