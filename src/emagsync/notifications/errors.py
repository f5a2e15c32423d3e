"""Errors of notifications.

NotificationError
├── RecipientNotFound      there is no such recipient
├── MessageNotFound        there is no such message that may be sent again
├── NoMailServer           e-mail needs a mail server, and none is set
├── MailServerInUse        recipients get e-mail by it
└── RecipientRefused       the address is not one that can be told; `reason` says why
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from emagsync.core.errors import EmagsyncError


class NotificationError(EmagsyncError):
    """Base of the errors of notifications."""

    code = "notification"


class RecipientNotFound(NotificationError):
    """There is no such recipient."""

    code = "recipient_not_found"
    http_status = HTTPStatus.NOT_FOUND

    def __init__(self, recipient_id: str) -> None:
        super().__init__(f"There is no recipient {recipient_id!r}.")


class MessageNotFound(NotificationError):
    """There is no such message that may be sent again."""

    code = "message_not_found"
    http_status = HTTPStatus.NOT_FOUND

    def __init__(self, delivery_id: str) -> None:
        super().__init__(f"There is no message {delivery_id!r} that was given up, or whose arrival is not known.")


class NoMailServer(NotificationError):
    """E-mail needs a mail server."""

    code = "no_mail_server"
    http_status = HTTPStatus.CONFLICT

    def __init__(self) -> None:
        super().__init__("To send e-mail, set the mail server first.")


class MailServerInUse(NotificationError):
    """Recipients get e-mail by it."""

    code = "mail_server_in_use"
    http_status = HTTPStatus.CONFLICT

    def __init__(self) -> None:
        super().__init__("Recipients get e-mail by this server: remove them first, or set another server.")


_REASONS: Mapping[str, str] = {
    "form": "It must be an e-mail address, or look like tgram://token/chat or ntfys://ntfy.sh/topic.",
    "service": "{scheme}:// is not one of the services that can be told: {known}.",
    "parts": "It is not a complete address of {scheme}://: something is missing or misspelt.",
    "clear": "{host} is to be told without encryption: use the scheme with an s, such as mailtos:// or jsons://.",
    "ascii": "Python's mail client can only send names and passwords in ASCII: letters without accents.",
    "host": "{host} is not a public address; EMAGSYNC_WEBHOOKS__ALLOW_PRIVATE=true allows it.",
}


class RecipientRefused(NotificationError):
    """The address is not one that can be told. The message does not hold it: it may be a secret."""

    code = "recipient_refused"

    def __init__(self, reason: str, *, field: str = "address", **values: str) -> None:
        super().__init__(_REASONS[reason].format(**values))
        self.reason = reason
        self._values = values
        self._field = field

    def problem_members(self) -> Mapping[str, Any]:
        """`reason` is a code, with its `values`; `errors` names the field."""
        errors = [{"field": self._field, "message": str(self), "code": self.code}]
        return {"reason": self.reason, "values": self._values, "errors": errors}
