"""Every router of the API. A feature's endpoints are served once its router is listed here."""

from __future__ import annotations

from fastapi import APIRouter

from emagsync.entrypoints.api import docs, health
from emagsync.identity import admin_endpoints, endpoints
from emagsync.rest import events
from emagsync.sync import endpoints as sync_endpoints

ROUTERS: tuple[APIRouter, ...] = (
    health.router,
    endpoints.router,
    admin_endpoints.users_router,
    admin_endpoints.tokens_router,
    sync_endpoints.router,
    events.router,
    docs.router,
)
