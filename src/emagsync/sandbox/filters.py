"""The body of a reading request: pagination and filters as top-level keys; a wrapping ``data`` is ignored [seen]."""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Any, Final, NamedTuple

from emagsync.sandbox.answers import Refusal
from emagsync.sandbox.catalogue import Catalogue
from emagsync.sandbox.row_seed import FilterValues

LARGEST_PAGE: Final = 100
_MOST_DIGITS: Final = 18
_EXACT: Final = ("status", "validation_status", "offer_validation_status", "translation_validation_status")
_CEILING: Final = ("general_stock", "estimated_stock")
_TEXT: Final = ("part_number", "part_number_key")
OFFER_FILTERS: Final = ("id", *_EXACT, *_CEILING, *_TEXT)

DAY_FORMAT: Final = "%Y-%m-%d"
TIME_FORMAT: Final = "%Y-%m-%d %H:%M:%S"
_WRITTEN: Final = {DAY_FORMAT: "YYYY-MM-DD", TIME_FORMAT: "YYYY-MM-DD HH:MM:SS"}

Filters = tuple[tuple[str, int | str], ...]


class Page(NamedTuple):
    """Which rows of a list are asked for: page *number* (from 1) of *size* rows."""

    number: int
    size: int

    @property
    def start(self) -> int:
        """How many rows come before the page."""
        return (self.number - 1) * self.size


def page_of(body: dict[str, Any], largest: int = LARGEST_PAGE) -> Page:
    """The pagination keys; more than *largest* rows are silently so many. Raises :class:`Refusal` for less than 1."""
    number = whole(body, "currentPage", 1)
    size = whole(body, "itemsPerPage", LARGEST_PAGE)
    if number < 1 or size < 1:
        raise Refusal("currentPage and itemsPerPage must be at least 1")
    return Page(number, min(size, largest))


def whole(body: dict[str, Any], key: str, default: int) -> int:
    """A whole number that may come as text. Raises :class:`Refusal` for anything else."""
    value = body.get(key)
    return default if value is None else _number(key, value)


def time_text(body: dict[str, Any], name: str, *formats: str) -> str | None:
    """The time that *body* has for *name*, exactly as one of *formats* writes it. Raises :class:`Refusal`."""
    value = body.get(name)
    if value is None:
        return None
    for expected in formats:
        with suppress(ValueError):
            moment = datetime.strptime(str(value), expected)  # noqa: DTZ007 - eMAG writes local times without a zone
            if moment.strftime(expected) == value:
                return str(value)
    raise Refusal(f"Invalid {name}: {' or '.join(_WRITTEN[expected] for expected in formats)} is expected")


def offer_filters(body: dict[str, Any]) -> Filters:
    """The filters of ``product_offer/read`` in the body, in a fixed order; other keys are ignored, as eMAG does."""
    found: list[tuple[str, int | str]] = []
    for key in OFFER_FILTERS:
        value = body.get(key)
        if value is not None:
            found.append((key, str(value) if key in _TEXT else _number(key, value)))
    return tuple(found)


def matching(catalogue: Catalogue, filters: Filters) -> list[int]:
    """The keys of the rows that pass every filter, in serving order."""
    wanted = dict(filters)
    if "id" in wanted:
        emag_id = wanted.pop("id")
        keys = [emag_id] if isinstance(emag_id, int) and emag_id in catalogue else []
    else:
        keys = list(catalogue.serving_order())
    if "status" in wanted:
        status = wanted.pop("status")
        keys = [key for key in keys if catalogue.status(key) == status]
    if not wanted:
        return keys
    tests = [_test(name, value) for name, value in wanted.items()]
    return [key for key in keys if _passes(catalogue.filter_values(key), tests)]


def _passes(filter_values: FilterValues, tests: list[Callable[[FilterValues], bool]]) -> bool:
    return all(test(filter_values) for test in tests)


def _test(name: str, wanted: Any) -> Callable[[FilterValues], bool]:
    def passes(filter_values: FilterValues) -> bool:
        value: Any = getattr(filter_values, name)
        return value is not None and 0 <= value <= wanted if name in _CEILING else bool(value == wanted)

    return passes


def _number(key: str, value: Any) -> int:
    text = str(value)
    if isinstance(value, bool | list | dict) or not text.removeprefix("-").isdecimal() or len(text) > _MOST_DIGITS:
        raise Refusal(f"Invalid value for {key}: a single whole number is expected")
    return int(text)
