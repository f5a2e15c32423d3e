"""The errors of calls to eMAG.

EmagError
├── configuration: a person must act; never retried
│   ├── CredentialsRefused       eMAG does not know this user name and password
│   ├── IpNotAllowed             the caller's address is not on the account's allow list (`.ip`)
│   ├── ApiRightMissing          the user is known but may not use the API, or not this resource
│   ├── ProxyRefused             the proxy on the way to eMAG lets this machine, or its user, not through
│   └── BudgetStoreError         the file that requests are counted in cannot be used
├── transient: the same call may succeed later
│   ├── RateLimited              HTTP 429 (`.retry_after` seconds)
│   ├── ServerFailure            HTTP 408, 5xx or an unexpected 2xx (`.status`)
│   ├── AccessBlocked            HTTP 403 that is not eMAG's own answer: a firewall's page
│   ├── ConnectFailed            no connection: nothing was sent
│   ├── ReadFailed               the connection broke after the request was sent
│   ├── CallTimeout              no complete answer in time
│   ├── BadAnswer                HTTP 200, but not an answer
│   │   ├── TruncatedAnswer      empty, or shorter than announced
│   │   ├── NotJson              HTML, broken JSON
│   │   │   └── NotUtf8          invalid UTF-8
│   │   ├── MissingIsError       JSON without `isError: true|false`
│   │   ├── MalformedResults     `isError: false`, but `results` is not what is due
│   │   └── AnswerTooLarge       larger than `HttpOptions.max_response_bytes`
│   ├── ListRepeats              a list shows the same rows page after page (`.page`)
│   └── Refused                  `isError: true` on a read (`.messages`)
└── permanent: the same call never succeeds
    ├── WriteRefused             `isError: true` on a write (`.messages`): nothing was saved
    ├── UnexpectedStatus         any other HTTP status, such as 404 (`.status`)
    │   └── Redirected           a redirect: configuration, for something else answers in eMAG's place
    ├── UncertainWrite           nobody knows whether the write was applied (`.cause`)
    └── RequestInvalid           our own arguments; nothing was sent

EmagsyncError
└── BudgetUnavailable            transient: requests cannot be counted just now, so none is sent
"""

from __future__ import annotations

from typing import ClassVar, Final

from emagsync.core.errors import EmagsyncError, ErrorKind

# Request Timeout, Gateway Timeout, and what some gateways say for the latter: whoever stands before eMAG gave up.
_TIMED_OUT: Final = frozenset({408, 504, 524})


class EmagError(EmagsyncError):
    """A call to eMAG that failed. `account`, `route` and `attempts` say which, once the client raised it."""

    code: ClassVar[str] = "emag_error"
    kind: ClassVar[ErrorKind] = ErrorKind.PERMANENT
    # A write that failed so was certainly not applied, and may be sent again.
    surely_not_applied: ClassVar[bool] = False
    # The same rows in smaller pages may pass. [seen]: large pages time out or reset while smaller ones pass.
    smaller_page_may_help: ClassVar[bool] = False
    # It took eMAG too long: the same page would take as long again, a smaller one less.
    took_too_long: bool = False

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message
        self.account: str | None = None
        self.route: str | None = None
        self.attempts = 0

    def __str__(self) -> str:
        where = " ".join(part for part in (self.account, self.route) if part)
        return f"{where}: {self.message}" if where else self.message


class _Configuration(EmagError):
    kind = ErrorKind.CONFIGURATION


class _Transient(EmagError):
    kind = ErrorKind.TRANSIENT


class CredentialsRefused(_Configuration):
    """Wrong user name or password, or a user without access to the API."""

    code = "credentials_refused"


class IpNotAllowed(_Configuration):
    """eMAG does not take calls from this machine's address. `ip` is the address that eMAG saw, where it said so."""

    code = "ip_not_allowed"

    def __init__(self, message: str, ip: str | None = None) -> None:
        super().__init__(message)
        self.ip = ip


class ApiRightMissing(_Configuration):
    """HTTP 403 in eMAG's JSON: the user is known, but the right to use this part of the API is missing."""

    code = "api_right_missing"


class ProxyRefused(_Configuration):
    """The proxy on the way to eMAG wants another user and password, or forbids the connection. eMAG saw nothing."""

    code = "proxy_refused"
    surely_not_applied = True


class BudgetStoreError(_Configuration):
    """The directory that holds the request budget cannot be used; the message names it."""

    code = "budget_store"


class BudgetUnavailable(EmagsyncError):
    """Requests cannot be counted because Redis does not answer, so none was sent.

    Not an EmagError: no call was made that could have failed. So nothing that treats failed calls (another attempt,
    smaller pages, a circuit breaker) takes it for one, and it ends the whole run, to be resumed.
    """

    code = "budget_unavailable"
    kind = ErrorKind.TRANSIENT


class RateLimited(_Transient):
    """HTTP 429: refused by the gateway before eMAG saw it. `retry_after` in seconds, where the answer had it."""

    code = "rate_limited"
    surely_not_applied = True

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class ServerFailure(_Transient):
    """eMAG's side failed with an HTTP `status`; bursts of minutes have been seen, often for one account only."""

    code = "server_failure"
    smaller_page_may_help = True

    def __init__(self, message: str, status: int, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.retry_after = retry_after
        self.took_too_long = status in _TIMED_OUT


class AccessBlocked(_Transient):
    """HTTP 403 with a page that is not eMAG's: a firewall between us and eMAG took offence, and soon does so no more.

    eMAG's own refusals are JSON or one of its two sentences, and are ApiRightMissing, CredentialsRefused, IpNotAllowed.
    """

    code = "access_blocked"


class ConnectFailed(_Transient):
    """No connection to eMAG: name not found, refused, TLS, or not within the connection timeout."""

    code = "connect_failed"
    surely_not_applied = True


class ReadFailed(_Transient):
    """The connection broke after the request was sent."""

    code = "read_failed"
    smaller_page_may_help = True


class CallTimeout(_Transient):
    """The request was sent and no complete answer came in time."""

    code = "timeout"
    smaller_page_may_help = True
    took_too_long = True


class BadAnswer(_Transient):
    """HTTP 200 with something that is not an answer. Never to be taken for "no more offers"."""

    code = "bad_answer"
    smaller_page_may_help = True


class TruncatedAnswer(BadAnswer):
    """Empty, or shorter than announced."""

    code = "truncated_answer"


class NotJson(BadAnswer):
    """HTML, broken JSON or invalid UTF-8."""

    code = "not_json"


class NotUtf8(NotJson):
    """Invalid UTF-8: what comes so again is what eMAG has, and is mended."""


class MissingIsError(BadAnswer):
    """JSON whose `isError` is missing or neither `true` nor `false`."""

    code = "missing_is_error"


class MalformedResults(BadAnswer):
    """`isError` is `false`, but `results` is missing or of another type than is due."""

    code = "malformed_results"


class AnswerTooLarge(BadAnswer):
    """More bytes than `HttpOptions.max_response_bytes`, counted after decompression."""

    code = "answer_too_large"


class ListRepeats(_Transient):
    """A list repeats itself instead of ending: eMAG ignores the number of the page. Noticed on `page`.

    What it showed is true; that it showed everything is not known.
    """

    code = "list_repeats"

    def __init__(self, page: int) -> None:
        super().__init__(
            f"eMAG's list repeats itself: up to page {page} the same offers come again and again, so nobody knows "
            "which are missing. Nothing was removed. If it stays so, tell eMAG that its list ignores currentPage"
        )
        self.page = page


class Refused(_Transient):
    """`isError: true` on a read. `messages` are eMAG's own words."""

    code = "refused"

    def __init__(self, message: str, messages: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.messages = messages


class WriteRefused(Refused):
    """`isError: true` on a write: nothing was saved, and the same write would be refused again."""

    code = "write_refused"
    kind = ErrorKind.PERMANENT
    surely_not_applied = True


class UnexpectedStatus(EmagError):
    """An HTTP status that repeating does not change, such as 404. `messages` are eMAG's own words."""

    code = "unexpected_status"
    surely_not_applied = True

    def __init__(self, message: str, status: int, messages: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.status = status
        self.messages = messages


class Redirected(UnexpectedStatus):
    """A redirect. It is not followed; what answers is not eMAG's API, and does not become it by asking again."""

    code = "redirected"
    kind = ErrorKind.CONFIGURATION


class UncertainWrite(EmagError):
    """A write whose fate is unknown: read the offer back before believing or repeating it. `cause` is what happened."""

    code = "uncertain_write"

    def __init__(self, cause: EmagError) -> None:
        super().__init__(f"it is not known whether eMAG applied this write ({cause.message}); read it back first")
        self.cause = cause


class RequestInvalid(EmagError):
    """Arguments that eMAG would refuse or silently ignore; nothing was sent."""

    code = "request_invalid"
    surely_not_applied = True
