"""The routes of notifications: `/api/v1/notifications`. Addresses and passwords come in, and never go out."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request

from emagsync.audit.service import audit
from emagsync.notifications.dependencies import Notifications
from emagsync.notifications.schemas import (
    MailServerAnswer,
    MailServerRequest,
    Notification,
    NotificationList,
    Recipient,
    RecipientChange,
    RecipientList,
    RecipientRequest,
)
from emagsync.rest.auth import Admin
from emagsync.rest.paging import MOST_ROWS
from emagsync.rest.problems import problem_responses

router = APIRouter(prefix="/api/v1/notifications", tags=["notifications"])

Id = Annotated[str, Path(min_length=1, max_length=36)]


@router.get("/recipients")
async def list_recipients(_: Admin, notifications: Notifications) -> RecipientList:
    """Everybody who is told, with their rules."""
    return RecipientList(recipients=await notifications.list_recipients())


@router.post("/recipients", status_code=HTTPStatus.CREATED, responses=problem_responses(409))
async def add_recipient(
    request: Request, caller: Admin, notifications: Notifications, asked: RecipientRequest
) -> Recipient:
    """Add a recipient. Rules tell of what happens from now on."""
    recipient = await notifications.add(asked)
    await audit(request, caller, "recipient.add", recipient.id, _detail(asked))
    return recipient


@router.get("/recipients/{recipient_id}", responses=problem_responses(404))
async def get_recipient(_: Admin, notifications: Notifications, recipient_id: Id) -> Recipient:
    """One recipient."""
    return await notifications.get(recipient_id)


@router.patch("/recipients/{recipient_id}", responses=problem_responses(404, 409))
async def change_recipient(
    request: Request, caller: Admin, notifications: Notifications, recipient_id: Id, change: RecipientChange
) -> Recipient:
    """Change it. A rule that stays as it is goes on where it stands."""
    recipient = await notifications.change(recipient_id, change)
    await audit(request, caller, "recipient.change", recipient_id, _detail(change))
    return recipient


@router.delete("/recipients/{recipient_id}", status_code=HTTPStatus.NO_CONTENT, responses=problem_responses(404))
async def remove_recipient(request: Request, caller: Admin, notifications: Notifications, recipient_id: Id) -> None:
    """Delete it, with its rules and messages."""
    await notifications.remove(recipient_id)
    await audit(request, caller, "recipient.remove", recipient_id)


@router.post("/recipients/{recipient_id}/test", responses=problem_responses(404))
async def send_test_message(
    request: Request, caller: Admin, notifications: Notifications, recipient_id: Id
) -> Notification:
    """Send it a test message now. The answer has the result."""
    message = await notifications.test(recipient_id)
    await audit(request, caller, "recipient.test", recipient_id, {"status": message.status})
    return message


@router.get("/recipients/{recipient_id}/deliveries", responses=problem_responses(404))
async def list_notifications(
    _: Admin, notifications: Notifications, recipient_id: Id, limit: Annotated[int, Query(ge=1, le=MOST_ROWS)] = 50
) -> NotificationList:
    """Its messages with their results, newest first."""
    return NotificationList(deliveries=await notifications.notifications(recipient_id, limit=limit))


@router.post("/deliveries/{delivery_id}/again", responses=problem_responses(404))
async def send_message_again(
    request: Request, caller: Admin, notifications: Notifications, delivery_id: Id
) -> Notification:
    """Send a message anew that was given up, or of which nobody knows whether it arrived: then it may arrive twice."""
    message = await notifications.send_again(delivery_id)
    await audit(request, caller, "notification.again", delivery_id, {"status": message.status})
    return message


@router.get("/mail-server")
async def get_mail_server(_: Admin, notifications: Notifications) -> MailServerAnswer:
    """By what mail is sent, without its password."""
    return MailServerAnswer(mail_server=await notifications.mail_server())


@router.put("/mail-server")
async def set_mail_server(
    request: Request, caller: Admin, notifications: Notifications, asked: MailServerRequest
) -> MailServerAnswer:
    """Set by what mail is sent. Without a `password` the one in use stays, for the same server and user."""
    server = await notifications.set_mail_server(asked)
    await audit(request, caller, "mail_server.change", server.host, _detail(asked))
    return MailServerAnswer(mail_server=server)


@router.delete("/mail-server", status_code=HTTPStatus.NO_CONTENT, responses=problem_responses(409))
async def remove_mail_server(request: Request, caller: Admin, notifications: Notifications) -> None:
    """Remove it; not while somebody gets mail by it."""
    await notifications.remove_mail_server()
    await audit(request, caller, "mail_server.remove", "mail")


def _detail(asked: RecipientRequest | RecipientChange | MailServerRequest) -> dict[str, Any]:
    """For the audit log: without the secrets, but whether one was given."""
    shown = asked.model_dump(mode="json", exclude_none=True, exclude={"address", "password"})
    if not isinstance(asked, MailServerRequest) and asked.rules is not None:
        shown["rules"] = [str(rule) for rule in asked.rules]
    given = [name for name in ("address", "password") if getattr(asked, name, None) is not None]
    return shown | ({"given": given} if given else {})
