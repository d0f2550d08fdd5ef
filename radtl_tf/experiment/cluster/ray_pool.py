"""Connect to Ray, and run work units on its machines.

Ray is an extra of the package and takes a second to import, so it is imported when it is first needed.
"""

from __future__ import annotations

import logging
import os
import secrets
import signal
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from importlib.util import find_spec
from io import StringIO
from pathlib import Path
from types import ModuleType
from typing import Any

from radtl_tf.errors import ClusterError
from radtl_tf.experiment.cluster.environment import environment_of_units
from radtl_tf.experiment.cluster.ray_address import RayAddress, ray_settings
from radtl_tf.experiment.cluster.ray_units import train_units
from radtl_tf.experiment.cluster.raylet import start_unit
from radtl_tf.experiment.units.workers import record_death
from radtl_tf.progress import Watch, silent
from radtl_tf.records.folder import OutputFolder
from radtl_tf.records.prepared import read_prepared, unfinished

RETRIES = 3  # of a unit whose machine or whose process of Ray died
_ANSWER = 10.0  # seconds in which an address has to answer
_STORE = 100 * 2**20  # bytes of memory for objects; we send almost none, and Ray would take a third of the machine
_SHORT = "/tmp" if os.name == "posix" else None  # paths of sockets may have 107 characters


def train_on_ray(
    address: RayAddress, out: Path, command: Callable[[str], Sequence[str]], watch: Watch = silent
) -> None:
    """Train the unfinished work units of the prepared folder ``out`` on a Ray cluster.

    ``command`` returns the words that train a unit. The runs of a unit that died are recorded as failed.

    Raises:
        ClusterError: as ``connected``.
        OutputError: the folder is not prepared.
    """
    folder = OutputFolder(out)
    prepared = read_prepared(folder)
    units = [unit for unit in prepared.longest_first if unfinished(folder, unit)]
    if not units:
        return
    threads, gpus = prepared.threads, min(len(prepared.hardware["gpus"]), 1)
    with connected(address, threads=threads, gpus=gpus) as ray:
        settings = environment_of_units(os.environ)
        pool = RayPool(ray, command, out, threads=threads, gpus=gpus, settings=settings)
        died = train_units(units, pool, watch)
    call = secrets.token_hex(8)
    for name, reason in died.items():
        record_death(out, prepared.unit(name), reason, call)


class RayPool:
    """Run units on the machines of a connected Ray; each gets ``threads`` cores and ``gpus`` GPUs.

    ``command`` returns the words of a unit, ``out`` is the output folder, and ``settings`` are environment variables.
    """

    def __init__(
        self,
        ray: ModuleType,
        command: Callable[[str], Sequence[str]],
        out: Path,
        *,
        threads: int,
        gpus: int = 0,
        settings: Mapping[str, str],
    ) -> None:
        self._ray, self._command, self._folder, self._settings = ray, command, str(out.resolve()), dict(settings)
        self._remote = ray.remote(num_cpus=threads, num_gpus=gpus, max_retries=RETRIES, scheduling_strategy="SPREAD")(
            start_unit
        )
        self._running: dict[Any, str] = {}

    def start(self, unit: str, seconds: float) -> None:
        """Start a unit, which may take ``seconds``, as soon as a machine has room; Ray starts it again if that dies."""
        words = list(self._command(unit))
        task = self._remote.options(name=unit).remote(words, self._folder, unit, seconds, self._settings)
        self._running[task] = unit

    def wait(self, seconds: float) -> Iterator[tuple[str, int | None, str]]:
        """Yield unit, exit code and reason of those that end within ``seconds``."""
        if not self._running:
            time.sleep(seconds)
            return
        ended, _ = self._ray.wait(list(self._running), timeout=seconds)
        for task in ended:
            unit = self._running.pop(task)
            try:
                code, reason = self._ray.get(task)
            except self._ray.exceptions.RayError as error:
                code, reason = None, _first_line(error)
            yield unit, code, reason


@contextmanager
def connected(address: RayAddress, *, threads: int, gpus: int = 0) -> Iterator[ModuleType]:
    """Yield the module ``ray``, connected to ``address``, and leave it at the end; a Ray of our own then ends.

    Raises:
        ClusterError: Ray is not installed or cannot be reached, or no machine has so many ``threads`` and ``gpus``.
    """
    ray = _imported(address)
    # A thread of Ray prints on stdout when a machine dies, with twenty lines of its log; ours is for data.
    with redirect_stdout(StringIO()), _initialized(ray, address, threads):
        nodes = [node for node in ray.nodes() if node["Alive"]]
        if address.port is None:
            check_loopback([node["NodeManagerAddress"] for node in nodes])
        check_room([node["Resources"] for node in nodes], threads, gpus)
        yield ray


@contextmanager
def _initialized(ray: ModuleType, address: RayAddress, threads: int) -> Iterator[None]:
    with tempfile.TemporaryDirectory(prefix="radtl-ray-", dir=_SHORT, ignore_cleanup_errors=True) as folder:
        try:
            refuse_silence(address)
            with _same_handlers():
                ray.init(log_to_driver=False, logging_level=logging.ERROR, **_arguments(address, threads, folder))
        except (OSError, RuntimeError, ValueError, ray.exceptions.RayError) as error:
            raise _unreachable(address, error) from error
        try:
            yield
        finally:
            ray.shutdown()


def _arguments(address: RayAddress, threads: int, folder: str) -> dict[str, Any]:
    """Return the arguments of ``ray.init``; a Ray of our own keeps its files in ``folder``."""
    if address.port is not None:
        return {"address": str(address)}
    return {
        "address": str(address),
        "num_cpus": max(os.cpu_count() or 1, threads),
        "include_dashboard": False,
        "object_store_memory": _STORE,
        "_temp_dir": folder,
    }


def refuse_silence(address: RayAddress) -> None:
    """Find out at once that nobody listens at an address, which Ray tries for minutes.

    Raises:
        ClusterError: nobody does.
    """
    if address.port is None:
        return
    try:
        socket.create_connection((address.host, address.port), timeout=_ANSWER).close()
    except OSError as error:
        raise _unreachable(address, error) from error


def _unreachable(address: RayAddress, error: Exception) -> ClusterError:
    return ClusterError(
        f"No connection to the Ray at {address}: {_first_line(error)}. Check that `ray status` works on this machine, "
        "with the same token as on the others."
    )


@contextmanager
def _same_handlers() -> Iterator[None]:
    """Keep the handler of SIGTERM, which Ray replaces by one that exits."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.getsignal(signal.SIGTERM)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def check_loopback(hosts: Iterable[str]) -> None:
    """Refuse a Ray of our own that other machines can reach.

    Raises:
        ClusterError: a version of Ray listens elsewhere, although its settings say otherwise.
    """
    others = [host for host in hosts if not RayAddress(host).is_loopback]
    if others:
        raise ClusterError(f"Ray listens at {others[0]}, which other machines can reach. Install ray==2.60.0.")


def check_room(nodes: Sequence[Mapping[str, float]], threads: int, gpus: int) -> None:
    """Refuse a cluster without a machine for one unit, for which a task would wait for ever.

    Raises:
        ClusterError: no machine has so many cores and GPUs.
    """
    if not any(node.get("CPU", 0) >= threads and node.get("GPU", 0) >= gpus for node in nodes):
        raise ClusterError(
            f"No machine of the Ray cluster has {threads} CPU cores and {gpus} GPUs, which a work unit of this "
            "experiment uses. Start one with more (`ray start --num-cpus ... --num-gpus ...`), or prepare the "
            "experiment again on a machine like those of the cluster."
        )


def require_ray() -> None:
    """Refuse to go on without Ray, which is not imported.

    Raises:
        ClusterError: it is not installed.
    """
    if find_spec("ray") is None:
        raise ClusterError("Ray is not installed: pip install 'radtl_tf[ray]', on every machine of the cluster.")


def _imported(address: RayAddress) -> ModuleType:
    """Import Ray, which reads its settings at that moment."""
    require_ray()
    os.environ.update(ray_settings(address, os.environ))
    import ray

    return ray


def _first_line(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__).rstrip(".")
