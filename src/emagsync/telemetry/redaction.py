"""Hides secrets in logs and messages: by the name of a field, by pattern, and by value."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterable, Mapping, MutableMapping
from typing import Any
from urllib.parse import quote

HIDDEN = "**********"

_SECRET_NAMES = re.compile(r"passw(or)?d|secret|token|authori[sz]ation|cookie|api_?key|credential", re.IGNORECASE)
_PATTERNS = (
    (re.compile(r"(://[^/\s:@]*:)[^/\s@]+(@)"), rf"\g<1>{HIDDEN}\g<2>"),
    (re.compile(r"\b(Basic|Bearer)(\s+)[A-Za-z0-9+/=._~-]{6,}", re.IGNORECASE), rf"\g<1>\g<2>{HIDDEN}"),
)
# A shorter one occurs in ordinary words, and hiding those would only point at it.
_SHORTEST_SECRET = 4
_DEEPEST = 6


class Redactor:
    """Hides secrets in log events, as a structlog processor, and in plain text (`text`)."""

    def __init__(self) -> None:
        self._values: tuple[str, ...] = ()

    def add_credentials(self, pairs: Iterable[tuple[str, str]]) -> None:
        """Hide these passwords wherever they occur, also in a URL and as Basic authorization. Pairs: user, password."""
        found = set(self._values)
        for user, password in pairs:
            if len(password.strip()) >= _SHORTEST_SECRET:
                found |= {password, password.strip(), quote(password, safe="", errors="surrogateescape")}
            # What is not UTF-8 is hidden, too: it is a password all the same, to whoever wrote it.
            found.add(b64encode(f"{user}:{password}".encode(errors="surrogateescape")).decode())
        self._values = tuple(sorted(found, key=len, reverse=True))

    def text(self, text: str) -> str:
        """`text` without secrets."""
        for value in self._values:
            text = text.replace(value, HIDDEN)
        for pattern, replacement in _PATTERNS:
            text = pattern.sub(replacement, text)
        return text

    def __call__(self, _logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        """Redact one log event."""
        return {name: self._field(name, value, 0) for name, value in event.items()}

    def _field(self, name: object, value: Any, depth: int) -> Any:
        if isinstance(name, str) and not name.startswith("_") and value is not None and _SECRET_NAMES.search(name):
            return HIDDEN
        return self._value(value, depth)

    def _value(self, value: Any, depth: int) -> Any:
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping) and depth < _DEEPEST:
            return {name: self._field(name, inner, depth + 1) for name, inner in value.items()}
        if isinstance(value, list | tuple) and depth < _DEEPEST:
            return [self._value(inner, depth + 1) for inner in value]
        if isinstance(value, BaseException):
            return self.text(f"{type(value).__name__}: {value}")
        return value


# What this process hides. Accounts come and go while it runs: whoever reads a password of one adds it here.
redactor = Redactor()
