"""Testing an account's connection: the cheapest call that proves credentials, API right and address, then a count."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from emagsync.core.clock import Clock, SystemClock
from emagsync.core.errors import ErrorKind
from emagsync.marketplace.client import EmagClient
from emagsync.marketplace.errors import (
    ApiRightMissing,
    BudgetStoreError,
    BudgetUnavailable,
    CallTimeout,
    ConnectFailed,
    CredentialsRefused,
    EmagError,
    IpNotAllowed,
    ProxyRefused,
    ReadFailed,
    Redirected,
)

CHECK_ATTEMPTS = 2


class Culprit(StrEnum):
    """The cause of a failed connection test."""

    CREDENTIALS = "credentials"
    IP = "ip"
    API_RIGHT = "api_right"
    NETWORK = "network"
    MARKETPLACE = "marketplace"
    MACHINE = "machine"
    SETTINGS = "settings"


@dataclass(frozen=True)
class ConnectionReport:
    """The result of a connection test.

    `latency_ms` is that of `vat/read`, with its wait for the request budget; `total_products` are the offers that eMAG
    counts, of every status. `proxy` is the one that the requests went through, without credentials, and the variable
    that named it; None: they went directly. `ip` is the address that eMAG saw, where it refused that.
    """

    account: str
    base_url: str
    ok: bool
    total_products: int | None
    latency_ms: int | None
    culprit: Culprit | None = None
    code: str | None = None
    message: str | None = None
    proxy: str | None = None
    ip: str | None = None


async def check_connection(client: EmagClient, *, clock: Clock | None = None) -> ConnectionReport:
    """Test the connection of an opened `client`. A failure is reported, not raised."""
    clock = clock or SystemClock()
    proxy = None if client.proxy is None else str(client.proxy)
    report = ConnectionReport(client.account, client.base_url, False, None, None, proxy=proxy)
    try:
        began = clock.monotonic()
        await client.read_vat(attempts=CHECK_ATTEMPTS)
        report = replace(report, latency_ms=round((clock.monotonic() - began) * 1000))
        count = await client.count_offers(attempts=CHECK_ATTEMPTS)
    except EmagError as refusal:
        error = refusal if report.latency_ms is None else _with_credentials_proven(refusal)
        ip = error.ip if isinstance(error, IpNotAllowed) else None
        return replace(report, culprit=culprit_of(error), code=error.code, message=error.message, ip=ip)
    except BudgetUnavailable as error:
        return replace(report, culprit=Culprit.MACHINE, code=error.code, message=str(error))
    return replace(report, ok=True, total_products=count.items)


def _with_credentials_proven(error: EmagError) -> EmagError:
    """The meaning of a refusal after `vat/read` succeeded.

    eMAG answers "not allowed" to a wrong password and to a missing right alike; here the password was right.
    """
    if not isinstance(error, CredentialsRefused):
        return error
    return ApiRightMissing(
        "eMAG lets this API user in, but not to its offers: give it the right to products and offers in eMAG's "
        "seller account"
    )


def culprit_of(error: EmagError) -> Culprit:
    """The cause of a failed call: credentials, address, API right, network, marketplace or this machine."""
    for kinds, culprit in (
        ((CredentialsRefused,), Culprit.CREDENTIALS),
        ((IpNotAllowed,), Culprit.IP),
        ((ApiRightMissing,), Culprit.API_RIGHT),
        ((ConnectFailed, CallTimeout, ReadFailed, ProxyRefused), Culprit.NETWORK),
        ((BudgetStoreError,), Culprit.MACHINE),
        ((Redirected,), Culprit.MARKETPLACE),
    ):
        if isinstance(error, kinds):
            return culprit
    return Culprit.CREDENTIALS if error.kind is ErrorKind.CONFIGURATION else Culprit.MARKETPLACE
