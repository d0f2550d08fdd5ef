"""Time functions from outside, each without the timed functions that it calls."""

from __future__ import annotations

import importlib
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from typing import Any

IMPORTS = "imports"


class Watch:
    """Seconds of the main thread by label, each without the seconds of labels inside it, and the seconds of calls."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self.calls: dict[str, list[float]] = defaultdict(list)
        self._inner = [0.0]

    def wrap(self, label: str, owner: Any, name: str, traces: bool = False) -> None:
        """Time all calls of ``owner.name``; ``traces`` keeps the seconds of each call of it in ``calls``."""
        original = getattr(owner, name)

        def timed(*arguments: Any, **options: Any) -> Any:
            if threading.current_thread() is not threading.main_thread():
                return original(*arguments, **options)
            return self.measure(label, lambda: original(*arguments, **options), name * traces)

        setattr(owner, name, timed)

    def wrap_imports(self) -> None:
        """Time the imports of modules that are not loaded; an import inside an import counts once."""
        self.wrap(IMPORTS, importlib._bootstrap, "_find_and_load")  # type: ignore[attr-defined]

    def measure(self, label: str, work: Callable[[], Any], traced: str = "") -> Any:
        """Run ``work`` and add its seconds."""
        start = time.monotonic()
        self._inner.append(0.0)
        try:
            return work()
        finally:
            whole = time.monotonic() - start
            own = whole - self._inner.pop()
            self._inner[-1] += whole
            self.seconds[label] += own
            if traced:
                self.calls[f"{label} {traced}"].append(own)
