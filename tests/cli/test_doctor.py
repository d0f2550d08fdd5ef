"""The command ``doctor``."""

from __future__ import annotations

import json
from typing import Any


def test_doctor_speaks_to_people_and_to_machines(radtl: Any) -> None:
    assert "precision auto" in radtl("doctor").stdout
    assert json.loads(radtl("doctor", "--json").stdout)["Machine"]["precision auto"] == "float32"
