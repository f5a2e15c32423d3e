"""Routes of accounts: their configuration, the connection test, and the use of their request budgets."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field

from emagsync.accounts.connection_test import ConnectionReport, Culprit, check_connection
from emagsync.accounts.dependencies import Registry
from emagsync.accounts.registry import AccountRegistry
from emagsync.accounts.settings import base_url_of, platform_for
from emagsync.audit.service import audit
from emagsync.core.account_names import AccountName
from emagsync.core.settings import PushMode
from emagsync.rest.auth import Operator, Viewer
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


class ConnectionData(BaseModel):
    """The result of the test. `total_products` are offers of every status; null when eMAG's count could not be read."""

    account_type: str
    base_url: str
    total_products: int | None
    latency_ms: int | None
    proxy: str | None = Field(description="What the requests went through, and the variable that named it.")


class ConnectionView(BaseModel):
    """The connection works."""

    status: Literal["success"] = "success"
    message: str
    data: ConnectionData


class AccountView(BaseModel):
    """One configured account. `problem` says what keeps it from being used, `push` whether its edits reach eMAG."""

    account_type: str
    base_url: str | None
    platform: str | None
    currency: str | None
    problem: str | None
    push: PushMode = Field(description="`approve`: edits are sent once a person has released them.")


class AccountList(BaseModel):
    """The accounts that the settings mention: main, fbe, then by name."""

    accounts: list[AccountView]


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


class BudgetView(BaseModel):
    """One account's request budget, by group of routes: `general`, `orders`, `eans`."""

    account_type: str
    requests: int
    rate_limit_hits: int
    groups: dict[str, GroupView]


class LimiterView(BaseModel):
    """The request budgets of all usable accounts. Accounts with the same API user share one."""

    status: Literal["success"] = "success"
    data: dict[str, BudgetView]


@router.get("/accounts")
async def accounts(state: State, _: Viewer, registry: Registry) -> AccountList:
    """The accounts as they are configured, without their credentials."""
    return AccountList(accounts=[_account(registry, name, state.settings.edits.push) for name in registry.names])


@router.post("/products/test-connection", responses=problem_responses(400, 424, 502, 503))
async def connection_test(
    request: Request,
    state: State,
    caller: Operator,
    registry: Registry,
    account_type: Annotated[AccountName, Query()] = "main",
) -> ConnectionView:
    """Test the account's connection to eMAG. A refusal's `culprit` names the cause: the credentials, the address
    (`ip`), the API right, the network, or eMAG itself."""
    async with registry.client(account_type) as client:
        report = await check_connection(client, clock=state.clock)
    outcome = {"ok": report.ok, "code": report.code}
    await audit(request, caller, "account.test", account_type, outcome)
    if not report.ok:
        raise _refusal(report)
    offers = "an unknown number of" if report.total_products is None else report.total_products
    return ConnectionView(
        message=f"eMAG lets account {account_type!r} in: {offers} offers.",
        data=ConnectionData(
            account_type=report.account,
            base_url=report.base_url,
            total_products=report.total_products,
            latency_ms=report.latency_ms,
            proxy=report.proxy,
        ),
    )


@router.get("/rate-limiter/stats")
async def rate_limiter_stats(_: Viewer, registry: Registry) -> LimiterView:
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
    return BudgetView(account_type=name, requests=stats.requests, rate_limit_hits=stats.refusals, groups=groups)


def _account(registry: AccountRegistry, name: str, usual_push: PushMode) -> AccountView:
    problem = registry.problems.get(name)
    if problem is not None:
        return AccountView(account_type=name, base_url=None, platform=None, currency=None, problem=problem, push="off")
    account = registry.get(name)
    platform = platform_for(account)
    return AccountView(
        account_type=name,
        base_url=base_url_of(account),
        platform=platform.code,
        currency=platform.currency,
        problem=None,
        push=account.push or usual_push,
    )


def _refusal(report: ConnectionReport) -> ApiProblem:
    culprit = report.culprit or Culprit.MARKETPLACE
    extra: dict[str, Any] = {
        "culprit": culprit,
        "account_type": report.account,
        "base_url": report.base_url,
        "proxy": report.proxy,
    }
    return ApiProblem(_STATUSES[culprit], report.code or "emag_error", report.message or "eMAG refused.", **extra)
