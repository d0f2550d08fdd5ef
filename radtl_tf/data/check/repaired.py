"""What was repaired in a table while it was read, as findings of the data check."""

from __future__ import annotations

from radtl_tf.data.check.findings import Finding
from radtl_tf.data.manifest.reader import Manifest


def repaired(manifest: Manifest) -> tuple[Finding, ...]:
    """Return a finding for each kind of repair, with the lines that it changed."""
    return tuple(Finding("table-repaired", repair.message, repair.lines) for repair in manifest.repairs)
