"""Check and read one tensor of an untrusted HDF5 file."""

from __future__ import annotations

import zlib
from collections.abc import Iterable

import h5py
import numpy as np

from radtl_tf.models.weights.schema import Shape, refusal, shown

_MAX_CHUNK = 2**20  # elements; a chunk is unpacked at once
_DEFLATE = h5py.h5z.FILTER_DEFLATE
_FILTERS = (h5py.h5z.FILTER_SHUFFLE, _DEFLATE, h5py.h5z.FILTER_FLETCHER32)  # in the order set by h5py
_STORED_HERE = {h5py.h5d.COMPACT, h5py.h5d.CONTIGUOUS, h5py.h5d.CHUNKED}


def tensor_at(group: h5py.Group, path: str) -> h5py.Dataset:
    """Return the data set at ``path``.

    Raises:
        WeightsError: it is a group.
    """
    dataset = group[path]
    if not isinstance(dataset, h5py.Dataset):
        raise refusal("missing", f"{shown(path)} is not a tensor.")
    return dataset


def check_tensor(dataset: h5py.Dataset, shape: Shape, name: str) -> None:
    """Refuse a data set that is not a tensor of this ``shape`` or could harm its reader; no number is read.

    A compressed one is unpacked, chunk by chunk, up to its declared size. ``name`` is for the message.

    Raises:
        WeightsError: its storage, type, shape or filters are not those of a weights file.
    """
    storage = dataset.id.get_create_plist()
    if storage.get_layout() not in _STORED_HERE or storage.get_external_count():
        raise refusal("link", f"tensor {name} is virtual or stored in another file.")
    if dataset.id.get_type().committed():
        raise refusal("link", f"tensor {name} has a committed type.")
    if not isinstance(dataset.id.get_type(), h5py.h5t.TypeFloatID) or dataset.dtype.itemsize not in (2, 4, 8):
        raise refusal("type", f"tensor {name} is {dataset.dtype}, expected float16, float32 or float64.")
    if dataset.shape not in (shape, _grouped(shape)):
        raise refusal("shape", f"tensor {name} has shape {dataset.shape}, expected {shape}.")
    filters = [storage.get_filter(place)[0] for place in range(storage.get_nfilters())]
    if filters != [known for known in _FILTERS if known in filters]:
        raise refusal("type", f"tensor {name} uses a filter other than shuffle, gzip and fletcher32.")
    if dataset.chunks and int(np.prod(dataset.chunks, dtype=object)) > max(_MAX_CHUNK, int(np.prod(shape))):
        raise refusal("shape", f"tensor {name} is stored in chunks of {dataset.chunks}.")
    if _DEFLATE in filters:
        _check_packed(dataset, 1 << filters.index(_DEFLATE), name)


def _check_packed(dataset: h5py.Dataset, skipped: int, name: str) -> None:
    """Unpack every chunk up to its declared size; HDF5 itself would unpack all of it before checking the size.

    ``skipped`` is the bit that marks a chunk stored without gzip.
    """
    size = int(np.prod(dataset.chunks)) * dataset.dtype.itemsize
    for number in range(dataset.id.get_num_chunks()):
        chunk = dataset.id.get_chunk_info(number)
        most = size + size // 100 + 1024  # data that gzip cannot compress grows by less
        if chunk.size <= most and not chunk.filter_mask & skipped:
            packed = dataset.id.read_direct_chunk(chunk.chunk_offset)[1]
            most, grown = size, len(zlib.decompressobj().decompress(packed, size + 1))
        else:
            grown = chunk.size
        if grown > most:
            raise refusal("size", f"tensor {name} has a chunk that unpacks to more than its {size:,} bytes.")


def _grouped(shape: Shape) -> Shape:
    """Return the shape of a depthwise kernel (h, w, C, 1) in a file that has it as grouped: (h, w, 1, C)."""
    return (*shape[:2], 1, shape[2]) if len(shape) == 4 and shape[3] == 1 else shape


def read_tensor(dataset: h5py.Dataset, shape: Shape, name: str) -> np.ndarray:
    """Return a data set that ``check_tensor`` has passed, as float32 of ``shape``.

    Raises:
        WeightsError: it has numbers that are not finite, or negative variances.
    """
    value = np.empty(dataset.shape, np.float32)
    dataset.read_direct(value)
    if not np.isfinite(value).all():
        raise refusal("not finite", f"tensor {name} has NaN or infinite numbers.")
    if name.endswith("/moving_variance") and value.min(initial=0) < 0:
        raise refusal("not finite", f"tensor {name} has negative variances, whose square root is NaN.")
    return value.reshape(shape)


def starts_of(datasets: Iterable[h5py.Dataset]) -> list[int] | None:
    """Return the byte of the file at which each data set begins; ``None`` if one is not float32 in one piece."""
    found = [dataset.id.get_offset() if dataset.dtype == np.dtype("<f4") else None for dataset in datasets]
    starts = [start for start in found if start is not None]
    return starts if len(starts) == len(found) else None
