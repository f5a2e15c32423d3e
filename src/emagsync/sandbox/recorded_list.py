"""The list of offers as a recording shows it, by place: for pages of another size than those that were recorded."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

_MOST_PER_PAGE: Final = 100
_PAGING: Final = ("currentPage", "itemsPerPage")


class RecordedList:
    """Which rows stood where, and at which places nothing but failures were recorded."""

    def __init__(self) -> None:
        self._rows: dict[int, Any] = {}
        self._failed: dict[int, int] = {}  # by place: the exchange that failed there last
        self._end: int | None = None

    def read(self, request: Any, rows: Sequence[Any]) -> None:
        """A page was read."""
        places = places_of(request)
        self._rows.update(zip(places, rows, strict=False))
        if len(rows) < len(places):
            end = places.start + len(rows)
            self._end = end if self._end is None else max(self._end, end)

    def failed(self, request: Any, number: int) -> None:
        """A page was asked for in vain; *number* is the exchange."""
        self._failed.update(dict.fromkeys(places_of(request), number))

    def failure(self, request: Any) -> int | None:
        """The exchange that failed where this page would be, and where nothing was ever read; None if there is none."""
        dead = (place for place in places_of(request) if place in self._failed and place not in self._rows)
        return next((self._failed[place] for place in dead if self._end is None or place < self._end), None)

    def page(self, request: Any) -> list[Any] | None:
        """The rows of this page, if all of them are known."""
        places = places_of(request)
        known = [place for place in places if self._end is None or place < self._end]
        return [self._rows[place] for place in known] if all(place in self._rows for place in known) else None


def filters_of(request: Any) -> dict[str, Any]:
    """What a page was asked for, without its number and size: pages with equal filters are of one list."""
    return {name: value for name, value in (request or {}).items() if name not in _PAGING}


def places_of(request: Any) -> range:
    """The places of a page's rows in their list, from 0."""
    page, size = (_whole((request or {}).get(name), default) for name, default in zip(_PAGING, (1, 100), strict=True))
    size = min(size, _MOST_PER_PAGE)
    return range((page - 1) * size, page * size)


def _whole(value: Any, default: int) -> int:
    text = str(value)
    return int(text) if text.isdecimal() and int(text) > 0 else default
