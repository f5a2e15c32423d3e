"""Errors of webhooks.

WebhookError
├── WebhookNotFound      there is no such webhook
├── DeliveryNotFound     it has no such message
├── DeliveryUnderWay     the message is being sent, or waits for its next attempt
└── WebhookFromSettings  it is changed where it comes from

An address that is not allowed raises AddressRefused of `emagsync.core.public_addresses`.
"""

from __future__ import annotations

from http import HTTPStatus

from emagsync.core.errors import EmagsyncError


class WebhookError(EmagsyncError):
    """Base of the errors of webhooks."""

    code = "webhook"


class WebhookNotFound(WebhookError):
    """There is no such webhook."""

    code = "webhook_not_found"
    http_status = HTTPStatus.NOT_FOUND

    def __init__(self, webhook_id: str) -> None:
        super().__init__(f"There is no webhook {webhook_id!r}.")


class DeliveryNotFound(WebhookError):
    """The webhook has no such message."""

    code = "delivery_not_found"
    http_status = HTTPStatus.NOT_FOUND

    def __init__(self, delivery_id: str) -> None:
        super().__init__(f"There is no message {delivery_id!r}. Old ones are removed (EMAGSYNC_SCHEDULE__KEEP_DAYS).")


class DeliveryUnderWay(WebhookError):
    """The message has not ended."""

    code = "delivery_under_way"
    http_status = HTTPStatus.CONFLICT

    def __init__(self, delivery_id: str) -> None:
        super().__init__(f"Message {delivery_id!r} is under way: it is attempted again by itself.")


class WebhookFromSettings(WebhookError):
    """It comes from the settings."""

    code = "webhook_from_settings"
    http_status = HTTPStatus.CONFLICT

    def __init__(self) -> None:
        super().__init__("This webhook comes from EMAGSYNC_WEBHOOKS__URL: change it there and start the server anew.")
