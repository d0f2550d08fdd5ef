"""Write HDF5 files by way of the memory: on a full disk HDF5 itself crashes the process."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import h5py


@contextmanager
def hdf5_file(path: Path) -> Iterator[h5py.File]:
    """Yield an HDF5 file in memory; its bytes are written to ``path`` when the block ends without error.

    It has the format of HDF5 1.8 (2008), whose groups are small, and no times: equal content gives equal bytes.

    Raises:
        OSError: ``path`` cannot be written.
    """
    creation, access = h5py.h5p.create(h5py.h5p.FILE_CREATE), h5py.h5p.create(h5py.h5p.FILE_ACCESS)
    creation.set_obj_track_times(False)
    access.set_libver_bounds(h5py.h5f.LIBVER_V18, h5py.h5f.LIBVER_V18)
    memory = io.BytesIO()  # closing it would fail while the traceback of a failed write has its bytes in hand
    access.set_fileobj_driver(h5py.h5fd.fileobj_driver, memory)
    with h5py.File(h5py.h5f.create(os.fsencode(path.name), fcpl=creation, fapl=access)) as file:
        yield file
    path.write_bytes(memory.getbuffer())
