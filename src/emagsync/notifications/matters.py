"""What a message tells, before it is put into words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from emagsync.home.schemas import HomeData
from emagsync.notifications.repository import Notice
from emagsync.notifications.scan_repository import Found
from emagsync.notifications.schemas import Rule


class Matter(NamedTuple):
    """What one rule has to tell: notices, or offers found in the change log, or what Home shows of a day."""

    rule: Rule
    notices: Sequence[Notice] = ()
    found: Found | None = None
    summary: HomeData | None = None

    @property
    def number(self) -> int:
        """How many things there are to tell."""
        return (self.found.offers if self.found else 0) + sum(notice.number for notice in self.notices)

    @property
    def is_worth_telling(self) -> bool:
        """A summary always is."""
        return self.summary is not None or self.number > 0

    @property
    def details(self) -> list[dict[str, Any]]:
        """Of the notices, each with its account."""
        return [{"account": notice.account, **notice.detail} for notice in self.notices]
