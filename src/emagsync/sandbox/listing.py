"""Lists of rows in memory: filters by equal values, pages, counts, and what saves check of their values."""

from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from emagsync.sandbox.answers import Answer, Refusal, success
from emagsync.sandbox.filters import page_of
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
    """The rows with the values that *body* has for *names*, numbers or texts; a list of values means any of them."""
    wanted = {name: _texts(body[name]) for name in names if body.get(name) is not None}
    return [row for row in rows if all(str(row.get(name)) in values for name, values in wanted.items())]


def between(rows: Iterable[Row], low: Any, high: Any, date_of: Callable[[Row], str]) -> list[Row]:
    """The rows of the days *low* to *high* (``YYYY-MM-DD``, both included, ``None``: no bound)."""
    return [row for row in rows if str(low or "") <= date_of(row)[:10] <= str(high or "9999")]


def needed(entity: Row, names: Iterable[str], where: str) -> None:
    """Raise :class:`Refusal` where one of *names* is missing."""
    if missing := [name for name in names if entity.get(name) in (None, "", [])]:
        raise Refusal(f"{where}: missing {', '.join(missing)}")


def number(entity: Row, name: str, low: float, high: float, where: str) -> Decimal:
    """A number of *low* to *high* that may come as text. Raises :class:`Refusal`."""
    value = entity.get(name)
    try:
        found = Decimal(str(value)) if isinstance(value, str | int | Decimal) and not isinstance(value, bool) else None
    except InvalidOperation:
        found = None
    if found is None or not found.is_finite() or not low <= found <= high:
        raise Refusal(f"{where}: invalid {name}, {low:g} to {high:g} is expected")
    return found


def one_of(entity: Row, name: str, allowed: Iterable[int], where: str) -> int:
    """A whole number of *allowed* that may come as text. Raises :class:`Refusal`."""
    allowed = tuple(allowed)
    text = str(entity.get(name))
    if isinstance(entity.get(name), bool) or text not in map(str, allowed):
        raise Refusal(f"{where}: invalid {name}, one of {', '.join(map(str, allowed))} is expected")
    return int(text)


def _texts(value: Any) -> set[str]:
    return {str(one) for one in (value if isinstance(value, list) else [value])}
