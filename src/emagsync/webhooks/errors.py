"""Errors of webhooks.

WebhookError
├── WebhookNotFound      there is no such webhook
├── WebhookFromSettings  it is changed where it comes from
└── AddressRefused       its address is not allowed
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

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


class WebhookFromSettings(WebhookError):
    """It comes from the settings."""

    code = "webhook_from_settings"
    http_status = HTTPStatus.CONFLICT

    def __init__(self) -> None:
        super().__init__("This webhook comes from EMAGSYNC_WEBHOOKS__URL: change it there and start the server anew.")


class AddressRefused(WebhookError):
    """Its address is not allowed. The message says why, for the person who gave it."""

    code = "address_refused"

    def problem_members(self) -> Mapping[str, Any]:
        """`errors`: the address is a value of the request."""
        return {"errors": [{"field": "url", "message": str(self), "code": self.code}]}
