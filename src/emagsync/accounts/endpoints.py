"""Routes of accounts: their configuration, the connection test, and the use of their request budgets."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, Field

from emagsync.accounts import repository
from emagsync.accounts.connection_test import ConnectionReport, Culprit, check_connection
from emagsync.accounts.contacts import state_of as contact_state
from emagsync.accounts.dependencies import Accounts, Live, Registry
from emagsync.accounts.registry import AccountRegistry
from emagsync.accounts.repository import Contact, StoredAccount
from emagsync.accounts.schemas import AccountChange, ContactView, NewAccount
from emagsync.accounts.settings import base_url_of, platform_for
from emagsync.audit.service import audit
from emagsync.core.account_names import AccountName
from emagsync.core.older_names import with_older_names
from emagsync.core.settings import PushMode
from emagsync.core.vocabulary import ACCOUNT_NAMES, OfAccount
from emagsync.marketplace.platforms import PLATFORMS
from emagsync.rest.auth import Admin, Operator, Viewer
from emagsync.rest.principals import Role
from emagsync.rest.problems import ApiProblem, problem_responses
from emagsync.rest.state import State

router = APIRouter(prefix="/api/v1/emag", tags=["accounts"])

# What a person must change at eMAG or here is 424: our own caller did nothing wrong, and 401 and 403 are about callers.
_STATUSES = {
    Culprit.CREDENTIALS: HTTPStatus.FAILED_DEPENDENCY,
    Culprit.IP: HTTPStatus.FAILED_DEPENDENCY,
    Culprit.API_RIGHT: HTTPStatus.FAILED_DEPENDENCY,
    Culprit.NETWORK: HTTPStatus.BAD_GATEWAY,
    Culprit.MARKETPLACE: HTTPStatus.BAD_GATEWAY,
    Culprit.MACHINE: HTTPStatus.SERVICE_UNAVAILABLE,
    Culprit.SETTINGS: HTTPStatus.BAD_REQUEST,
}


class ConnectionData(OfAccount):
    """The result of the test. `total_products` are offers of every status; null when eMAG's count could not be read."""

    base_url: str
    total_products: int | None
    latency_ms: int | None
    proxy: str | None = Field(description="What the requests went through, and the variable that named it.")


class ConnectionView(BaseModel):
    """The connection works."""

    status: Literal["success"] = "success"
    message: str
    data: ConnectionData


class AccountView(OfAccount):
    """One account, without its password. `problem` says what keeps it from being used."""

    base_url: str | None
    platform: str | None
    currency: str | None
    problem: str | None
    push: PushMode = Field(description="Whether its edits reach eMAG; `approve`: once a person has released them.")
    source: Literal["environment", "database"] = Field(description="Where it comes from; `database`: people added it.")
    enabled: bool = Field(description="Whether it is synced; one that is switched off keeps its offers here.")
    username: str | None = Field(description="Of the API user; only for admins.")
    contact: ContactView


class AccountList(BaseModel):
    """The accounts: main, fbe, then by name. `other_addresses`: whether one may have another address than eMAG's."""

    accounts: list[AccountView]
    other_addresses: bool


class AddedAccount(OfAccount):
    """The name of an account that was added."""

    account: str


AccountPath = Annotated[AccountName, Path()]


class GroupView(BaseModel):
    """The use of one group of routes, all processes of this machine together, since the budget was made."""

    requests: int
    refusals: int = Field(description="HTTP 429 answers.")
    waits: int
    waited_seconds: float
    pauses: int
    paused_for_seconds: float
    in_window: int = Field(description="Requests in the current window.")
    window_seconds: float
    last_minute: int
    waiting: int = Field(description="Calls of this process that wait for a slot.")


class BudgetView(OfAccount):
    """One account's request budget, by group of routes: `general`, `orders`, `eans`."""

    requests: int
    rate_limit_hits: int
    groups: dict[str, GroupView]


class LimiterView(BaseModel):
    """The request budgets of all usable accounts. Accounts with the same API user share one."""

    status: Literal["success"] = "success"
    data: dict[str, BudgetView]


@router.get("/accounts")
async def list_accounts(state: State, caller: Viewer, registry: Registry) -> AccountList:
    """The accounts, of the environment and added here, without their passwords, and how eMAG last answered each."""
    async with state.database.snapshot() as connection:
        stored = {row.name: row for row in await repository.stored_accounts(connection)}
        contacts = await repository.contacts(connection)
    names_users = caller.role.allows(Role.ADMIN)
    views = [
        _account(registry, name, state.settings.edits.push, stored.get(name), contacts.get(name, Contact()))
        for name in registry.configured.all_names
    ]
    return AccountList(
        accounts=[view if names_users else view.model_copy(update={"username": None}) for view in views],
        other_addresses=state.settings.accounts.other_addresses,
    )


@router.post("/accounts", status_code=HTTPStatus.CREATED, responses=problem_responses(409, 422))
async def add_account(request: Request, caller: Admin, body: NewAccount, accounts: Accounts) -> AddedAccount:
    """Add an account. It is there at once, for every process. Its password is stored sealed, and shown nowhere."""
    await accounts.add(body)
    detail = {"platform": body.platform, "username": body.username, "base_url": body.base_url}
    await audit(request, caller, "account.add", body.account, detail)
    return AddedAccount(account=body.account)


@router.patch("/accounts/{account}", status_code=HTTPStatus.NO_CONTENT, responses=problem_responses(404, 409, 422))
async def change_account(
    request: Request, caller: Admin, account: AccountPath, body: AccountChange, accounts: Accounts
) -> None:
    """Change an account, or switch it on or off, at once, for every process. Switched off, its syncs are stopped."""
    changed = await accounts.change(account, body)
    open_values = body.model_dump(include=set(changed) - {"password"})
    await audit(
        request,
        caller,
        "account.change",
        account,
        open_values | ({"password": True} if "password" in changed else {}),
    )


@router.delete("/accounts/{account}", status_code=HTTPStatus.NO_CONTENT, responses=problem_responses(404, 409))
async def remove_account(
    request: Request,
    caller: Admin,
    account: AccountPath,
    accounts: Accounts,
    offers: Annotated[
        Literal["keep", "delete"], Query(description="`delete`: the copy of its offers, their history and edits too.")
    ] = "keep",
) -> None:
    """Remove an account, and stop its syncs. The copy of its offers stays readable, unless it is to be deleted."""
    await accounts.remove(account, with_offers=offers == "delete")
    await audit(request, caller, "account.remove", account, {"offers": offers})


@router.post("/products/test-connection", responses=problem_responses(400, 424, 502, 503))
async def check_account_connection(
    request: Request,
    state: State,
    caller: Operator,
    registry: Registry,
    live: Live,
    account: Annotated[AccountName, Query(validation_alias=ACCOUNT_NAMES)] = "main",
) -> ConnectionView:
    """Test the account's connection to eMAG. A refusal's `culprit` names the cause: the credentials, the address
    (`ip`), the API right, the network, or eMAG itself."""
    async with registry.client(account) as client:
        report = await check_connection(client, clock=state.clock)
    await live.try_to_write(everything=True)
    outcome = {"ok": report.ok, "code": report.code}
    await audit(request, caller, "account.test", account, outcome)
    if not report.ok:
        raise _refusal(report)
    offers = "an unknown number of" if report.total_products is None else report.total_products
    return ConnectionView(
        message=f"eMAG lets account {account!r} in: {offers} offers.",
        data=ConnectionData(
            account=report.account,
            base_url=report.base_url,
            total_products=report.total_products,
            latency_ms=report.latency_ms,
            proxy=report.proxy,
        ),
    )


@router.get("/rate-limiter/stats")
async def get_rate_limiter_stats(_: Viewer, registry: Registry) -> LimiterView:
    """How much of eMAG's request limits is in use, account by account."""
    usable = [name for name in registry.names if name not in registry.problems]
    return LimiterView(data={name: await _budget(registry, name) for name in usable})


async def _budget(registry: AccountRegistry, name: str) -> BudgetView:
    stats = await registry.budget(name).stats()
    groups = {
        group.value: GroupView(
            requests=use.requests,
            refusals=use.refusals,
            waits=use.waits,
            waited_seconds=round(use.waited_seconds, 3),
            pauses=use.pauses,
            paused_for_seconds=round(use.paused_for, 3),
            in_window=use.in_window,
            window_seconds=round(use.window_seconds, 3),
            last_minute=use.last_minute,
            waiting=stats.waiting[group],
        )
        for group, use in stats.groups.items()
    }
    return BudgetView(account=name, requests=stats.requests, rate_limit_hits=stats.refusals, groups=groups)


def _account(
    registry: AccountRegistry, name: str, usual_push: PushMode, stored: StoredAccount | None, contact: Contact
) -> AccountView:
    configured = registry.configured
    added = stored if name in configured.added else None
    used = configured.usable.get(name)
    platform = platform_for(used) if used else PLATFORMS[added.platform] if added else None
    return AccountView(
        account=name,
        base_url=base_url_of(used) if used else added.base_url or PLATFORMS[added.platform].base_url if added else None,
        platform=platform.code if platform else None,
        currency=platform.currency if platform else None,
        problem=configured.problems.get(name),
        push=(used.push or usual_push) if used else "off",
        source="environment" if added is None else "database",
        enabled=name not in configured.off,
        username=used.username if used else added.username if added else None,
        contact=ContactView(state=contact_state(contact), **contact._asdict()),
    )


def _refusal(report: ConnectionReport) -> ApiProblem:
    culprit = report.culprit or Culprit.MARKETPLACE
    extra: dict[str, Any] = {
        "culprit": culprit,
        **with_older_names({"account": report.account}),
        "base_url": report.base_url,
        "proxy": report.proxy,
        "ip": report.ip,
    }
    return ApiProblem(_STATUSES[culprit], report.code or "emag_error", report.message or "eMAG refused.", **extra)
