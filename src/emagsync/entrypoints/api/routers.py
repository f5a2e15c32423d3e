"""Every router of the API. A feature's endpoints are served once its router is listed here."""

from __future__ import annotations

from fastapi import APIRouter

from emagsync.accounts import endpoints as account_endpoints
from emagsync.audit import endpoints as audit_log
from emagsync.call_log import endpoints as call_endpoints
from emagsync.edits import endpoints as edit_endpoints
from emagsync.edits.push import endpoints as push_endpoints
from emagsync.entrypoints.api import about, docs, health, metrics, static
from emagsync.identity import admin_endpoints, endpoints
from emagsync.offers import endpoints as product_endpoints
from emagsync.rest import events
from emagsync.sync import endpoints as sync_endpoints
from emagsync.sync import statistics_endpoint
from emagsync.sync.schedule import endpoints as schedule_endpoints
from emagsync.webhooks import endpoints as webhook_endpoints

ROUTERS: tuple[APIRouter, ...] = (
    health.router,
    endpoints.router,
    admin_endpoints.users_router,
    admin_endpoints.tokens_router,
    audit_log.router,
    sync_endpoints.router,
    statistics_endpoint.router,
    product_endpoints.router,
    edit_endpoints.router,
    push_endpoints.router,
    events.router,
    schedule_endpoints.router,
    webhook_endpoints.router,
    account_endpoints.router,
    call_endpoints.router,
    metrics.router,
    about.router,
    docs.router,
    static.router,  # last: it answers every address that is left
)
