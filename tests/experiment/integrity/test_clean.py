from __future__ import annotations

import os
import time
from importlib.metadata import version
from pathlib import Path

import pytest

from radtl_tf.data.embeddings.kept import key_of
from radtl_tf.errors import OutputError
from radtl_tf.experiment.integrity.clean import leftovers_in_cache, leftovers_of, remove
from radtl_tf.records.disk import write_json
from radtl_tf.records.experiment_facts import write_facts
from radtl_tf.records.safety.lock import writing
from radtl_tf.records.safety.processes import this_place

OLD = time.time() - 2 * 24 * 3600
DEAD = 2**22 + 1  # above the largest process number of Linux
USED, EARLIER = "data/radiographs/used/2.0.0", "data/radiographs/earlier/2.0.0"


def put(path: Path, *, old: bool = False) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(bytes(10))
    if old:
        for each in (path, path.parent):
            os.utime(each, (OLD, OLD))
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    facts = {"experiment": {"training": {"image_size": 32}}, "data_set": USED}
    write_facts(tmp_path / "experiment.json", facts)
    for place in (USED, EARLIER):
        put(tmp_path / place / "dataset_info.json")
    for size in (32, 48):
        put(tmp_path / "data" / f"pixels-{size}.npy")
        put(tmp_path / "data" / f"pixels-{size}.npy.json")
    put(tmp_path / f".a.{this_place()}.{DEAD}.01234567.part", old=True)
    put(tmp_path / f".b.{this_place()}.{os.getpid()}.01234567.part")
    put(tmp_path / f".c.elsewhere.{DEAD}.01234567.part")
    put(tmp_path / "runs" / f".0-0.{this_place()}.{DEAD}.01234567.part" / "weights.h5", old=True)
    return tmp_path


def test_only_what_nothing_needs_is_listed_and_removed(folder: Path) -> None:
    found = leftovers_of(folder)
    names = {str(each.path.relative_to(folder)) for each in found}
    assert names == {
        "data/radiographs/earlier",
        "data/pixels-48.npy",
        "data/pixels-48.npy.json",
        f".a.{this_place()}.{DEAD}.01234567.part",
        f"runs/.0-0.{this_place()}.{DEAD}.01234567.part",
    }
    assert remove(found) == 50
    assert leftovers_of(folder) == []
    assert (folder / USED / "dataset_info.json").exists()


def test_shards_of_a_build_that_nobody_continues_are_listed_after_a_day(folder: Path) -> None:
    shard = put(folder / "data/radiographs/broken/.2.0.0.shards/examples/00000.tfrecord")
    assert not [each for each in leftovers_of(folder) if ".shards" in str(each.path)]
    for each in (shard, *shard.parents[:2]):
        os.utime(each, (OLD, OLD))
    assert [each.path for each in leftovers_of(folder) if ".shards" in str(each.path)] == [shard.parents[1]]


def test_a_folder_in_use_is_not_cleaned(folder: Path) -> None:
    with writing(folder):
        put(folder / f".a.{this_place()}.{DEAD}.01234567.part", old=True)
        with pytest.raises(OutputError, match="in use"):
            leftovers_of(folder)
    assert leftovers_of(folder)


def test_without_a_record_of_the_data_set_in_use_no_data_set_is_removed(folder: Path) -> None:
    write_facts(folder / "experiment.json", {"experiment": {"training": {"image_size": 32}}})
    assert not any("radiographs" in str(each.path) for each in leftovers_of(folder))


def test_embeddings_of_earlier_files_and_images_are_listed(folder: Path) -> None:
    weights = [{"backbone": "embeddings", "sha256": "a" * 64}, {"backbone": "MobileNet", "sha256": "b" * 64}]
    facts = {"experiment": {"training": {"image_size": 32}}, "data": {"sha256": "c" * 64}, "weights": weights}
    write_facts(folder / "experiment.json", facts)
    used = f"embeddings-{key_of('a' * 64, 'c' * 64)}.npy", f"embeddings-{'a' * 16}.npz"
    earlier = f"embeddings-{key_of('a' * 64, 'd' * 64)}.npy", f"embeddings-{'b' * 16}.npz"
    for name in (*used, *earlier):
        put(folder / "data" / name)
    assert {each.path.name for each in leftovers_of(folder) if "embeddings" in each.path.name} == set(earlier)


def test_features_of_other_versions_are_removed_from_the_cache(tmp_path: Path) -> None:
    now = {name: version(name) for name in ("tensorflow", "keras")}
    for name, versions in (("now", now), ("before", {**now, "keras": "3.0.0"}), ("unsummed", now)):
        write_json(tmp_path / name / "key.json", {"versions": versions})
        if name != "unsummed":
            put(tmp_path / name / "checksums.json")
    found = leftovers_in_cache(tmp_path)
    assert {each.path.name for each in found} == {"before", "unsummed"}
    remove(found)
    assert leftovers_in_cache(tmp_path) == []
    assert (tmp_path / "now").is_dir()


def test_a_cache_that_does_not_exist_has_nothing_to_remove(tmp_path: Path) -> None:
    assert leftovers_in_cache(tmp_path / "none") == []
