"""Every router of the API. An endpoint is served once its router is listed here."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import BaseModel

from emagsync.accounts import endpoints as account_endpoints
from emagsync.assistants import endpoints as assistant_endpoints
from emagsync.audit import endpoints as audit_log
from emagsync.call_log import endpoints as call_endpoints
from emagsync.edits import endpoints as edit_endpoints
from emagsync.edits.bulk.request_body import BulkFile, FailedRowsFile
from emagsync.edits.bulk_changes import endpoints as bulk_change_endpoints
from emagsync.edits.push import endpoints as push_endpoints
from emagsync.edits.request_schemas import BulkEdit
from emagsync.entrypoints.api import about, docs, health, metrics, static
from emagsync.home import endpoints as home_endpoints
from emagsync.identity import admin_endpoints, endpoints, first_run_endpoints, own_endpoints
from emagsync.notifications import endpoints as notification_endpoints
from emagsync.offers import endpoints as product_endpoints
from emagsync.offers import export_endpoints, offer_endpoints
from emagsync.reference import endpoints as reference_endpoints
from emagsync.rest import events
from emagsync.sources import endpoints as source_endpoints
from emagsync.sync import endpoints as sync_endpoints
from emagsync.sync import statistics_endpoint
from emagsync.sync.certificate import endpoints as certificate_endpoints
from emagsync.sync.changes import endpoints as change_endpoints
from emagsync.sync.freshness import endpoints as freshness_endpoints
from emagsync.sync.schedule import endpoints as schedule_endpoints
from emagsync.views import endpoints as view_endpoints
from emagsync.webhooks import endpoints as webhook_endpoints

ROUTERS: tuple[APIRouter, ...] = (
    # They are tried one after the other: those that are called most are first.
    statistics_endpoint.router,
    export_endpoints.router,  # before it, `export` would be a product's id
    product_endpoints.router,
    home_endpoints.router,
    health.router,
    endpoints.router,
    first_run_endpoints.router,
    own_endpoints.router,
    admin_endpoints.users_router,
    admin_endpoints.tokens_router,
    audit_log.router,
    sync_endpoints.router,
    change_endpoints.router,
    certificate_endpoints.router,
    view_endpoints.router,
    offer_endpoints.router,
    edit_endpoints.router,
    bulk_change_endpoints.router,
    push_endpoints.router,
    source_endpoints.router,
    events.router,
    schedule_endpoints.router,
    freshness_endpoints.router,
    webhook_endpoints.router,
    notification_endpoints.router,
    account_endpoints.router,
    reference_endpoints.router,
    call_endpoints.router,
    metrics.router,
    about.router,
    assistant_endpoints.router,
    docs.router,
    static.router,  # last: it answers every other path
)

# Bodies of routes that parse them themselves; the OpenAPI document has to be told of them.
PARSED_BY_ROUTES: tuple[type[BaseModel], ...] = (BulkEdit, BulkFile, FailedRowsFile)
