"""Reads eMAG's objections to an offer: the messages inside its validation statuses, in one language.

Seen in production: `errors` is null, a list, or a deep object whose own `errors` list holds `{code, message, section}`
with one message per locale; a status is one object or a list of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from emagsync.marketplace.rows import coerce

STATUS_FIELDS = ("validation_status", "translation_validation_status", "offer_validation_status")
_ENGLISH = "en_GB"


class ValidationError(NamedTuple):
    """One objection: eMAG's code, the part of the documentation it is about, and its text; `""` where not given."""

    code: str
    section: str
    message: str


def validation_errors(payload: Mapping[str, Any], locale: str = "ro_RO") -> list[ValidationError]:
    """Every objection of a row, each once; messages in `locale`, else English, else any language that is there."""
    found: dict[ValidationError, None] = {}
    for field in STATUS_FIELDS:
        for status in coerce.members(payload.get(field)) or ():
            if isinstance(status, dict):
                found.update(dict.fromkeys(_objections(status.get("errors"), locale)))
    return list(found)


def _objections(errors: Any, locale: str) -> Iterator[ValidationError]:
    # A stack, not recursion: nesting comes from outside.
    waiting = [errors]
    while waiting:
        node = waiting.pop()
        if isinstance(node, list):
            waiting += reversed(node)
        elif isinstance(node, dict):
            if "errors" in node:
                waiting.append(node["errors"])
            elif "message" in node or "code" in node:
                yield ValidationError(
                    _text(node.get("code")), _text(node.get("section")), _message(node.get("message"), locale)
                )
            elif all(key.isdigit() for key in node):
                waiting += reversed(node.values())
        elif not coerce.is_nothing(node) and _text(node):
            yield ValidationError("", "", _text(node))


def _message(message: Any, locale: str) -> str:
    if isinstance(message, list):
        return " ".join(filter(None, (_message(part, locale) for part in message if not isinstance(part, list))))
    if not isinstance(message, dict):
        return _text(message)
    return next(filter(None, map(_text, (message.get(locale), message.get(_ENGLISH), *message.values()))), "")


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value.strip()
    return coerce.number_text(value) if isinstance(value, int | Decimal) and not isinstance(value, bool) else ""
