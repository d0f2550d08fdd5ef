"""The cost of decoding in separate processes, and the gain of our 16-bit PNG writer, on PNG files like scanned films.

    python benchmarks/reading.py

It prints milliseconds per image, as wall time and CPU time, and ratios. On a busy machine, only CPU time is reliable.
All methods must give the same pixels and the same measurements.
"""

from __future__ import annotations

import io
import os
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from radtl_tf.data.decoding.images import decode_bytes
from radtl_tf.data.decoding.measuring import measure, png_of
from radtl_tf.data.decoding.reading import Outcome
from radtl_tf.data.decoding.worker_pool import read_all

SIDE, IMAGES, ENCODED = 1024, 100, 10
SUB = imagecodecs.PNG.FILTER.SUB
ENCODERS: dict[str, Callable[[NDArray[np.uint16]], bytes]] = {
    "Pillow, level 1": lambda pixels: _saved(Image.fromarray(pixels), compress_level=1),
    "libpng, level 1, sub": lambda pixels: bytes(imagecodecs.png_encode(pixels, level=1, filter=SUB)),
    "png_of (libdeflate)": png_of,
}


def main() -> None:
    """Time both and print two tables."""
    films = [_film(number) for number in range(8)]
    print(f"{SIDE} x {SIDE}, {os.cpu_count()} CPUs")
    for bits, pixels in ((8, films[0].astype(np.uint16) * 257), (12, _twelve_bits(films[0]))):
        _print_encoders(bits, pixels)
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder, f"{number}.png") for number in range(IMAGES)]
        for number, path in enumerate(paths):
            path.write_bytes(_saved(Image.fromarray(films[number % len(films)])))
        _print_readers(paths)


def _print_encoders(bits: int, pixels: NDArray[np.uint16]) -> None:
    seconds = {}
    print(f"\nencoding {bits} bits as 16")
    for name, encode in ENCODERS.items():
        data = encode(pixels)
        start = time.process_time()
        for _ in range(ENCODED):
            encode(pixels)
        seconds[name] = (time.process_time() - start) / ENCODED
        if not np.array_equal(decode_bytes(data).pixels, pixels):
            raise SystemExit(f"{name} changed the pixels")
        print(f"  {name:24s}{1000 * seconds[name]:8.1f} ms{len(data) / 1000:8.0f} kB")
    ours = seconds["png_of (libdeflate)"]
    print("  ratio to png_of         " + ", ".join(f"{seconds[name] / ours:.1f}" for name in ENCODERS))


def _print_readers(paths: list[Path]) -> None:
    ways: dict[str, Callable[[], Iterator[Outcome]]] = {
        "in this process": lambda: map(_read, paths),
        "one worker": lambda: read_all(paths, png=True, num_workers=1),
        "two workers": lambda: read_all(paths, png=True, num_workers=2),
    }
    seconds, hashes = {}, set()
    print(f"\nreading, measuring and encoding {len(paths)} images")
    for name, way in ways.items():
        start, computed = time.monotonic(), _computing()
        hashes.add(tuple((one.reading.pixels_hash, one.reading.sd, one.png) for one in way() if one.reading))
        seconds[name], computing = time.monotonic() - start, _computing() - computed
        each = 1000 / len(paths)
        print(f"  {name:24s}{each * seconds[name]:8.1f} ms, {each * computing:6.1f} ms of computing")
    if len(hashes) != 1 or len(hashes.pop()) != len(paths):
        raise SystemExit("The methods do not agree.")
    start = time.monotonic()
    list(read_all(paths[:1], num_workers=1))
    print(f"  {'start of a worker':24s}{time.monotonic() - start:8.1f} s, once")
    alone = seconds["in this process"]
    print(f"  one process / one worker  {alone / seconds['one worker']:.2f}")
    print(f"  one process / two workers {alone / seconds['two workers']:.2f}")


def _computing() -> float:
    """Return the CPU seconds of this process and its finished children."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def _read(path: Path) -> Outcome:
    reading, decoded = measure(path.read_bytes(), path.suffix)
    return Outcome("decoded", reading=reading, png=png_of(decoded.pixels))


def _film(number: int) -> NDArray[np.uint8]:
    """Return a smooth 8-bit image with the grain of a film, as from a digitizer."""
    rows, columns = np.mgrid[0:SIDE, 0:SIDE]
    shape = (np.sin((rows + 31 * number) / 97) + np.cos(columns / 130) + 2) * 50
    grain = np.random.default_rng(number).normal(0, 3, shape.shape)
    return np.clip(shape + grain, 0, 255).astype(np.uint8)


def _twelve_bits(film: NDArray[np.uint8]) -> NDArray[np.uint16]:
    grain = np.random.default_rng(0).integers(0, 16, film.shape)
    return (film.astype(np.uint16) * 16 + grain.astype(np.uint16)) * np.uint16(16)


def _saved(image: Image.Image, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG", **options)
    return buffer.getvalue()


if __name__ == "__main__":
    main()
