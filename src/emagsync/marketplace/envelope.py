"""Decodes an HTTP answer: its `results`, or the error that it means.

Success is HTTP 200 with a key `isError` that is exactly `false`; everything else is a failure, never "no more offers".
Source: eMAG's API documentation v4.5.1, "Responses", and what integrations have [seen] in production.

An answer is judged in this order, and the first that applies decides:

1. a refusal that only a person can cure, by status or by eMAG's words: address, credentials, missing right. First,
   because eMAG sends these with several statuses, 200 among them, and retrying them would only be refused again. A 403
   is one only as JSON: what comes as a page is a firewall's, and passes;
2. an HTTP status other than 200; of a write, HTTP 400 and 422 with `isError: true` are refusals like any other [seen];
3. a body that is not the envelope: empty, HTML, broken JSON, or JSON that is no object;
4. `isError`: `true` is a refusal with messages, anything but `true` and `false` is no answer at all.

Rows stay bytes here. `ingest` compares them with what is stored, and parses only those that differ.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

import msgspec

from emagsync.marketplace import nesting
from emagsync.marketplace.budget.response_headers import retry_after
from emagsync.marketplace.errors import (
    AccessBlocked,
    ApiRightMissing,
    CredentialsRefused,
    EmagError,
    IpNotAllowed,
    MalformedResults,
    MissingIsError,
    NotJson,
    NotUtf8,
    ProxyRefused,
    RateLimited,
    Redirected,
    Refused,
    ServerFailure,
    TruncatedAnswer,
    UnexpectedStatus,
    WriteRefused,
)

_BAD_IP: Final = re.compile(r"invalid vendor ip\s*\[?\s*([0-9a-f.:]*)", re.IGNORECASE)
_NOT_ALLOWED: Final = re.compile(r"you are not allowed to use this api", re.IGNORECASE)
_LONGEST_MESSAGE: Final = 300
_MOST_MESSAGES: Final = 20
# Of a body that is not an envelope, as far as refusals are looked for in it.
_LONGEST_PLAIN_BODY: Final = 4096
_PIECE: Final = 32 * 1024
_utf8: Final = codecs.getincrementaldecoder("utf-8")
# What a JSON value is, by its first character; anything else is a number.
_KINDS: Final = {
    b"": "nothing",
    b"[": "a list",
    b"{": "an object",
    b'"': "a text",
    b"n": "null",
    b"t": "true",
    b"f": "false",
}


# One escape in JSON text: a whole surrogate pair, half of one, or any other. Matching all of them, in order, keeps an
# escaped backslash (`\\ud800` is a backslash and `ud800`) from being taken for the beginning of an escape.
_ESCAPE: Final = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(?P<half>\\u[dD][89a-fA-F][0-9a-fA-F]{2})|\\."
)


class HttpAnswer(NamedTuple):
    """One HTTP answer; `headers` look names up in any case, `body` is decompressed."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Envelope(NamedTuple):
    """eMAG's frame around every answer. Its parts stay JSON text, decoded only when they are needed; `results` are the
    texts of a list's members where it is a list. What is missing is empty."""

    is_error: bytes = b""
    messages: bytes = b""
    errors: bytes = b""
    message: bytes = b""
    results: bytes | tuple[bytes, ...] = b""

    @property
    def refuses(self) -> bool:
        """Whether it says `isError: true`."""
        return self.is_error == b"true"


# With the fields of Envelope, in their order.
class _Frame(msgspec.Struct, rename={"is_error": "isError"}):
    is_error: msgspec.Raw = msgspec.Raw()
    messages: msgspec.Raw = msgspec.Raw()
    errors: msgspec.Raw = msgspec.Raw()
    message: msgspec.Raw = msgspec.Raw()
    results: msgspec.Raw = msgspec.Raw()


class _ListFrame(msgspec.Struct, rename={"is_error": "isError"}):
    """The frame of a list, whose members are told apart while it is found: a second look at a page takes as long."""

    results: list[msgspec.Raw]
    is_error: msgspec.Raw = msgspec.Raw()
    messages: msgspec.Raw = msgspec.Raw()
    errors: msgspec.Raw = msgspec.Raw()
    message: msgspec.Raw = msgspec.Raw()


_FRAME: Final = msgspec.json.Decoder(_Frame)
_LIST_FRAME: Final = msgspec.json.Decoder(_ListFrame)
_RAW_LIST: Final = msgspec.json.Decoder(list[msgspec.Raw])
_RAW_DICT: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
_EXACT: Final = msgspec.json.Decoder(float_hook=Decimal)


def open_envelope(
    answer: HttpAnswer,
    *,
    is_write: bool,
    now: datetime,
    also_refusals: bool = False,
    mends_text: bool = False,
    bare_key: str | None = None,
) -> Envelope:
    """The envelope of a successful answer. Raises the EmagError that any other answer means.

    `also_refusals`: the envelope of a refusal (`isError: true`) is returned too, for who finds more in it than words.
    `mends_text`: bytes that are not UTF-8 become U+FFFD, for an answer that had some before, too: else one product's
    name would cost its page for ever. `bare_key`: the results may stand without their envelope, as an object with this
    key or as `null`.
    """
    if is_write and answer.status == 204 and not answer.body:
        return Envelope(is_error=b"false")  # done, and nothing to say about it: `offer_stock`
    if bare_key is not None and answer.status == 200 and _stands_bare(answer.body, bare_key):
        return Envelope(is_error=b"false", results=answer.body.strip())
    envelope, problem = _decode(_utf8_of(answer.body) if mends_text else answer.body)
    refusal = _configuration_refusal(answer, envelope)
    if refusal is not None:
        raise refusal
    if answer.status != 200 and not (is_write and _refuses_with_status(answer, envelope)):
        raise _status_error(answer, envelope, now)
    if envelope is None:
        raise problem or NotJson("eMAG's answer is not JSON")
    if envelope.refuses:
        if also_refusals:
            return envelope
        raise refusal_of(envelope, is_write=is_write)
    is_error = envelope.is_error
    if is_error != b"false":
        found = f"isError is {is_error[:40].decode(errors='replace')}" if is_error else "isError is missing"
        raise MissingIsError(f"eMAG's answer does not say whether it succeeded: {found}{_quoted(texts(envelope))}")
    return envelope


def _stands_bare(body: bytes, key: str) -> bool:
    if body.strip() == b"null":
        return True
    with suppress(msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        found = _RAW_DICT.decode(body)
        return key in found and "isError" not in found
    return False


def result_rows(envelope: Envelope) -> tuple[bytes, ...]:
    """`results` as a list, each row exactly as it was sent. Raises MalformedResults.

    PHP writes a list with gaps as an object with numeric keys; an object without keys is no list.
    """
    raw = envelope.results
    if isinstance(raw, tuple):
        return raw
    if raw.startswith(b"["):
        return _listed(raw)
    if raw.startswith(b"{"):
        numbered = _numbered(raw)
        if numbered and all(key.isascii() and key.isdigit() for key in numbered):
            return tuple(numbered[key] for key in sorted(numbered, key=int))
    raise MalformedResults(f"eMAG's answer holds {_kind(raw)} where a list of results is due")


def result_value(envelope: Envelope) -> object:
    """`results` decoded, numbers with a fraction as Decimal; None when it is missing."""
    raw = envelope.results
    if isinstance(raw, tuple):
        raw = b"[%s]" % b",".join(raw)
    return _exact(raw) if raw else None


def result_objects(envelope: Envelope) -> tuple[dict[str, Any], ...]:
    """`results` as a list of objects, numbers with a fraction as Decimal. Raises MalformedResults."""
    rows = tuple(_exact(row) for row in result_rows(envelope))
    if not all(isinstance(row, dict) for row in rows):
        raise MalformedResults("eMAG's answer holds something else than objects in its list of results")
    return rows


def _exact(raw: bytes) -> Any:
    try:
        return _EXACT.decode(raw)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise NotJson(f"eMAG's results cannot be decoded ({one_line(str(error))})") from error


def texts(envelope: Envelope, most: int = _MOST_MESSAGES) -> tuple[str, ...]:
    """Every text of `messages`, `message` and `errors`, at most so many, one line each, in whatever shape they came."""
    found: dict[str, None] = {}
    for part in (envelope.messages, envelope.message, envelope.errors):
        if part:
            try:
                _collect(msgspec.json.decode(part), found, depth=0)
            except (msgspec.DecodeError, RecursionError):
                continue
    return tuple(found)[:most]


def texts_in(value: object) -> tuple[str, ...]:
    """Every text in a decoded part of an answer, such as the `messages` about one offer, read in the same way."""
    found: dict[str, None] = {}
    _collect(value, found, depth=0)
    return tuple(found)[:_MOST_MESSAGES]


def _collect(value: object, found: dict[str, None], depth: int) -> None:
    if isinstance(value, str):
        line = one_line(value)
        if line:
            found[line] = None
    elif depth >= 4:  # bounded, because what is nested comes from outside
        return
    elif isinstance(value, list):
        for item in value:
            _collect(item, found, depth + 1)
    elif isinstance(value, dict):
        _collect_object(value, found, depth)


def _collect_object(value: dict[str, object], found: dict[str, None], depth: int) -> None:
    # An object with a text is one message, such as `{"field": ..., "message": ...}`; any other is searched.
    text = next((value[key] for key in ("message", "text") if isinstance(value.get(key), str)), None)
    if isinstance(text, str):
        field = value.get("field")
        _collect(f"{field}: {text}" if isinstance(field, str) and field else text, found, depth + 1)
        return
    for item in value.values():
        _collect(item, found, depth + 1)


def one_line(text: str) -> str:
    """`text` without line breaks and control characters, at most 300 characters."""
    line = " ".join("".join(letter if letter.isprintable() else " " for letter in text[:2000]).split())
    return line if len(line) <= _LONGEST_MESSAGE else line[: _LONGEST_MESSAGE - 1] + "…"


def _decode(body: bytes) -> tuple[Envelope | None, EmagError | None]:
    if not body.strip():
        return None, TruncatedAnswer("eMAG's answer is empty")
    # The error is returned, not raised: a refusal in the same answer, or its status, says more than its broken body.
    try:
        _check_text(body)
        return _frame(body.removeprefix(b"\xef\xbb\xbf")), None
    except msgspec.ValidationError:
        return None, MissingIsError(f"eMAG's answer is {_kind(body)} instead of an object with isError")
    except UnicodeDecodeError as error:
        return None, NotUtf8(f"eMAG's answer is not JSON ({one_line(str(error))})")
    except (msgspec.DecodeError, RecursionError) as error:
        what = "an HTML page" if body.lstrip()[:1] == b"<" else "not JSON"
        reason = "" if what == "an HTML page" else f" ({one_line(str(error))})"
        return None, NotJson(f"eMAG's answer is {what}{reason}")


def _utf8_of(body: bytes) -> bytes:
    try:
        _check_text(body)
    except UnicodeDecodeError:
        return body.decode(errors="replace").encode()
    return body


def _check_text(body: bytes) -> None:
    """Rows are cut out as bytes and must be UTF-8. Raises UnicodeDecodeError.

    In pieces: decoding a whole page at once would take new memory from the system each time.
    """
    decode = _utf8().decode
    for start in range(0, len(body), _PIECE):
        decode(body[start : start + _PIECE])
    decode(b"", final=True)


def _frame(body: bytes) -> Envelope:
    try:
        return _framed(body)
    except msgspec.DecodeError:
        # Half of a surrogate pair, as a text cut in its middle leaves it, is refused by the decoder wherever it
        # stands. It must not cost the page: it becomes U+FFFD, as in any text that cannot be read.
        mended = _ESCAPE.sub(_mended, body)
        if mended == body:
            raise
        return _framed(mended)


def _framed(body: bytes) -> Envelope:
    try:
        return _of_list(body) or _of_anything(body)
    except RecursionError:
        # A decoder goes through all levels of what it leaves as bytes, too: one deep row would cost the whole page.
        outline = nesting.outline(_ESCAPE.sub(_mended, body))
    return Envelope._make(outline.whole(part) for part in _of_anything(outline.frame) if isinstance(part, bytes))


def _of_list(body: bytes) -> Envelope | None:
    try:
        frame = _LIST_FRAME.decode(body)
    except msgspec.ValidationError:  # the results are no list, or there are none
        return None
    return Envelope(
        bytes(frame.is_error),
        bytes(frame.messages),
        bytes(frame.errors),
        bytes(frame.message),
        tuple(map(bytes, frame.results)),
    )


def _of_anything(body: bytes) -> Envelope:
    return Envelope._make(map(bytes, msgspec.structs.astuple(_FRAME.decode(body))))


def _listed(raw: bytes) -> tuple[bytes, ...]:
    try:
        return tuple(bytes(row) for row in _RAW_LIST.decode(raw))
    except RecursionError:
        outline = nesting.outline(raw)
        return tuple(outline.whole(bytes(row)) for row in _RAW_LIST.decode(outline.frame))


def _numbered(raw: bytes) -> dict[str, bytes]:
    try:
        return {key: bytes(row) for key, row in _RAW_DICT.decode(raw).items()}
    except RecursionError:
        outline = nesting.outline(raw)
        return {key: outline.whole(bytes(row)) for key, row in _RAW_DICT.decode(outline.frame).items()}


def _mended(escape: re.Match[bytes]) -> bytes:
    return rb"\ufffd" if escape["half"] else escape[0]


def _kind(raw: bytes) -> str:
    first = raw.lstrip()[:1]
    return _KINDS.get(first, "a number")


def _configuration_refusal(answer: HttpAnswer, envelope: Envelope | None) -> EmagError | None:
    # A failing server's error page may say anything, and a success is one whatever its messages say.
    if answer.status >= 500 or answer.status in (408, 429):
        return None
    if answer.status == 200 and envelope is not None and envelope.is_error == b"false":
        return None
    said = _words(answer, envelope)
    if answer.status == 407:
        return proxy_refused(407)
    bad_ip = next((match for match in map(_BAD_IP.search, said) if match), None)
    if bad_ip:
        ip = bad_ip[1] or None
        return IpNotAllowed(
            f"eMAG does not accept calls from {f'the address {ip}' if ip else 'this address'}: add it to the list of "
            "allowed addresses of the API user in eMAG's seller account",
            ip,
        )
    if answer.status == 401 or any(_NOT_ALLOWED.search(text) for text in said):
        return CredentialsRefused(
            "eMAG refused the credentials: check the API user's name and password, and that this user may use the API"
        )
    if answer.status == 403 and envelope is not None:
        return ApiRightMissing(
            f"eMAG forbids this call: give the API user the right to it in eMAG's seller account{_quoted(said)}"
        )
    return None


def _words(answer: HttpAnswer, envelope: Envelope | None) -> tuple[str, ...]:
    if envelope is not None:
        return texts(envelope)
    # A refusal may come as plain text. An HTML page, or JSON of another shape, is not searched.
    body = answer.body[:_LONGEST_PLAIN_BODY].decode(errors="replace")
    return () if body.lstrip()[:1] in ("<", "{", "[") else (one_line(body),)


def _status_error(answer: HttpAnswer, envelope: Envelope | None, now: datetime) -> EmagError:
    status = answer.status
    if status == 403:
        return AccessBlocked(
            "A firewall before eMAG refused the request (HTTP 403 with a page that is not eMAG's): that passes by "
            "itself; if it stays, ask eMAG whether this machine's address is blocked"
        )
    if status == 429:
        wait = retry_after(answer.headers, now)
        return RateLimited("eMAG refused the request: too many requests (HTTP 429)", wait)
    if status >= 500 or status == 408 or status < 300:  # also 201, 204 ...: a success, but not an answer that we know
        return ServerFailure(f"eMAG failed with HTTP {status}", status, retry_after(answer.headers, now))
    if status < 400:
        return Redirected(
            f"eMAG redirects this call{_elsewhere(answer)} (HTTP {status}). No credentials were sent "
            "there: check the account's base URL, and whether a proxy or firewall answers for eMAG",
            status,
        )
    said = texts(envelope) if envelope is not None else ()
    return UnexpectedStatus(f"eMAG answered HTTP {status}: check the account's base URL{_quoted(said)}", status, said)


def _elsewhere(answer: HttpAnswer) -> str:
    """` to https://host`, where the answer says to which host. The rest of the address may hold anything."""
    try:
        parts = urlsplit(answer.headers.get("Location", ""))
        host, port = parts.hostname, parts.port
    except ValueError:
        return ""
    return f" to {one_line(f'{parts.scheme}://{host}')}{f':{port}' if port else ''}" if host else ""


def proxy_refused(status: int, proxy: str | None = None) -> ProxyRefused:
    """The error of a proxy that let a request not through; `proxy` is its address, without credentials."""
    which = f"The proxy {proxy}" if proxy else "A proxy on the way to eMAG"
    if status == 407:
        return ProxyRefused(
            f"{which} wants another user and password (HTTP 407): put them into its address, as user:password@host:port"
        )
    return ProxyRefused(f"{which} does not let this machine through to eMAG (HTTP {status}): have it allowed there")


def _refuses_with_status(answer: HttpAnswer, envelope: Envelope | None) -> bool:
    return answer.status in (400, 422) and envelope is not None and envelope.refuses


def refusal_of(envelope: Envelope, *, is_write: bool) -> Refused:
    """The error that an `isError: true` means."""
    messages = texts(envelope)
    said = "; ".join(messages) or "without giving a reason"
    if is_write:
        return WriteRefused(f"eMAG refused the change: {said}", messages)
    return Refused(f"eMAG refused the call: {said}", messages)


def _quoted(said: tuple[str, ...]) -> str:
    return f" (eMAG says: {'; '.join(said)})" if said else ""
