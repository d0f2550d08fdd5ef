"""Ray itself: what is said without it, and units on machines of a real cluster, of which one dies."""

from __future__ import annotations

import os
import secrets
import socket
import subprocess
import sys
from contextlib import nullcontext
from importlib.util import find_spec
from pathlib import Path

import pytest

from radtl_tf.errors import ClusterError
from radtl_tf.experiment.cluster import ray_pool
from radtl_tf.experiment.cluster.ray_address import ray_address
from radtl_tf.records.folder import OutputFolder
from radtl_tf.records.prepared import Prepared, WorkUnit, write_prepared
from radtl_tf.records.safety.failures import read_failures

needs_ray = pytest.mark.skipif(find_spec("ray") is None, reason="Ray is not installed: pip install 'radtl_tf[ray]'")


def test_without_ray_one_line_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ray_pool, "find_spec", lambda name: None)
    with pytest.raises(ClusterError, match=r"radtl_tf\[ray\]"), ray_pool.connected(ray_address("local"), threads=1):
        pass


def test_a_ray_of_our_own_that_other_machines_reach_is_refused() -> None:
    ray_pool.check_loopback(["127.0.0.1"])
    with pytest.raises(ClusterError):
        ray_pool.check_loopback(["127.0.0.1", "10.0.0.7"])


def test_a_cluster_without_room_for_a_unit_is_refused() -> None:
    small, large = {"CPU": 2.0, "GPU": 0.0}, {"CPU": 8.0, "GPU": 1.0, "memory": 1e9}
    ray_pool.check_room([small, large], 8, 1)
    ray_pool.check_room([small], 2, 0)
    for nodes in ([], [small], [{"CPU": 8.0}, {"GPU": 1.0, "CPU": 1.0}]):
        with pytest.raises(ClusterError):
            ray_pool.check_room(nodes, 8, 1)


def test_what_is_done_needs_no_ray_and_what_died_is_recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    units = [WorkUnit(name=name, runs=(f"{name}/0-0",), seconds=1.0) for name in "ab"]
    prepared = Prepared(
        facts={}, arrays="", images="", weights=(), threads=2, versions={}, hardware={"gpus": []}, units=tuple(units)
    )
    write_prepared(OutputFolder(tmp_path), prepared)
    monkeypatch.setattr(ray_pool, "connected", lambda *_, **__: nullcontext())
    monkeypatch.setattr(ray_pool, "RayPool", lambda *_, **__: None)
    asked: list[str] = []

    def train(left: list[WorkUnit], *_: object) -> dict[str, str]:
        asked.extend(unit.name for unit in left)
        return {"b": "its time was up"}

    monkeypatch.setattr(ray_pool, "train_units", train)
    done = tmp_path / "runs" / "a" / "0-0" / "DONE.json"
    done.parent.mkdir(parents=True)
    done.touch()
    ray_pool.train_on_ray(ray_address("local"), tmp_path, lambda unit: [unit])
    assert asked == ["b"]
    assert {name: one.reason for name, one in read_failures(tmp_path).items()} == {"b/0-0": "its time was up"}
    (tmp_path / "runs" / "b" / "0-0").mkdir(parents=True)
    (tmp_path / "runs" / "b" / "0-0" / "DONE.json").touch()
    ray_pool.train_on_ray(ray_address("local"), tmp_path, lambda unit: [unit])
    assert asked == ["b"]


def run_python(code: str, *words: object, **settings: str) -> str:
    """Run code in a process of its own, because Ray reads its settings once; return what it prints."""
    known = {name: value for name, value in os.environ.items() if not name.startswith("RAY_")}
    command = [sys.executable, "-c", code, *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, env={**known, **settings}, timeout=300)
    assert done.returncode == 0, done.stderr[-4000:]
    return done.stdout


_REFUSED = """
import sys
from radtl_tf.errors import ClusterError
from radtl_tf.experiment.cluster.ray_address import ray_address
from radtl_tf.experiment.cluster.ray_pool import connected
try:
    with connected(ray_address(sys.argv[1]), threads=1):
        pass
except ClusterError as error:
    print(error)
"""


@needs_ray
def test_an_address_where_nobody_answers_is_one_line() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    said = run_python(_REFUSED, address, RAY_AUTH_TOKEN=secrets.token_hex(32))
    assert said.count("\n") == 1 and address in said


# Units "a" to "d" on three machines; the whole machine of "b" is killed while it works, and only the first time.
_THREE = """
import json, os, sys, threading, time
from pathlib import Path
import psutil
from radtl_tf.experiment.cluster.ray_address import ray_address, ray_settings
os.environ.update(ray_settings(ray_address("local"), os.environ))
from ray.cluster_utils import Cluster
from radtl_tf.experiment.cluster.ray_pool import RayPool, connected
from radtl_tf.experiment.cluster.ray_units import train_units
from radtl_tf.records.prepared import WorkUnit
from radtl_tf.records.safety.processes import is_alive

out = Path(sys.argv[1])
cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False})
machines = [cluster.add_node(num_cpus=1) for _ in range(3)]

def kill():
    while not (out / "process-b").exists():
        time.sleep(0.05)
    time.sleep(2)  # until the unit has asked to end with its starter
    unit = int((out / "process-b").read_text())
    for machine in machines:
        root = psutil.Process(machine.all_processes["raylet"][0].process.pid)
        tree = [root, *root.children(recursive=True)]
        if unit in [one.pid for one in tree]:
            for one in tree:
                if one.pid != unit:  # it has to end by itself
                    one.kill()

script = 'cd "$0"; [ -e process-$1 ] && exit 0; echo $$ > process-$1; [ $1 != b ] || exec "$2" -c "$3"'
waits = "from radtl_tf.records.safety.parent import *; end_with_parent(); import time; time.sleep(100)"
words = lambda unit: ["sh", "-c", script, str(out), unit, sys.executable, waits]
with connected(ray_address(cluster.address), threads=1) as ray:
    listening = [one.laddr.ip for one in psutil.net_connections("tcp") if one.status == "LISTEN" and one.pid
                 and psutil.Process(one.pid).name() in ("raylet", "gcs_server")]
    pool = RayPool(ray, words, out, threads=1, settings={})
    threading.Thread(target=kill, daemon=True).start()
    died = train_units([WorkUnit(name=name, runs=(), seconds=1.0) for name in "abcd"], pool)
unit = int((out / "process-b").read_text())
print(json.dumps({"died": died, "alive": is_alive(unit, time.time()), "listening": sorted(set(listening))}))
os._exit(0) if cluster.shutdown() is None else None
"""


@needs_ray
@pytest.mark.slow
def test_a_unit_whose_machine_dies_is_done_by_another(tmp_path: Path) -> None:
    said = run_python(_THREE, tmp_path)
    assert said == '{"died": {}, "alive": false, "listening": ["::ffff:127.0.0.1"]}\n'
    starts = {name: (tmp_path / "ray" / f"{name}.log").read_text().count(" on ") for name in "abcd"}
    assert starts == {"a": 1, "b": 2, "c": 1, "d": 1}
