"""Answers in eMAG's envelope: ``{"isError", "messages", "errors", "results"}``."""

from collections.abc import Iterable
from typing import Any, Final, NamedTuple

from emagsync.sandbox.codec import encode

JSON: Final = "application/json"


class Answer(NamedTuple):
    """A whole answer before it is sent; *items* is the number of rows when it is a page of offers."""

    body: bytes
    status: int = 200
    content_type: str = JSON
    gzipped: bool = False
    items: int | None = None


class Refusal(Exception):
    """The marketplace answers ``isError: true`` with these messages; nothing was done."""

    def __init__(self, *messages: Any, status: int = 200, results: Any = ()) -> None:
        super().__init__(*messages)
        self.messages, self.status, self.results = list(messages), status, results


def success(results: Any, messages: Iterable[Any] = ()) -> Answer:
    """An answer that went well."""
    return Answer(encode({"isError": False, "messages": list(messages), "errors": [], "results": results}))


def failure(messages: Iterable[Any], status: int = 200, results: Any = ()) -> Answer:
    """An answer with ``isError: true``."""
    return Answer(encode({"isError": True, "messages": list(messages), "errors": [], "results": results}), status)


def plain(values: dict[str, Any], status: int) -> Answer:
    """An answer outside the envelope, as some routes and the web server in front of them give it."""
    return Answer(encode(values), status)


def by_key(results: dict[str, Any]) -> dict[str, Any] | list[Any]:
    """Results by a key as PHP writes them: an empty object comes out as an empty list."""
    return results or []


def page_body(rows: Iterable[bytes]) -> bytes:
    """The body of a page from rows that are encoded already."""
    return b'{"isError":false,"messages":[],"errors":[],"results":[' + b",".join(rows) + b"]}"
