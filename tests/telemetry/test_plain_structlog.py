"""structlog without Rich, in processes of their own: this one has imported both."""

from __future__ import annotations

from support.interpreters import said_by

_HOOK = "from emagsync.telemetry.plain_structlog import import_plain_structlog\nimport_plain_structlog()\n"
_ASKED = "print(json.dumps([name for name in ('rich', 'pygments') if name in sys.modules]))"


def test_structlog_comes_without_rich() -> None:
    assert said_by(f"{_HOOK}import structlog, structlog.tracebacks\n{_ASKED}") == []
    assert said_by(f"import structlog\n{_ASKED}") != []


def test_rich_can_be_imported_before_and_afterwards() -> None:
    draw = "import io, rich.console\nrich.console.Console(file=(file := io.StringIO())).print('[b]42[/b]')\n"
    said = "print(json.dumps(file.getvalue()))"
    assert said_by(f"{_HOOK}import structlog\n{draw}{said}") == "42\n"
    assert said_by(f"{_HOOK}{draw}import structlog\n{draw}{said}") == "42\n"
