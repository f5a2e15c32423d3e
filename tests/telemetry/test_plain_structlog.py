"""structlog without Rich, in processes of their own: this one has imported both."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

_HOOK = "from emagsync.telemetry.plain_structlog import import_plain_structlog\nimport_plain_structlog()\n"
_ASKED = "print(json.dumps([name for name in ('rich', 'pygments') if name in sys.modules]))"


def _said_by(program: str) -> Any:
    done = subprocess.run([sys.executable, "-c", f"import json, sys\n{program}"], capture_output=True, check=True)
    return json.loads(done.stdout)


def test_structlog_comes_without_rich() -> None:
    assert _said_by(f"{_HOOK}import structlog, structlog.tracebacks\n{_ASKED}") == []
    assert _said_by(f"import structlog\n{_ASKED}") != []


def test_rich_can_be_imported_before_and_afterwards() -> None:
    draw = "import io, rich.console\nrich.console.Console(file=(file := io.StringIO())).print('[b]42[/b]')\n"
    said = "print(json.dumps(file.getvalue()))"
    assert _said_by(f"{_HOOK}import structlog\n{draw}{said}") == "42\n"
    assert _said_by(f"{_HOOK}{draw}import structlog\n{draw}{said}") == "42\n"
