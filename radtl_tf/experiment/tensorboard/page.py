"""Serve TensorBoard for an output folder or a pre-training. TensorFlow is not needed."""

from __future__ import annotations

import io
import sys
from contextlib import redirect_stderr
from pathlib import Path
from types import ModuleType

from radtl_tf.errors import OutputError, RadtlError
from radtl_tf.records.folder import OutputFolder
from radtl_tf.records.pretraining import Place
from radtl_tf.training.tensorboard.event_file import PATTERN


def events_of(folder: Path) -> Path:
    """Return the folder of the events of ``folder``: an output folder, a pre-training, or a folder of events.

    A pre-training is named by its weights file or by the folder of its work.

    Raises:
        OutputError: there are no events.
    """
    for place in (OutputFolder(folder).tensorboard, Place(folder).files.tensorboard):
        if any(place.rglob(PATTERN)):
            return place
    if any(folder.glob(PATTERN)):
        return folder
    raise OutputError(
        f"{folder}: no TensorBoard events here. Name the output folder of an experiment, or the weights file of a "
        "pre-training, whose training has begun."
    )


def serve(events: Path, *, host: str, port: int | None) -> str:
    """Start TensorBoard in the background of this process and return its address.

    Without ``port`` it takes the first free one from 6006 on; 0 is any free port.

    Raises:
        RadtlError: the port is in use, or this machine has no such host.
    """
    # TensorBoard imports TensorFlow, which takes seconds and prints lines, unless there is a module of this name.
    sys.modules.setdefault("tensorboard.compat.notf", ModuleType("notf"))
    from tensorboard import program

    board = program.TensorBoard()
    board.configure(argv=[""], logdir=str(events), host=host, port=port)
    try:
        with redirect_stderr(io.StringIO()):  # advice on its own options
            return str(board.launch())
    except (program.TensorBoardServerException, OSError) as error:
        where = host if port is None else f"{host}, port {port}"
        raise RadtlError(f"TensorBoard cannot listen on {where}. Name another port or host.") from error
