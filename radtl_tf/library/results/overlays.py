"""Draw what speaks for a score over each radiograph: Grad-CAM overlays in a new folder."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import imagecodecs
import numpy as np

from radtl_tf.deploy.outputs import score_names, stage_of
from radtl_tf.deploy.predict import Score
from radtl_tf.errors import OutputError
from radtl_tf.logs import get_logger
from radtl_tf.records.disk import temporary_folder
from radtl_tf.records.image_size import size_of
from radtl_tf.records.runs import Target

_log = get_logger(__name__)


@contextmanager
def overlays(folder: Path, target: Target) -> Iterator[Callable[[int, Score], None]]:
    """Yield a function that draws the map of a score, and renames the folder of all pictures when the block ends.

    The picture of row 12 is ``00012-<name of the file>.png``: the radiograph as the network sees it. The map is the one
    of the positive class or of the number, or with several classes the one of the highest score or of the predicted
    stage, whose name ends the file's name. A file without a score has no picture.

    Raises:
        OutputError: ``folder`` exists or cannot be written.
    """
    if folder.exists():
        raise OutputError(f"{folder} already exists: choose another folder for the overlays or delete it.")
    with temporary_folder(folder) as temporary:
        yield lambda number, score: _draw(temporary, number, score, target)
    _log.info(f"{folder} shows patients' radiographs: do not share it.")


def _draw(folder: Path, number: int, score: Score, target: Target) -> None:
    from radtl_tf.report.saliency.colors import blend
    from radtl_tf.report.saliency.pictures import map_picture, radiograph_picture

    if score.scores is None or score.saliency is None:
        return
    grey, maps = score.saliency
    names = score_names(target)
    explained = stage_of(score.scores) if target.kind == "ordinal" else int(np.argmax(score.scores))
    size = size_of(grey.shape)
    picture = blend(radiograph_picture(grey[..., None], size), map_picture(maps[..., explained], size))
    shown = f"-{_plain(names[explained])}" if len(names) > 1 else ""
    name = f"{number:05d}-{_plain(score.path.stem)}{shown}.png"
    (folder / name).write_bytes(bytes(imagecodecs.png_encode(picture)))


def _plain(name: str) -> str:
    return re.sub(r"[^\w.-]+", "_", name)[:80]
