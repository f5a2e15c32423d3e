"""Addresses of recipients: which services there are, what of an address is no secret, and which hosts may be called.

Only services that talk to one server over the network are here: none that runs programs, writes files or reaches the
desktop. A host that an address names is judged by `core/public_addresses.py`, like that of a webhook; the process that
sends judges each connection once more (`sending/child.py`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, NamedTuple
from urllib.parse import parse_qs, urlsplit

from emagsync.core.public_addresses import AddressRefused, judged_url
from emagsync.notifications.errors import RecipientRefused
from emagsync.notifications.schemas import Service

_EMAIL: Final = re.compile(r"[^\s@/:,;<>\"]{1,64}@(?:[\w-]+\.)+[\w-]{2,}")

# Their addresses name a server: `scheme://host/...`; with an s, over TLS.
_HOSTED: Final[Mapping[str, Service]] = {
    "mailto": Service.EMAIL,
    "ntfy": Service.NTFY,
    **dict.fromkeys(
        ("json", "form", "xml", "matrix", "mmost", "rocket", "gotify", "nctalk", "synology", "signal", "hassio"),
        Service.OTHER,
    ),
}
# Theirs name none: the service has one server for all.
_FIXED: Final[Mapping[str, Service]] = {
    "tgram": Service.TELEGRAM,
    "slack": Service.SLACK,
    "workflow": Service.TEAMS,
    "workflows": Service.TEAMS,
    **dict.fromkeys(
        (
            "discord",
            "gchat",
            "webex",
            "wxteams",
            "zulip",
            "pover",
            "pbul",
            "whatsapp",
            "twilio",
            "vonage",
            "viber",
            "line",
        ),
        Service.OTHER,
    ),
    **dict.fromkeys(("sendgrid", "brevo", "mailgun", "postmark", "resend", "pagerduty", "opsgenie"), Service.OTHER),
}
# Addresses as the services themselves show them for their webhooks.
_NATIVE: Final[tuple[tuple[re.Pattern[str], Service], ...]] = (
    (re.compile(r"hooks\.slack\.com"), Service.SLACK),
    (re.compile(r"[\w.-]+\.(?:logic\.azure\.com|api\.powerplatform\.com)"), Service.TEAMS),
    (re.compile(r"ntfy\.sh"), Service.NTFY),
    (re.compile(r"discord(?:app)?\.com|chat\.googleapis\.com"), Service.OTHER),
)


class JudgedAddress(NamedTuple):
    """An address that may be told. `shown` is what of it is no secret."""

    service: Service
    address: str
    shown: str


def judged_address(text: str, *, allow_private: bool) -> JudgedAddress:
    """What kind of address this is. Raises RecipientRefused, whose words do not hold the address."""
    text = text.strip()
    if _EMAIL.fullmatch(text):
        return JudgedAddress(Service.EMAIL, text, text)
    if text.lower().startswith("mailto:") and _EMAIL.fullmatch(text[7:]):
        return JudgedAddress(Service.EMAIL, text[7:], text[7:])
    try:
        parts = urlsplit(text)
        host, scheme = parts.hostname or "", parts.scheme
    except ValueError:
        raise RecipientRefused("form") from None
    if "://" not in text or not host:
        raise RecipientRefused("form")
    if scheme == "https":
        return JudgedAddress(_native(host), text, f"https://{host}/…")
    if scheme in _FIXED:
        return JudgedAddress(_FIXED[scheme], text, f"{scheme}://…")
    if scheme.removesuffix("s") not in _HOSTED and scheme not in _HOSTED:
        known = ", ".join(f"{one}://" for one in sorted((*_HOSTED, *_FIXED)))
        raise RecipientRefused("service", scheme=scheme[:20], known=known)
    return _hosted(text, scheme, host, allow_private=allow_private)


def judge_host(host: str, *, is_secure: bool, allow_private: bool, field: str = "address") -> None:
    """Raises RecipientRefused for a host that must not be called; without TLS only nearby ones may."""
    try:
        judged_url(f"{'https' if is_secure else 'http'}://{_bracketed(host)}/", allow_private=allow_private)
    except AddressRefused:
        raise RecipientRefused("host" if is_secure else "clear", field=field, host=host[:100]) from None


def _hosted(text: str, scheme: str, host: str, *, allow_private: bool) -> JudgedAddress:
    is_secure = scheme not in _HOSTED
    service = _HOSTED[scheme if not is_secure else scheme.removesuffix("s")]
    parts = urlsplit(text)
    try:
        _ = parts.port
    except ValueError:
        raise RecipientRefused("form") from None
    if service is Service.NTFY and not parts.path.strip("/"):
        return JudgedAddress(service, text, f"{scheme}://…")  # a topic of ntfy.sh, which anybody who knows it can read
    # A mail server may be named beside the domain.
    named = parse_qs(parts.query).get("smtp", []) if service is Service.EMAIL else []
    for one in (host, *named):
        judge_host(one, is_secure=is_secure, allow_private=allow_private)
    return JudgedAddress(service, text, f"{scheme}://{host}/…")


def _native(host: str) -> Service:
    for pattern, service in _NATIVE:
        if pattern.fullmatch(host):
            return service
    raise RecipientRefused("form")


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
