"""What the tools work with, and who calls them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

from starlette.requests import Request

from emagsync.audit.service import audit, audit_command, machine_user
from emagsync.core.clock import Clock
from emagsync.core.settings import Settings
from emagsync.db.engine import Database
from emagsync.edits.push.service import PushService
from emagsync.edits.service import EditService
from emagsync.edits.states import EditSource
from emagsync.edits.storing import Author
from emagsync.home.service import HomeService
from emagsync.offers.product_queries import EditsReader, ObjectionReader
from emagsync.offers.reference_data import ReferenceReader
from emagsync.offers.total_cache import TotalCache
from emagsync.rest.principals import Principal
from emagsync.rest.root_path import root_path_of
from emagsync.sync.certificate.service import Certificates
from emagsync.sync.control import RunControl
from emagsync.sync.freshness.service import FreshnessService

if TYPE_CHECKING:
    from mcp.server.mcpserver import Context

Answer = dict[str, Any]
# Where the endpoint leaves the principal that it has authenticated.
CALLER_KEY: Final = "emagsync.caller"


class AccountNames(Protocol):
    """Whatever knows the configured accounts' names."""

    @property
    def names(self) -> tuple[str, ...]:
        """Every account that is not switched off."""
        ...

    @property
    def all_names(self) -> tuple[str, ...]:
        """Also those that are switched off."""
        ...


@dataclass(frozen=True)
class ToolServices:
    """The services that the tools call. None of them gives away eMAG's credentials.

    `page` is the address of the page for links where no request says it, without a slash at its end.
    """

    settings: Settings
    database: Database
    clock: Clock
    accounts: AccountNames
    totals: TotalCache
    references: ReferenceReader
    objections: ObjectionReader
    edits_of_offers: EditsReader
    home: HomeService
    certificates: Certificates
    freshness: FreshnessService
    runs: RunControl
    edits: EditService
    push: PushService
    page: str


@dataclass(frozen=True)
class Caller:
    """Who calls a tool: the author of edits, how its doings get into the audit log, and where it finds the page."""

    author: Author
    trigger: str
    page: str
    audit: Callable[[str, str, Mapping[str, Any]], Awaitable[None]]


def caller_of(context: Context, services: ToolServices) -> Caller:
    """The caller of a tool: the principal of the HTTP request, else this machine's user. Its edits need an approval."""
    request = context.request_context.request
    if isinstance(request, Request):
        return _by_http(request)

    async def note(action: str, target: str, detail: Mapping[str, Any]) -> None:
        await audit_command(services.database, services.clock, action, target, detail)

    return Caller(Author(machine_user(), EditSource.CLI, needs_approval=True), "cli", services.page, note)


def _by_http(request: Request) -> Caller:
    principal = request.scope[CALLER_KEY]
    assert isinstance(principal, Principal)  # noqa: S101 - set by the endpoint before the server gets the request

    async def note(action: str, target: str, detail: Mapping[str, Any]) -> None:
        await audit(request, principal, action, target, detail)

    author = Author(principal.username, EditSource.API, needs_approval=True)
    page = f"{request.url.scheme}://{request.url.netloc}{root_path_of(request.scope)}"
    return Caller(author, "api", page, note)
