from __future__ import annotations

import json
import subprocess
import sys

import pytest

LIMITED = """
import json, resource
from radtl_tf.records.safety.resource_limits import limit_process

limit_process(64 * 2**20, CPU=1000, FSIZE=4096)
found = {name: resource.getrlimit(getattr(resource, f"RLIMIT_{name}"))[0] for name in ("CORE", "CPU", "FSIZE")}
bytearray(16 * 2**20)
try:
    bytearray(128 * 2**20)
except MemoryError:
    found["memory"] = "refused"
print(json.dumps(found))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not tell or limit the memory of a process")
def test_a_process_limits_itself() -> None:
    ended = subprocess.run([sys.executable, "-c", LIMITED], capture_output=True, text=True, check=True)
    assert json.loads(ended.stdout) == {"CORE": 0, "CPU": 1000, "FSIZE": 4096, "memory": "refused"}
