"""The webhook routes: `/api/v1/webhooks`."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, Field

from emagsync.audit.service import audit
from emagsync.rest.auth import Admin
from emagsync.rest.paging import MOST_ROWS, decode_moment, encode_cursor
from emagsync.rest.problems import problem_responses
from emagsync.webhooks.dependencies import Webhooks
from emagsync.webhooks.schemas import (
    Delivery,
    DeliveryDetail,
    DeliveryList,
    DeliveryStatus,
    NewWebhook,
    Webhook,
    WebhookChange,
    WebhookList,
    WebhookRequest,
)

router = APIRouter(prefix="/api/v1/webhooks", tags=["webhooks"])

_CURSOR = "deliveries"

Id = Annotated[str, Path(min_length=1, max_length=36)]


@router.get("")
async def list_webhooks(_: Admin, webhooks: Webhooks) -> WebhookList:
    """All webhooks, without their secrets."""
    return WebhookList(webhooks=await webhooks.list_webhooks())


@router.post("", status_code=HTTPStatus.CREATED)
async def add_webhook(request: Request, caller: Admin, webhooks: Webhooks, asked: WebhookRequest) -> NewWebhook:
    """Add a webhook. Its secret is in this answer and in no other."""
    webhook = await webhooks.add(asked)
    await audit(request, caller, "webhook.add", webhook.id, asked.model_dump(mode="json"))
    return webhook


@router.get("/{webhook_id}", responses=problem_responses(404))
async def get_webhook(_: Admin, webhooks: Webhooks, webhook_id: Id) -> Webhook:
    """One webhook, without its secret."""
    return await webhooks.get(webhook_id)


@router.patch("/{webhook_id}", responses=problem_responses(404, 409))
async def change_webhook(
    request: Request, caller: Admin, webhooks: Webhooks, webhook_id: Id, change: WebhookChange
) -> Webhook:
    """Change its name, address or events, or enable or disable it."""
    webhook = await webhooks.change(webhook_id, change)
    await audit(request, caller, "webhook.change", webhook_id, change.model_dump(mode="json", exclude_none=True))
    return webhook


@router.delete("/{webhook_id}", status_code=HTTPStatus.NO_CONTENT, responses=problem_responses(404, 409))
async def remove_webhook(request: Request, caller: Admin, webhooks: Webhooks, webhook_id: Id) -> None:
    """Delete it, with its pending messages."""
    await webhooks.remove(webhook_id)
    await audit(request, caller, "webhook.remove", webhook_id)


@router.post("/{webhook_id}/secret", responses=problem_responses(404, 409))
async def renew_webhook_secret(request: Request, caller: Admin, webhooks: Webhooks, webhook_id: Id) -> NewWebhook:
    """Replace its secret, which is shown only now; the old one is no longer valid."""
    webhook = await webhooks.renew_secret(webhook_id)
    await audit(request, caller, "webhook.secret", webhook_id)
    return webhook


@router.post("/{webhook_id}/test", responses=problem_responses(404))
async def send_test_webhook(request: Request, caller: Admin, webhooks: Webhooks, webhook_id: Id) -> Delivery:
    """Send it a test message now. The answer has the result."""
    delivery = await webhooks.test(webhook_id)
    await audit(request, caller, "webhook.test", webhook_id, {"status": delivery.status})
    return delivery


class DeliveryFilter(BaseModel):
    """Which messages of a webhook, and which page of them."""

    status: list[DeliveryStatus] = Field(default=[], max_length=3, description="Repeat it for more than one.")
    event: str | None = Field(default=None, max_length=32)
    limit: int = Field(default=50, ge=1, le=MOST_ROWS)
    cursor: str | None = Field(default=None, max_length=1000, description="`next_cursor` of the page before.")


@router.get("/{webhook_id}/deliveries", responses=problem_responses(404))
async def list_webhook_deliveries(
    _: Admin, webhooks: Webhooks, webhook_id: Id, query: Annotated[DeliveryFilter, Query()]
) -> DeliveryList:
    """Its messages with their results, newest first."""
    after = None if query.cursor is None else decode_moment(_CURSOR, query.cursor)
    found = await webhooks.deliveries(
        webhook_id, limit=query.limit + 1, statuses=query.status, event=query.event, after=after
    )
    if len(found) <= query.limit:
        return DeliveryList(deliveries=found)
    last = found[query.limit - 1]
    cursor = encode_cursor(_CURSOR, [last.created_at, last.id])
    return DeliveryList(deliveries=found[: query.limit], next_cursor=cursor)


@router.get("/{webhook_id}/deliveries/{delivery_id}", responses=problem_responses(404))
async def get_webhook_delivery(_: Admin, webhooks: Webhooks, webhook_id: Id, delivery_id: Id) -> DeliveryDetail:
    """One message, with what it says."""
    return await webhooks.delivery(delivery_id, of=webhook_id)


@router.post("/{webhook_id}/deliveries/{delivery_id}/redeliver", responses=problem_responses(404, 409))
async def redeliver_webhook_message(
    request: Request, caller: Admin, webhooks: Webhooks, webhook_id: Id, delivery_id: Id
) -> Delivery:
    """Send a message again now, with the same id, whatever became of it. The answer has the result."""
    delivery = await webhooks.redeliver(delivery_id, of=webhook_id)
    detail = {"delivery": delivery_id, "status": delivery.status}
    await audit(request, caller, "webhook.redeliver", webhook_id, detail)
    return delivery
