from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pytest
import tensorflow as tf
from numpy.typing import NDArray
from PIL import Image

from radtl_tf.data.decoding import images
from radtl_tf.data.decoding.grey import RefusedError
from radtl_tf.data.decoding.images import decode, decode_bytes, to_grey
from radtl_tf.errors import DataError

Encoded = Callable[..., bytes]
RANDOM = np.random.default_rng(726)
GREY8 = RANDOM.integers(0, 256, (9, 14), dtype=np.uint8)
GREY16 = RANDOM.integers(0, 65536, (9, 14), dtype=np.uint16)
COLOR8 = RANDOM.integers(0, 256, (9, 14, 3), dtype=np.uint8)
OPAQUE = np.full((9, 14, 1), 255, np.uint8)


def _grey_of(color: NDArray[np.uint8]) -> NDArray[np.uint16]:
    return to_grey(color.astype(np.uint16) * np.uint16(257))


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def _with_chunk(png: bytes, name: bytes, content: bytes) -> bytes:
    """Return a PNG with an additional chunk after its header."""
    return png[:33] + _chunk(name, content) + png[33:]


def _raw_png(pixels: NDArray[Any], bits: int, color: int, *more: bytes) -> bytes:
    """Return a PNG of any depth and color type, written by hand."""
    big = pixels.astype(">u2") if bits == 16 else pixels.astype(np.uint8)
    lines = b"".join(b"\0" + line.tobytes() for line in big)
    header = struct.pack(">IIBBBBB", pixels.shape[1], pixels.shape[0], bits, color, 0, 0, 0)
    chunks = [_chunk(b"IHDR", header), *more, _chunk(b"IDAT", zlib.compress(lines)), _chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def test_eight_bits_are_multiplied_by_257(encoded: Encoded) -> None:
    decoded = decode_bytes(encoded(GREY8), ".png")
    np.testing.assert_array_equal(decoded.pixels, GREY8.astype(np.uint16) * 257)
    assert (decoded.pixels.dtype, decoded.bits, decoded.notes) == (np.uint16, 8, ())


def test_sixteen_bits_are_kept(encoded: Encoded) -> None:
    decoded = decode_bytes(encoded(GREY16), ".png")
    np.testing.assert_array_equal(decoded.pixels, GREY16)
    assert (decoded.bits, decoded.notes) == (16, ())


@pytest.mark.parametrize("bits", [1, 2, 4])
def test_few_bits_span_the_whole_range(bits: int) -> None:
    packed = RANDOM.integers(0, 256, (5, 3), dtype=np.uint8)
    header = struct.pack(">IIBBBBB", 3 * 8 // bits, 5, bits, 0, 0, 0, 0)
    lines = b"".join(b"\0" + line.tobytes() for line in packed)
    png = b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", zlib.compress(lines)) + _chunk(b"IEND", b"")
    values = np.stack([packed >> shift & (1 << bits) - 1 for shift in range(8 - bits, -1, -bits)], axis=-1)
    decoded = decode_bytes(png)
    np.testing.assert_array_equal(
        decoded.pixels, values.reshape(5, -1).astype(np.uint16) * (65535 // ((1 << bits) - 1))
    )
    np.testing.assert_array_equal(decoded.pixels[..., None], tf.io.decode_png(png, 1, tf.uint16))
    assert decoded.bits == bits


def test_color_of_eight_bits_becomes_grey(encoded: Encoded) -> None:
    decoded = decode_bytes(encoded(COLOR8))
    np.testing.assert_array_equal(decoded.pixels, _grey_of(COLOR8))
    assert decoded.notes == ("color turned to grey",)


@pytest.mark.parametrize(("channels", "color"), [(3, 2), (4, 6), (2, 4)])
def test_color_of_sixteen_bits_loses_none(channels: int, color: int) -> None:
    values = RANDOM.integers(0, 65536, (9, 14, channels), dtype=np.uint16)
    if channels != 3:
        values[..., -1] = 65535
    expected = values[..., 0] if channels == 2 else to_grey(values[..., :3])
    decoded = decode_bytes(_raw_png(values, 16, color))
    np.testing.assert_array_equal(decoded.pixels, expected)
    assert decoded.bits == 16


def test_a_palette_is_resolved(encoded: Encoded) -> None:
    image = Image.fromarray(COLOR8).convert("P", palette=Image.Palette.ADAPTIVE, colors=16)
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    decoded = decode_bytes(buffer.getvalue())
    np.testing.assert_array_equal(decoded.pixels, _grey_of(np.asarray(image.convert("RGB"))))


@pytest.mark.parametrize("pixels", [np.concatenate([COLOR8, OPAQUE], 2), np.concatenate([GREY8[..., None], OPAQUE], 2)])
def test_an_opaque_alpha_channel_is_dropped(encoded: Encoded, pixels: NDArray[np.uint8]) -> None:
    decoded = decode_bytes(encoded(pixels))
    expected = _grey_of(COLOR8) if pixels.shape[2] == 4 else GREY8.astype(np.uint16) * 257
    np.testing.assert_array_equal(decoded.pixels, expected)
    assert "opaque alpha channel dropped" in decoded.notes


@pytest.mark.parametrize(
    "png",
    [
        _raw_png(np.concatenate([COLOR8, OPAQUE - 1], 2), 8, 6),
        _raw_png(np.concatenate([GREY8[..., None], OPAQUE * 0], 2), 8, 4),
        _raw_png(GREY16, 16, 0, _chunk(b"tRNS", b"\0\1")),
        _raw_png(np.zeros((4, 4), np.uint8), 8, 0, _chunk(b"tRNS", b"\0\0")),
        _raw_png(np.zeros((4, 4, 3), np.uint16), 16, 2, _chunk(b"tRNS", bytes(6))),
        _raw_png(np.zeros((4, 4), np.uint8), 8, 3, _chunk(b"PLTE", bytes(6)), _chunk(b"tRNS", b"\x80")),
    ],
)
def test_transparent_pixels_are_refused(png: bytes) -> None:
    with pytest.raises(RefusedError, check=lambda error: error.code == "transparent"):
        decode_bytes(png)


def test_a_transparent_grey_that_no_pixel_has_does_no_harm() -> None:
    decoded = decode_bytes(_raw_png(np.full((4, 4), 7, np.uint8), 8, 0, _chunk(b"tRNS", b"\0\0")))
    np.testing.assert_array_equal(decoded.pixels, 7 * 257)


@pytest.mark.parametrize("subsampling", ["4:4:4", "4:2:2", "4:2:0"])
@pytest.mark.parametrize(
    "options", [{"quality": 60}, {"quality": 95}, {"progressive": True}, {"restart_marker_blocks": 4}]
)
def test_jpeg_in_color_is_what_tensorflow_decodes(
    encoded: Encoded, smooth: Callable[..., NDArray[np.uint8]], subsampling: str, options: dict[str, Any]
) -> None:
    data = encoded(smooth(61, 45, 3), "JPEG", subsampling=subsampling, **options)
    reference = tf.io.decode_jpeg(data, dct_method="INTEGER_ACCURATE").numpy()
    assert reference.shape == (61, 45, 3)
    np.testing.assert_array_equal(decode_bytes(data).pixels, _grey_of(reference))


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"optimize": True}])
def test_jpeg_in_grey_is_what_tensorflow_decodes(
    encoded: Encoded, smooth: Callable[..., NDArray[np.uint8]], options: dict[str, Any]
) -> None:
    data = encoded(smooth(33, 50), "JPEG", **options)
    reference = tf.io.decode_jpeg(data, dct_method="INTEGER_ACCURATE").numpy()[..., 0].astype(np.uint16) * 257
    np.testing.assert_array_equal(decode_bytes(data).pixels, reference)
    # as color, like an exported model
    color = tf.io.decode_jpeg(data, channels=3, dct_method="INTEGER_ACCURATE").numpy()
    np.testing.assert_array_equal(_grey_of(color), reference)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_exif_orientation_is_applied(encoded: Encoded, kind: str, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    pixels = np.kron([[0, 80], [160, 240], [40, 120]], np.ones((8, 8))).astype(np.uint8)  # blocks that JPEG keeps
    image = Image.fromarray(pixels)
    # Pillow's orientation of the image is the reference
    image.getexif()[0x0112] = orientation
    turned = {2: 0, 3: 3, 4: 1, 5: 5, 6: 4, 7: 6, 8: 2}.get(orientation)
    expected = np.asarray(image if turned is None else image.transpose(Image.Transpose(turned)))
    decoded = decode_bytes(encoded(pixels, kind, exif=exif))
    assert np.abs(decoded.pixels / 257 - expected).max() <= 2
    assert bool(decoded.notes) == (orientation != 1)


def test_damaged_exif_data_say_nothing(encoded: Encoded) -> None:
    decoded = decode_bytes(_with_chunk(encoded(GREY8), b"eXIf", b"II*\0\xff\xff\xff\xff"))
    np.testing.assert_array_equal(decoded.pixels, GREY8.astype(np.uint16) * 257)


def test_gamma_profiles_and_text_change_nothing(encoded: Encoded) -> None:
    png = encoded(GREY8)
    for name, content in ((b"gAMA", struct.pack(">I", 220000)), (b"zTXt", b"x\0\0" + zlib.compress(bytes(1 << 24)))):
        np.testing.assert_array_equal(decode_bytes(_with_chunk(png, name, content)).pixels, decode_bytes(png).pixels)


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"GIF89a" + bytes(20), "GIF"),
        (b"<svg/>", "SVG"),
        (b"%PDF-1.7", "PDF"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "WebP"),
        (b"II*\0" + bytes(20), "TIFF"),
        (b"version https://git-lfs.github.com/spec/v1\n", "Git LFS"),
        (bytes(200), "unknown"),
    ],
)
def test_other_formats_are_refused_by_name(data: bytes, name: str) -> None:
    with pytest.raises(RefusedError, match=name, check=lambda error: error.code == "format"):
        decode_bytes(data)


def test_an_animated_png_is_refused() -> None:
    frames = [Image.fromarray(GREY8), Image.fromarray(255 - GREY8)]
    buffer = io.BytesIO()
    frames[0].save(buffer, "PNG", save_all=True, append_images=frames[1:])
    with pytest.raises(RefusedError, check=lambda error: error.code == "frames"):
        decode_bytes(buffer.getvalue())


def test_a_jpeg_for_print_is_refused(encoded: Encoded) -> None:
    buffer = io.BytesIO()
    Image.fromarray(COLOR8).convert("CMYK").save(buffer, "JPEG")
    with pytest.raises(DataError, match="CMYK"):
        decode_bytes(buffer.getvalue())


def _claiming(png: bytes, width: int, height: int) -> bytes:
    return png[:8] + _chunk(b"IHDR", struct.pack(">II", width, height) + png[24:29]) + png[33:]


def test_a_huge_png_is_refused_by_its_header(encoded: Encoded) -> None:
    with pytest.raises(RefusedError, match="20000 x 20000", check=lambda error: error.code == "too-large"):
        decode_bytes(_claiming(encoded(GREY8), 20000, 20000))


def test_a_huge_jpeg_is_refused_by_its_header(encoded: Encoded) -> None:
    data = encoded(GREY8, "JPEG")
    at = data.index(b"\xff\xc0") + 5
    with pytest.raises(RefusedError, match="65535 x 65535", check=lambda error: error.code == "too-large"):
        decode_bytes(data[:at] + b"\xff\xff\xff\xff" + data[at + 4 :])


def test_a_png_without_pixels_is_refused(encoded: Encoded) -> None:
    with pytest.raises(DataError, match="0 x 9"):
        decode_bytes(_claiming(encoded(GREY8), 0, 9))


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_a_file_cut_anywhere_is_refused(encoded: Encoded, kind: str) -> None:
    data = encoded(GREY8, kind)
    for length in range(1, len(data) - 1):
        with pytest.raises(DataError):
            decode_bytes(data[:length])


def test_any_flipped_byte_of_a_png_is_found_or_harmless(encoded: Encoded) -> None:
    data = encoded(GREY8)
    pixels = decode_bytes(data).pixels
    for place in range(len(data)):
        damaged = bytearray(data)
        damaged[place] ^= 0x10
        try:
            found = decode_bytes(bytes(damaged)).pixels
        except DataError:
            continue
        np.testing.assert_array_equal(found, pixels)


@pytest.mark.parametrize(
    ("channels", "bits", "color"), [(1, 8, 0), (1, 16, 0), (3, 8, 2), (3, 16, 2), (2, 8, 4), (4, 8, 6), (4, 16, 6)]
)
def test_a_png_with_missing_lines_is_refused(channels: int, bits: int, color: int) -> None:
    """Other decoders fill them with black."""
    png = _raw_png(RANDOM.integers(0, 1 << bits, (9, 14, channels)), bits, color)
    for height in (10, 18):
        with pytest.raises(RefusedError, check=lambda error: error.code == "damaged"):
            decode_bytes(_claiming(png, 14, height))


def test_a_palette_png_with_missing_lines_is_refused(encoded: Encoded) -> None:
    buffer = io.BytesIO()
    Image.fromarray(COLOR8).convert("P").save(buffer, "PNG")
    assert decode_bytes(buffer.getvalue()).pixels.shape == (9, 14)
    with pytest.raises(RefusedError, check=lambda error: error.code == "damaged"):
        decode_bytes(_claiming(buffer.getvalue(), 14, 10))


def test_an_interlaced_png_is_read() -> None:
    """Adam7 with two by two pixels: the first pass has one pixel, the sixth has one, the last has a line."""
    passes = b"\0" + bytes([10]) + b"\0" + bytes([20]) + b"\0" + bytes([30, 40])
    header = struct.pack(">IIBBBBB", 2, 2, 8, 0, 0, 0, 1)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(passes)), (b"IEND", b"")]
    data = b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*each) for each in chunks)
    np.testing.assert_array_equal(decode_bytes(data).pixels, np.array([[10, 20], [30, 40]]) * 257)


@pytest.mark.parametrize("color", [False, True])
def test_a_jpeg_that_holds_less_than_it_claims_is_refused(encoded: Encoded, color: bool) -> None:
    data = encoded(COLOR8 if color else GREY8, "JPEG", quality=95)
    at = data.index(b"\xff\xc0") + 5
    taller = data[:at] + (64).to_bytes(2) + data[at + 2 :]
    assert tf.io.decode_jpeg(taller).shape[0] == 64  # other decoders fill it with grey
    with pytest.raises(RefusedError, check=lambda error: error.code == "damaged"):
        decode_bytes(taller)


def test_a_jpeg_may_be_followed_by_anything(encoded: Encoded) -> None:
    data = encoded(GREY8, "JPEG")
    np.testing.assert_array_equal(decode_bytes(data + b"trailer").pixels, decode_bytes(data).pixels)


def test_content_counts_and_not_the_name(encoded: Encoded, tmp_path: Path) -> None:
    (tmp_path / "x.png").write_bytes(encoded(GREY8, "JPEG"))
    decoded = decode(tmp_path / "x.png")
    assert decoded.notes == ("JPEG content under a name for PNG",)
    assert decode_bytes(encoded(GREY8), "").notes == ()


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "damaged"),
        (b"\x89PNG\r\n\x1a\n", "damaged"),
        (b"\xff\xd8\xff\xe0", "damaged"),
        (b"GIF89a", "format"),
        (_raw_png(np.zeros((4, 4), np.uint8), 8, 0, _chunk(b"acTL", bytes(8))), "frames"),
        (_raw_png(np.zeros((4, 4), np.uint8), 8, 0, _chunk(b"tRNS", b"\0\0")), "transparent"),
        (_claiming(_raw_png(GREY16, 16, 0), 20000, 20000), "too-large"),
        (_claiming(_raw_png(GREY16, 16, 0), 0, 9), "damaged"),
    ],
)
def test_every_reason_has_its_code(data: bytes, code: str) -> None:
    with pytest.raises(RefusedError) as caught:
        decode_bytes(data)
    assert caught.value.code == code


def test_too_little_memory_has_a_code_of_its_own(encoded: Encoded, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(images, "_sixteen_bits", lambda *_: np.ones(1 << 50))
    with pytest.raises(RefusedError, check=lambda error: error.code == "memory"):
        decode_bytes(encoded(GREY8))


def test_messages_hold_no_file_name(tmp_path: Path) -> None:
    (tmp_path / "ZZCANARY.png").write_bytes(b"\x89PNG\r\n\x1a\nrubbish")
    for name in ("ZZCANARY.png", "ZZCANARY-missing.png"):
        with pytest.raises(DataError) as caught:
            decode(tmp_path / name)
        assert "ZZCANARY" not in str(caught.value)


def test_sixteen_bit_color_by_another_encoder() -> None:
    values = RANDOM.integers(0, 65536, (20, 30, 3), dtype=np.uint16)
    np.testing.assert_array_equal(decode_bytes(imagecodecs.png_encode(values)).pixels, to_grey(values))
