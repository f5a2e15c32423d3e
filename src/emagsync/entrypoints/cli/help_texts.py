"""Texts of the help as Typer takes them, and importing no more than they need."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType
from typing import Any, Final

# How the help is written, once `marked_up` has been over it.
MARKUP: Final = "rich"
_CODE: Final = re.compile(r"`([^`]+)`")
# What Rich would take for one of its tags.
_TAG: Final = re.compile(r"(\\*)(\[[a-z#/@][^\[]*?\])")
# What Typer imports for help too, and never shows there: Markdown and tracebacks, a quarter of what `--help` costs.
_UNUSED: Final = (("rich.markdown", "Markdown"), ("rich.traceback", "Traceback"))


def marked_up(text: str | None) -> str | None:
    """`text` as Rich's markup: a paragraph is one line, `code` in it is shown as such, brackets are brackets."""
    if text is None:
        return None
    one_line_each = "\n\n".join(" ".join(paragraph.split()) for paragraph in text.split("\n\n"))
    return _CODE.sub(r"[bold cyan]\1[/]", _TAG.sub(r"\1\1\\\2", one_line_each))


def format_help(said: Callable[..., None], *arguments: Any) -> None:
    """Call Typer's own `format_help`, which imports what shows it at its first call."""
    with _left_out():
        import_module("typer.rich_utils")
    said(*arguments)


@contextmanager
def _left_out() -> Generator[None, None, None]:
    """Classes that are imported in the block are the real ones when somebody makes one of them."""
    stand_ins = [(module, _stand_in(module, name)) for module, name in _UNUSED if module not in sys.modules]
    sys.modules.update(stand_ins)
    try:
        yield
    finally:
        for module, stand_in in stand_ins:
            if sys.modules.get(module) is stand_in:
                del sys.modules[module]


def _stand_in(module: str, name: str) -> ModuleType:
    def made(_: type, *arguments: Any, **options: Any) -> Any:
        return getattr(import_module(module), name)(*arguments, **options)

    stand_in = ModuleType(module)
    setattr(stand_in, name, type(name, (), {"__new__": made}))
    return stand_in
