"""The key of the patients' hashes: without the same key, no run can be added to an output folder."""

from __future__ import annotations

from radtl_tf.data.manifest.privacy import KEY_FILE, patient_key
from radtl_tf.errors import OutputError
from radtl_tf.records.folder import OutputFolder
from radtl_tf.records.integrity.folder_checksums import remember, state_of


def checked_key(folder: OutputFolder) -> bytes:
    """Return the key of an output folder; before a run is finished, a missing or damaged key is drawn again.

    Raises:
        OutputError: runs are finished, but the key is missing or damaged; or it cannot be read or written.
    """
    path = folder.data / KEY_FILE
    damaged = state_of(folder, path) == "damaged"
    if folder.finished() and (damaged or not path.exists()):
        raise OutputError(
            f"{path} is {'damaged' if damaged else 'missing'}. Without it, the patients of the finished runs cannot be "
            "recognized, and nothing can compute it again. Restore it from a copy, or choose another output folder."
        )
    if damaged:
        path.unlink()
    key = patient_key(folder.data)
    remember(folder, path)
    return key
