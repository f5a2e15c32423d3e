"""`GET /metrics`, for Prometheus. `docs/operations.md` says what each metric is and where it comes from."""

from __future__ import annotations

import asyncio
import hmac
import platform
from collections.abc import Awaitable, Callable, Sequence
from http import HTTPStatus
from ipaddress import ip_address
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request
from prometheus_client import ProcessCollector
from starlette.responses import Response

from emagsync import __version__
from emagsync.accounts.metrics import BudgetFamilies
from emagsync.accounts.registry import AccountRegistry
from emagsync.call_log.recorder import CallRecorder
from emagsync.core.errors import EmagsyncError
from emagsync.core.settings import MetricsSettings
from emagsync.edits.metrics import edit_families
from emagsync.notifications.metrics import notification_families
from emagsync.offers.metrics import OfferFamilies
from emagsync.rest.auth import OptionalPrincipal
from emagsync.rest.dependencies import Provided
from emagsync.rest.middleware import host_name
from emagsync.rest.problems import ApiProblem
from emagsync.rest.state import AppState, State
from emagsync.sources.metrics import source_families
from emagsync.sync.freshness.metrics import FreshnessFamilies
from emagsync.sync.freshness.service import FreshnessService
from emagsync.sync.metrics.collector import RunFamilies, count_finished_runs
from emagsync.telemetry import exposition, http_meter
from emagsync.telemetry.exposition import Family
from emagsync.telemetry.metrics import Gauge
from emagsync.webhooks.metrics import delivery_families

router = APIRouter(include_in_schema=False)

_UP: Final = Gauge("emagsync_metrics_part_up", "0 where a part of this page could not be read.", ("part",))
_BUILD: Final = Gauge("emagsync_build_info", "1.", ("version", "python", "database"))
# Headers that proxies add: behind a proxy every caller seems to be on this machine.
_PROXIED: Final = (
    "forwarded",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-proto",
    "x-real-ip",
    "via",
    "cf-connecting-ip",
    "true-client-ip",
)
_CATCH_UP_SECONDS: Final = 0.05

Part = Callable[[], Awaitable[Sequence[Family]]]


class MetricsPage:
    """Collects the metrics of all features. A part that cannot be read is left out, and a metric says so."""

    def __init__(
        self, state: AppState, registry: AccountRegistry, recorder: CallRecorder, freshness: FreshnessService
    ) -> None:
        self._state = state
        self._registry = registry
        self._recorder = recorder
        self._runs = RunFamilies(
            state.database, state.clock, accounts=lambda: registry.names, schedule=state.settings.schedule
        )
        self._offers = OfferFamilies(state.database, state.clock)
        self._freshness = FreshnessFamilies(freshness, state.clock)
        self._budgets = BudgetFamilies(registry)
        self._process = ProcessCollector(registry=None)
        self._writing: asyncio.Task[None] | None = None

    async def families(self) -> list[Family]:
        """Every metric family, with its present values."""
        await self._catch_up()
        names = self._registry.names
        parts: dict[str, Part] = {
            "runs": self._runs.families,
            "offers": lambda: self._offers.families(names, self._runs.stamp),
            "freshness": self._freshness.families,
            "budgets": self._budgets.families,
            "edits": lambda: edit_families(self._state.database, names),
            "webhooks": lambda: delivery_families(self._state.database),
            "sources": lambda: source_families(self._state.database),
            "notifications": lambda: notification_families(self._state.database),
        }
        found: list[Family] = []
        up: dict[tuple[str, ...], float] = {}
        for name, part in parts.items():
            try:
                found += await part()
                up[(name,)] = 1
            except EmagsyncError:
                up[(name,)] = 0
        return [*found, exposition.gauge_family(_UP, up), *self._own()]

    async def aclose(self) -> None:
        """Wait for the tasks that it started."""
        await self._offers.aclose()
        await self._freshness.aclose()
        if self._writing is not None:
            await asyncio.gather(self._writing, return_exceptions=True)

    async def _catch_up(self) -> None:
        """Write what this process counted to the database first. When that is slow, the next scrape will have it."""
        if self._writing is None:
            self._writing = asyncio.get_running_loop().create_task(self._write())
        await asyncio.wait({self._writing}, timeout=_CATCH_UP_SECONDS)

    async def _write(self) -> None:
        try:
            await self._recorder.write(self._state.database)
            await count_finished_runs(self._state.database)
        except EmagsyncError:
            return  # the parts that read the database report it; what was not written is kept for the next time
        finally:
            self._writing = None

    def _own(self) -> list[Family]:
        meter = self._state.meter
        database = "sqlite" if self._state.database.is_sqlite else "postgresql"
        build = (__version__, platform.python_version(), database)
        return [
            exposition.counter_family(http_meter.REQUESTS, meter.values),
            exposition.histogram_family(http_meter.DURATION, meter.values),
            exposition.gauge_family(http_meter.IN_FLIGHT, {(): meter.in_flight}),
            exposition.gauge_family(_BUILD, {build: 1}),
            *self._process.collect(),
        ]


metrics_page = Provided(MetricsPage)


@router.head("/metrics")
@router.get("/metrics")
async def metrics(
    request: Request, state: State, caller: OptionalPrincipal, page: Annotated[MetricsPage, Depends(metrics_page)]
) -> Response:
    """Every metric, for callers of this machine, with a token, or for all if the settings say so."""
    if not (caller is not None or _is_open_to(request, state.settings.metrics)):
        raise ApiProblem(
            HTTPStatus.UNAUTHORIZED,
            "not_authenticated",
            "Metrics are for callers of this machine: send `Authorization: Bearer` with an API token or with "
            "EMAGSYNC_METRICS__TOKEN, or set EMAGSYNC_METRICS__PUBLIC=true.",
            headers={"WWW-Authenticate": 'Bearer realm="emagsync"'},
        )
    content, content_type = exposition.render(await page.families(), request.headers.get("accept", ""))
    return Response(content, headers={"Content-Type": content_type, "Cache-Control": "no-store"})


def _is_open_to(request: Request, settings: MetricsSettings) -> bool:
    if settings.public:
        return True
    kind, _, given = request.headers.get("authorization", "").partition(" ")
    token = settings.token.get_secret_value() if settings.token else ""
    if token and kind.lower() == "bearer" and hmac.compare_digest(given.strip().encode(), token.encode()):
        return True
    return not given and _is_local(request)


def _is_local(request: Request) -> bool:
    """Whether a program on this machine asks for this machine, through no proxy.

    A proxy need not add a header; but one that serves a name passes it on as the host, or else leaves none to tell.
    """
    if request.client is None or any(name in request.headers for name in _PROXIED):
        return False
    host = host_name(request.headers.get("host", ""))
    return _is_loopback(request.client.host) and (host == "localhost" or _is_loopback(host))


def _is_loopback(text: str) -> bool:
    try:
        address = ip_address(text)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback
