"""Building the application: `open_state` opens what it runs on, `create_app` puts the routes before it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware

from emagsync import __version__
from emagsync.accounts.registry import AccountRegistry
from emagsync.accounts.settings import ConfiguredAccounts
from emagsync.call_log.recorder import CallRecorder
from emagsync.core.clock import Clock, SystemClock
from emagsync.core.settings import Settings
from emagsync.db.engine import Database
from emagsync.db.migrate import upgrade
from emagsync.entrypoints.api.routers import ROUTERS
from emagsync.entrypoints.api.services import PARTS
from emagsync.identity.secrets import PasswordHasher
from emagsync.identity.tokens import Credentials
from emagsync.offers.search import catch_up
from emagsync.rest.middleware import BodyLimit, HostCheck, SecurityHeaders
from emagsync.rest.problem_handlers import install_problem_handlers
from emagsync.rest.request_log import REQUEST_ID_HEADER, RequestLog
from emagsync.rest.state import AppState
from emagsync.telemetry.http_meter import HttpMeter
from emagsync.telemetry.tracing import tracing

_LOCAL_NAMES = ("localhost", "127.0.0.1", "::1")
_WILDCARDS = ("0.0.0.0", "::", "")  # noqa: S104 - compared with, not bound to
_CORS_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
_CORS_HEADERS = ("Authorization", "Content-Type", "Last-Event-ID")


@asynccontextmanager
async def open_state(
    settings: Settings,
    accounts: ConfiguredAccounts,
    *,
    clock: Clock | None = None,
    hasher: PasswordHasher | None = None,
) -> AsyncIterator[AppState]:
    """Open the database, upgraded, and start every part; all stop when the block ends.

    Raises an EmagsyncError whose one line says what keeps the application from starting.
    """
    clock = clock or SystemClock()
    async with AsyncExitStack() as stack:
        stack.enter_context(tracing(settings.tracing))
        database = await stack.enter_async_context(Database(settings.effective_database_url))
        await upgrade(database)
        await catch_up(database)
        state = AppState(settings=settings, database=database, clock=clock, authenticator=Credentials(database, clock))
        state.provide(hasher or PasswordHasher())
        recorder = CallRecorder(settings.calls, clock)
        await stack.enter_async_context(recorder.writing_to(database))
        state.provide(recorder)
        registry = AccountRegistry(accounts, settings, clock=clock, on_call=recorder.observe)
        stack.push_async_callback(registry.aclose)
        state.provide(registry)
        for part in PARTS:
            await stack.enter_async_context(part(state))
        yield state


def create_app(state: AppState) -> FastAPI:
    """The application that serves `state`, as ASGI."""
    settings = state.settings
    app = FastAPI(
        title="emagsync",
        version=__version__,
        summary="A complete, exact and fresh local copy of a seller's eMAG Marketplace offers.",
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.emagsync = state
    install_problem_handlers(app)
    for router in ROUTERS:
        app.include_router(router)
    if settings.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=settings.cors_origins,
            allow_methods=_CORS_METHODS,
            allow_headers=_CORS_HEADERS,
            expose_headers=("Retry-After", "Content-Disposition", REQUEST_ID_HEADER),
        )
    app.add_middleware(BodyLimit, most_bytes=settings.server.max_body_bytes)
    app.add_middleware(HostCheck, allowed=allowed_hosts(settings))
    app.add_middleware(SecurityHeaders)
    meter = HttpMeter()
    state.provide(meter)
    app.add_middleware(RequestLog, meter=meter, clock=state.clock)
    return app


def allowed_hosts(settings: Settings) -> tuple[str, ...]:
    """The names that this server answers to: EMAGSYNC_ALLOWED_HOSTS, else this machine's and the one it binds."""
    if settings.allowed_hosts:
        return settings.allowed_hosts
    bound = () if settings.host in _WILDCARDS else (settings.host,)
    return (*_LOCAL_NAMES, *bound)
