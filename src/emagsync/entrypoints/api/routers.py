"""Every router of the API. A feature's endpoints are served once its router is listed here."""

from __future__ import annotations

from fastapi import APIRouter

from emagsync.entrypoints.api import docs, health
from emagsync.identity import admin_endpoints, endpoints

ROUTERS: tuple[APIRouter, ...] = (
    health.router,
    endpoints.router,
    admin_endpoints.users_router,
    admin_endpoints.tokens_router,
    docs.router,
)
