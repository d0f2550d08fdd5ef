from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from radtl_tf.data.check.repaired import repaired
from radtl_tf.data.check.rules import check
from radtl_tf.data.manifest.reader import read_manifest


def test_each_repair_is_a_finding_with_its_lines(manifest_of: Callable[..., Path]) -> None:
    manifest = read_manifest(manifest_of([("a.png", " sick", "1"), ("b.png", "well", "\uff12")]))
    found = repaired(manifest)
    assert [(finding.code, finding.level, finding.lines) for finding in found] == [
        ("table-repaired", "info", (3,)),
        ("table-repaired", "info", (2,)),
    ]
    assert set(found) <= set(check([], known=found).findings)


def test_a_plain_table_has_none(manifest_of: Callable[..., Path]) -> None:
    assert repaired(read_manifest(manifest_of([("a.png", "sick", "1")]))) == ()
