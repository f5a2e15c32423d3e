"""structlog without Rich, which it imports to draw tracebacks; here `telemetry.logs` makes their text."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from emagsync.core.import_hooks import execute_by

if TYPE_CHECKING:
    from importlib.abc import Loader
    from types import ModuleType


def import_plain_structlog() -> None:
    """Let structlog be imported as where Rich is not installed, from now on in this process."""
    execute_by(_without_rich, "structlog.dev", "structlog.tracebacks")


def _without_rich(loader: Loader, module: ModuleType) -> None:
    names: tuple[str, ...] = ("rich", "rich.pretty")
    known = {name: sys.modules[name] for name in names if name in sys.modules}
    sys.modules["rich"] = None  # type: ignore[assignment]  # what `import` takes for "there is none"
    try:
        loader.exec_module(module)
    finally:
        del sys.modules["rich"]
        sys.modules.update(known)
