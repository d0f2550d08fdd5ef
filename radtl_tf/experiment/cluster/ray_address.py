"""Where Ray is, and the settings that keep other people out of it.

Who can reach a port of Ray can run any program as its user, so a token is asked for, and a Ray that is started here
listens on this machine only.

Source: "Ray token authentication" in the documentation of Ray. That all ports are on 127.0.0.1 if the variable for
clusters on Windows and macOS is 0 was read in ``ray._private.services`` and checked with Ray 2.60.
"""

from __future__ import annotations

import ipaddress
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass

from radtl_tf.errors import ClusterError

LOCAL = "local"
_MODE, _TOKEN = "RAY_AUTH_MODE", "RAY_AUTH_TOKEN"
_QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",  # nothing is reported to the makers of Ray
    "RAY_ENABLE_UV_RUN_RUNTIME_ENV": "0",  # else ``uv run`` would copy the working folder to the cluster
}
_LOOPBACK = {"RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0"}


@dataclass(frozen=True)
class RayAddress:
    """A running Ray at ``host`` and ``port``; without a port, a Ray of our own on this machine, for one call."""

    host: str = "127.0.0.1"
    port: int | None = None

    def __str__(self) -> str:
        return LOCAL if self.port is None else f"{self.host}:{self.port}"

    @property
    def is_loopback(self) -> bool:
        """Return whether only this machine can reach the address."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False


def ray_address(text: str) -> RayAddress:
    """Return the address that a text names: ``local`` or ``HOST:PORT``.

    Raises:
        ClusterError: the text is neither.

    >>> str(ray_address("10.0.0.7:6379"))
    '10.0.0.7:6379'
    """
    if text == LOCAL:
        return RayAddress()
    found = re.fullmatch(r"([\w.-]+):(\d+)", text)
    if not found or not 0 < int(found[2]) < 2**16:
        raise ClusterError(
            f"{text!r} is not the address of a Ray. Expected 'local' or HOST:PORT, such as 10.0.0.7:6379, on a machine "
            "that belongs to the cluster."
        )
    return RayAddress(found[1], int(found[2]))


def ray_settings(address: RayAddress, known: Mapping[str, str]) -> dict[str, str]:
    """Return the environment variables to set before Ray is imported; ``known`` are those of this process.

    A Ray of our own gets a new token for each call, which is written to no file.

    Raises:
        ClusterError: authentication is off and other machines can reach the address.
    """
    if address.port is None:
        return {**_QUIET, **_LOOPBACK, _MODE: "token", _TOKEN: secrets.token_hex(32)}
    mode = known.get(_MODE, "token").lower()
    if mode != "token" and not address.is_loopback:
        raise ClusterError(
            f"{_MODE} is {mode!r}, so everybody who reaches {address} could run programs as you. Set {_MODE}=token "
            "here and on every machine of the cluster, with one token; see docs/how-to/cluster.md."
        )
    return {**_QUIET, _MODE: mode}
