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


def test_a_picture_is_grey_and_what_training_makes(tmp_path: Path) -> None:
    sheet = Sheet(image_size=32, resize="pad", augmentation="laterality-safe", views=1, seed=5)
    write_preview(tmp_path / "sheet.html", IMAGES, [convention("caffe")], sheet, "labels.csv")
    pictures = _pictures((tmp_path / "sheet.html").read_text())
    assert len(pictures) == 4
    plain = preprocess(IMAGES["sick"][0][1], 32, "pad")
    for picture, grey in zip(pictures[2:], (plain, augment(plain, "laterality-safe", 5, 0, 7)), strict=True):
        assert picture.shape == (32, 32)
        assert np.abs(picture / 255 - np.asarray(grey)[..., 0]).max() <= 0.51 / 255


@pytest.mark.parametrize("name", ["caffe", "zero_one"])
def test_the_table_has_the_values_that_the_network_gets(name: str, tmp_path: Path) -> None:
    sheet = Sheet(image_size=32, resize="stretch", augmentation="none", views=1, seed=5)
    write_preview(tmp_path / "sheet.html", IMAGES, [convention(name)], sheet, "labels.csv")
    shown = [preprocess(pixels, 32, "stretch") for rows in IMAGES.values() for _, pixels in rows]
    values = np.asarray(to_network(np.stack(shown), convention(name)))
    page = (tmp_path / "sheet.html").read_text()
    assert f">{values.min():.3g} to {values.max():.3g}</td>" in page
    assert f">{name}</td>" in page and convention(name).channels in page


def test_the_page_stands_alone_and_warns(tmp_path: Path) -> None:
    sheet = Sheet(image_size=32, resize="stretch", augmentation="none", views=3, seed=5)
    write_preview(tmp_path / "sheet.html", IMAGES, [convention("tf"), convention("torch")], sheet, "labels.csv")
    page = (tmp_path / "sheet.html").read_text()
    assert len(_pictures(page)) == 2  # plain only, and once for all conventions
    assert page.index(">tf</td>") < page.index(">torch</td>")
    assert "https://" not in page.replace("data:image", "") and "<script" not in page
    assert 'class="banner"' in page and "&lt;b&gt;well" in page and "<b>well" not in page
