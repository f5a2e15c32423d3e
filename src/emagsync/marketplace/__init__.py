"""The eMAG Marketplace client, usable on its own: `from emagsync.marketplace import EmagClient`.

Names are imported on first use, so that a program that only needs the platforms does not load an HTTP client.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from emagsync.marketplace.budget.budget import Budget, BudgetStats, Grant, Priority
    from emagsync.marketplace.budget.slots import RouteGroup
    from emagsync.marketplace.budget.stores import BudgetStore, FileStore, MemoryStore, budget_key
    from emagsync.marketplace.client import EmagClient
    from emagsync.marketplace.errors import EmagError
    from emagsync.marketplace.filters import OfferFilters, OrderFilters
    from emagsync.marketplace.pages import OfferCount, OfferPage, OrderPage
    from emagsync.marketplace.paging import FailedPiece, StretchRead, read_stretch
    from emagsync.marketplace.platforms import PLATFORMS, Platform
    from emagsync.marketplace.request import CANCELLED, CallRecord
    from emagsync.marketplace.retry import RetryDecision, RetryPolicy
    from emagsync.marketplace.rows.parse import ParsedRow, ProductOffer, parse
    from emagsync.marketplace.save_answers import OfferVerdict, SaveResult, Verdict
    from emagsync.marketplace.transport import HttpOptions
    from emagsync.marketplace.writes import Level, OfferUpdate

_MODULES: Final = {
    "CANCELLED": "request",
    "Budget": "budget.budget",
    "BudgetStats": "budget.budget",
    "BudgetStore": "budget.stores",
    "CallRecord": "request",
    "EmagClient": "client",
    "EmagError": "errors",
    "FailedPiece": "paging",
    "FileStore": "budget.stores",
    "Grant": "budget.budget",
    "HttpOptions": "transport",
    "Level": "writes",
    "MemoryStore": "budget.stores",
    "OfferCount": "pages",
    "OfferFilters": "filters",
    "OfferPage": "pages",
    "OfferUpdate": "writes",
    "OfferVerdict": "save_answers",
    "OrderFilters": "filters",
    "OrderPage": "pages",
    "PLATFORMS": "platforms",
    "ParsedRow": "rows.parse",
    "Platform": "platforms",
    "Priority": "budget.budget",
    "ProductOffer": "rows.parse",
    "RetryDecision": "retry",
    "RetryPolicy": "retry",
    "RouteGroup": "budget.slots",
    "SaveResult": "save_answers",
    "StretchRead": "paging",
    "Verdict": "save_answers",
    "budget_key": "budget.stores",
    "parse": "rows.parse",
    "read_stretch": "paging",
}

__all__ = [
    "CANCELLED",
    "PLATFORMS",
    "Budget",
    "BudgetStats",
    "BudgetStore",
    "CallRecord",
    "EmagClient",
    "EmagError",
    "FailedPiece",
    "FileStore",
    "Grant",
    "HttpOptions",
    "Level",
    "MemoryStore",
    "OfferCount",
    "OfferFilters",
    "OfferPage",
    "OfferUpdate",
    "OfferVerdict",
    "OrderFilters",
    "OrderPage",
    "ParsedRow",
    "Platform",
    "Priority",
    "ProductOffer",
    "RetryDecision",
    "RetryPolicy",
    "RouteGroup",
    "SaveResult",
    "StretchRead",
    "Verdict",
    "budget_key",
    "parse",
    "read_stretch",
]


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_MODULES})
