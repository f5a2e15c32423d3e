"""The eMAG Marketplace client, usable on its own: `from emagsync.marketplace import EmagClient`."""

from emagsync.marketplace.budget_store import BudgetStore, FileStore, MemoryStore, budget_key
from emagsync.marketplace.calls import CallRecord
from emagsync.marketplace.client import EmagClient
from emagsync.marketplace.errors import EmagError
from emagsync.marketplace.filters import OfferFilters, OrderFilters
from emagsync.marketplace.limits import Budget, BudgetStats, Grant, Priority
from emagsync.marketplace.offers import ParsedRow, ProductOffer, parse
from emagsync.marketplace.pages import OfferCount, OfferPage, OrderPage
from emagsync.marketplace.paging import FailedPiece, StretchRead, read_stretch
from emagsync.marketplace.platforms import PLATFORMS, Platform
from emagsync.marketplace.retry import Decision, RetryPolicy
from emagsync.marketplace.transport import HttpOptions
from emagsync.marketplace.windows import RouteGroup
from emagsync.marketplace.writes import Level, OfferUpdate, SaveResult

__all__ = [
    "PLATFORMS",
    "Budget",
    "BudgetStats",
    "BudgetStore",
    "CallRecord",
    "Decision",
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
    "OrderFilters",
    "OrderPage",
    "ParsedRow",
    "Platform",
    "Priority",
    "ProductOffer",
    "RetryPolicy",
    "RouteGroup",
    "SaveResult",
    "StretchRead",
    "budget_key",
    "parse",
    "read_stretch",
]
