"""Sees what apprise's plugins do with the network, and says what became of a message when one of them fails.

apprise itself says only that it failed. A message must not be sent twice, so what counts is whether the service may
have taken it: a refused connection or an answer of 500 is certain, an answer that did not come is not.
"""

from __future__ import annotations

import smtplib
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from ipaddress import ip_address
from typing import Any

import requests
from urllib3.exceptions import (
    MaxRetryError,
    NameResolutionError,
    NewConnectionError,
    SSLError,
)

from emagsync.core.public_addresses import is_public
from emagsync.notifications.sending.order import Answer

_NEVER_CONNECTED = (NewConnectionError, NameResolutionError, SSLError)
NOT_PUBLIC = "not_public"
_LOGIN_REFUSED = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, 530, 534, 535})
# What a plugin for the network has no business with.
_FORBIDDEN_EVENTS = ("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.fork", "os.forkpty", "pty.spawn")


class NotAllowed(OSError):
    """The connection leads to an address that must not be called."""


@dataclass
class Witness:
    """What was seen, call by call."""

    answers: list[Answer] = field(default_factory=list)
    allow_private: bool = False

    def verdict(self) -> Answer:
        """What became of a message that apprise calls failed."""
        for answer in self.answers:
            if answer.why == NOT_PUBLIC:
                return answer
        for end in ("unknown", "gone", "timed_out", "failed"):
            for answer in self.answers:
                if answer.end == end:
                    was_taken = any(one.end == "delivered" for one in self.answers)
                    # Taken by some of several: not to be sent to these again.
                    return Answer("unknown", answer.status, "partly") if was_taken else answer
        return Answer("unknown" if self.answers else "failed", None, "not_said")

    def audit(self, event: str, args: tuple[Any, ...]) -> None:
        """An audit hook (PEP 578): no connection but to public addresses, and no other program."""
        if event.startswith(_FORBIDDEN_EVENTS):
            raise NotAllowed(event)
        if event in ("socket.connect", "socket.sendto") and not self.allow_private:
            address = args[-1]
            if not isinstance(address, tuple) or not _is_public(address[0]):
                self.answers.append(Answer("failed", None, NOT_PUBLIC))
                raise NotAllowed("not a public address")

    def install(self) -> None:
        """Watch `requests` and `smtplib`, which every plugin of the known services uses."""
        requests.Session.send = self._watched_http(requests.Session.send)  # type: ignore[method-assign]
        smtplib.SMTP.__init__ = self._watched_smtp(smtplib.SMTP.__init__)  # type: ignore[method-assign]
        for name in ("starttls", "login", "data", "sendmail"):
            setattr(smtplib.SMTP, name, self._watched_smtp(getattr(smtplib.SMTP, name)))

    def _watched_http(self, send: Callable[..., Any]) -> Callable[..., Any]:
        def watched(session: Any, request: Any, **options: Any) -> Any:
            try:
                response = send(session, request, **options)
            except requests.RequestException as error:
                self._note(_meaning_of_http(error))
                raise
            self._note(_meaning_of_status(response.status_code))
            return response

        return watched

    def _watched_smtp(self, method: Callable[..., Any]) -> Callable[..., Any]:
        def watched(*args: Any, **options: Any) -> Any:
            try:
                result = method(*args, **options)
            except (OSError, smtplib.SMTPException) as error:
                self._note(_meaning_of_smtp(error, is_data=method.__name__ == "data"))
                raise
            if method.__name__ == "sendmail":
                self._note(Answer("failed", None, "recipient_refused") if result else Answer("delivered"))
            return result

        return watched

    def _note(self, answer: Answer) -> None:
        """One exception passes several watched methods: the innermost knows best."""
        if not (answer.end == "failed" and self.answers and self.answers[-1].end in ("failed", "unknown", "timed_out")):
            self.answers.append(answer)


def _meaning_of_status(status: int) -> Answer:
    if status < HTTPStatus.MULTIPLE_CHOICES:
        return Answer("delivered", status)
    if status == HTTPStatus.GONE:
        return Answer("gone", status, "gone")
    return Answer("failed", status, "login_refused" if status in _LOGIN_REFUSED else "refused")


def _meaning_of_http(error: requests.RequestException) -> Answer:
    cause: object = error.args[0] if error.args else None
    if isinstance(cause, MaxRetryError):
        cause = cause.reason
    if isinstance(error, requests.exceptions.SSLError):
        return Answer("failed", None, "tls")
    if isinstance(cause, _NEVER_CONNECTED):
        return Answer("failed", None, "unreachable")
    if isinstance(error, requests.exceptions.ConnectTimeout):
        return Answer("timed_out", None, "unreachable")
    if isinstance(error, requests.exceptions.InvalidURL | requests.exceptions.MissingSchema):
        return Answer("failed", None, "refused")
    return Answer("unknown", None, "no_answer")


def _meaning_of_smtp(error: Exception, *, is_data: bool) -> Answer:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code = next(iter(error.recipients.values()))[0] if error.recipients else None
        return Answer("failed", code, "recipient_refused")
    if isinstance(error, smtplib.SMTPResponseException):
        code = error.smtp_code
        return Answer("failed", code, "login_refused" if code in _LOGIN_REFUSED else "refused")
    if is_data:
        return Answer("unknown", None, "no_answer")
    if isinstance(error, ssl.SSLError):
        return Answer("failed", None, "tls")
    if isinstance(error, TimeoutError):
        return Answer("timed_out", None, "unreachable")
    if isinstance(error, socket.gaierror | ConnectionError | NotAllowed):
        return Answer("failed", None, "unreachable")
    return Answer("failed", None, "unreachable" if isinstance(error, OSError) else "refused")


def _is_public(host: str) -> bool:
    try:
        return is_public(ip_address(host))
    except ValueError:
        return False  # a name: whoever connects has to look it up first
