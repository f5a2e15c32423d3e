"""Lists of rows in memory: filters by equal values, pages, counts, and what saves check of their values."""

from collections.abc import Iterable, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from emagsync.sandbox.answers import Answer, Refusal, success
from emagsync.sandbox.filters import page_of, time_text
from emagsync.sandbox.read_routes import count_results
from emagsync.sandbox.request import ApiRequest

Row = dict[str, Any]


def page_answer(request: ApiRequest, rows: Sequence[Row]) -> Answer:
    """The page of *rows* that was asked for."""
    page = page_of(request.body)
    return success(rows[page.start : page.start + page.size])


def count_answer(request: ApiRequest, rows: Sequence[Row]) -> Answer:
    """How many *rows* there are, in the shape that the settings ask for."""
    return success(count_results(len(rows), page_of(request.body).size, request.marketplace.settings))


def equal(rows: Iterable[Row], body: Row, *names: str) -> list[Row]:
    """The rows with the values that *body* has for *names*, numbers or texts. Raises :class:`Refusal` for a list."""
    wanted = {name: _one(body, name) for name in names if body.get(name) is not None}
    return [row for row in rows if all(str(row.get(name)) == value for name, value in wanted.items())]


def between(rows: Iterable[Row], body: Row, *formats: str) -> list[Row]:
    """The rows whose ``date`` is from ``date_start`` to ``date_end`` of *body*; days are meant whole, both ends too."""
    low, high = (time_text(body, name, *formats) for name in ("date_start", "date_end"))
    return [row for row in rows if (low or "") <= row["date"] and (high is None or row["date"][: len(high)] <= high)]


def needed(entity: Row, names: Iterable[str], where: str) -> None:
    """Raise :class:`Refusal` where one of *names* is missing."""
    if missing := [name for name in names if entity.get(name) in (None, "", [])]:
        raise Refusal(f"{where}: missing {', '.join(missing)}")


def number(entity: Row, name: str, low: float, high: float, where: str) -> Decimal:
    """A number of *low* to *high* that may come as text. Raises :class:`Refusal`."""
    value = entity.get(name)
    try:
        is_number = isinstance(value, str | int | Decimal) and not isinstance(value, bool) and "_" not in str(value)
        found = Decimal(str(value)) if is_number else None
    except InvalidOperation:
        found = None
    if found is None or not found.is_finite() or not low <= found <= high:
        raise Refusal(f"{where}: invalid {name}, {low:g} to {high:g} is expected")
    return found


def whole_number(entity: Row, name: str, low: int, high: int, where: str) -> int:
    """A whole number of *low* to *high* that may come as text. Raises :class:`Refusal`."""
    found = number(entity, name, low, high, where)
    if found != int(found):
        raise Refusal(f"{where}: invalid {name}, a whole number is expected")
    return int(found)


def one_of(entity: Row, name: str, allowed: Iterable[int], where: str) -> int:
    """A whole number of *allowed* that may come as text. Raises :class:`Refusal`."""
    allowed = tuple(allowed)
    text = str(entity.get(name))
    if isinstance(entity.get(name), bool) or text not in map(str, allowed):
        raise Refusal(f"{where}: invalid {name}, one of {', '.join(map(str, allowed))} is expected")
    return int(text)


def _one(body: Row, name: str) -> str:
    if isinstance(body[name], bool | list | dict):
        raise Refusal(f"Invalid value for {name}: a single value is expected")
    return str(body[name])
