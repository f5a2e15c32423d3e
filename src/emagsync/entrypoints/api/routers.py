"""Every router of the API. A feature's endpoints are served once its router is listed here."""

from __future__ import annotations

from fastapi import APIRouter

from emagsync.accounts import endpoints as account_endpoints
from emagsync.entrypoints.api import docs, health
from emagsync.identity import admin_endpoints, endpoints
from emagsync.offers import endpoints as product_endpoints
from emagsync.rest import events
from emagsync.sync import endpoints as sync_endpoints
from emagsync.sync import schedule_endpoints
from emagsync.webhooks import endpoints as webhook_endpoints
from emagsync.sync import statistics_endpoint

ROUTERS: tuple[APIRouter, ...] = (
    health.router,
    endpoints.router,
    admin_endpoints.users_router,
    admin_endpoints.tokens_router,
    sync_endpoints.router,
    statistics_endpoint.router,
    product_endpoints.router,
    events.router,
    schedule_endpoints.router,
    webhook_endpoints.router,
    account_endpoints.router,
    docs.router,
)
