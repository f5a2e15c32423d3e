"""Building the FastAPI application: routes, middleware, problem answers."""

from __future__ import annotations

import re

from fastapi import Depends, FastAPI, Request
from fastapi.routing import APIRoute
from starlette.middleware.cors import CORSMiddleware
from starlette_compress import CompressMiddleware, remove_compress_type

from emagsync import __version__
from emagsync.core.settings import Settings
from emagsync.entrypoints.api.description import DESCRIPTION, TAGS, read_examples
from emagsync.entrypoints.api.document_process import DocumentProcess, openapi_text
from emagsync.entrypoints.api.keyless import KEYLESS
from emagsync.entrypoints.api.known_accounts import refuse_unknown_accounts
from emagsync.entrypoints.api.routers import PARSED_BY_ROUTES, ROUTERS
from emagsync.entrypoints.api.services import ApiServices, provide_services
from emagsync.rest.bodies import refuse_ambiguous_json
from emagsync.rest.conditional import ConditionalReadMiddleware
from emagsync.rest.idempotency import IdempotencyMiddleware, honours_keys
from emagsync.rest.idempotency_keys import KEY_HEADER, REPLAYED_HEADER
from emagsync.rest.middleware import (
    LOOPBACK_NAMES,
    BodyLimitMiddleware,
    FramingCheckMiddleware,
    HostCheckMiddleware,
    PlainBodyMiddleware,
    SecurityHeadersMiddleware,
)
from emagsync.rest.openapi import install_openapi, operation_id
from emagsync.rest.problem_handlers import UnexpectedErrorMiddleware, install_problem_handlers
from emagsync.rest.request_log import REQUEST_ID_HEADER, RequestLogMiddleware
from emagsync.rest.state import AppState
from emagsync.rest.texts import refuse_unusable_texts
from emagsync.rest.truth_values import refuse_truth_for_numbers
from emagsync.rest.unknown_names import refuse_unknown_parameters

_WILDCARDS = ("0.0.0.0", "::", "")  # noqa: S104 - compared with, not bound to
# A third of what level 9 takes, for answers a tenth longer.
_GZIP_LEVEL = 3
_CORS_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
_CORS_HEADERS = (
    *("Authorization", "Content-Type", "Last-Event-ID", "If-Match", "If-None-Match", KEY_HEADER),
    *("Mcp-Protocol-Version", "Mcp-Method", "Mcp-Name"),  # of an assistant's program in a browser
)


# Each event is sent at once, and is too short to gain anything.
remove_compress_type("text/event-stream")


def create_app(services: ApiServices) -> FastAPI:
    """The application, as ASGI, whose endpoints use `services`."""
    app = create_bare_app(services.state)
    provide_services(app, services)
    openapi_text.provide(app, DocumentProcess())
    return app


def create_bare_app(state: AppState) -> FastAPI:
    """The application before its endpoints have services: enough to describe it, not to serve it."""
    settings = state.settings
    app = FastAPI(
        title="emagsync",
        version=__version__,
        summary="A complete, exact and fresh local copy of a seller's eMAG Marketplace offers.",
        description=DESCRIPTION,
        openapi_tags=TAGS,
        servers=[{"url": "/", "description": "The server that gave this document"}],
        generate_unique_id_function=operation_id,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        dependencies=[Depends(_refuse_what_no_route_takes)],
    )
    app.state.emagsync = state
    routes = [route for router in ROUTERS for route in router.routes]
    install_problem_handlers(app, routes)
    keyed = frozenset(route.name for route in routes if isinstance(route, APIRoute) and honours_keys(route, KEYLESS))
    install_openapi(app, bodies=PARSED_BY_ROUTES, examples=read_examples(), keyed=keyed, routes=routes)
    for router in ROUTERS:
        app.include_router(router)
    app.add_middleware(IdempotencyMiddleware, routes=routes, keyless=KEYLESS)
    if settings.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=settings.cors_origins,
            allow_methods=_CORS_METHODS,
            allow_headers=_CORS_HEADERS,
            expose_headers=("ETag", "Retry-After", "Content-Disposition", REQUEST_ID_HEADER, REPLAYED_HEADER),
        )
    app.add_middleware(
        BodyLimitMiddleware,
        max_bytes=settings.server.max_body_bytes,
        max_upload_bytes=settings.server.max_upload_bytes,
        uploads=UPLOADS,
    )
    app.add_middleware(PlainBodyMiddleware)
    app.add_middleware(HostCheckMiddleware, allowed=allowed_hosts(settings))
    app.add_middleware(FramingCheckMiddleware)
    app.add_middleware(UnexpectedErrorMiddleware)
    app.add_middleware(ConditionalReadMiddleware)
    app.add_middleware(CompressMiddleware, brotli=False, gzip_level=_GZIP_LEVEL)
    app.add_middleware(SecurityHeadersMiddleware)
    app.add_middleware(RequestLogMiddleware, meter=state.meter, clock=state.clock)
    return app


async def _refuse_what_no_route_takes(request: Request) -> None:
    """What is looked at in every request, whatever route it is for. One dependency: FastAPI's work for each takes
    longer than most of them."""
    await refuse_unusable_texts(request)
    await refuse_ambiguous_json(request)
    await refuse_unknown_parameters(request)
    await refuse_truth_for_numbers(request)
    await refuse_unknown_accounts(request)


# Where files are sent: an export of a few thousand offers has more than other bodies may.
UPLOADS = re.compile(r"/api/v1/emag/products/products/bulk-edit.*|/api/v1/sources/[^/]+/file")


def allowed_hosts(settings: Settings) -> tuple[str, ...]:
    """The host names that this server answers to: EMAGSYNC_ALLOWED_HOSTS, else this machine's and the one it binds."""
    if settings.allowed_hosts:
        return settings.allowed_hosts
    bound = () if settings.host in _WILDCARDS else (settings.host,)
    return (*LOOPBACK_NAMES, *bound)
