"""Which answer means what. Never is anything but a proper answer taken for a result."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emagsync.marketplace import errors as e
from emagsync.marketplace.envelope import HttpAnswer, open_envelope, result_objects, result_rows, texts
from emagsync.marketplace.pages import OfferCount, read_count

NOW = datetime(2026, 3, 1, 12, 0, 30, tzinfo=UTC)
HTML = b"<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>"
IP = "Invalid vendor ip [203.0.113.7]"
NOT_ALLOWED = "You are not allowed to use this API."


def rows(body: bytes, status: int = 200, *, is_write: bool = False, **headers: str) -> tuple[bytes, ...]:
    return result_rows(open_envelope(HttpAnswer(status, headers, body), is_write=is_write, now=NOW))


def failed(*messages: Any, **others: Any) -> bytes:
    return orjson.dumps({"isError": True, "messages": list(messages), "errors": [], "results": [], **others})


def done(results: Any) -> bytes:
    return orjson.dumps({"isError": False, "messages": [], "errors": [], "results": results})


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        pytest.param(200, b"", e.TruncatedAnswer, id="empty"),
        pytest.param(200, b" \n", e.TruncatedAnswer, id="blank"),
        pytest.param(200, HTML, e.NotJson, id="HTML"),
        pytest.param(200, done([1])[:-3], e.NotJson, id="cut off"),
        pytest.param(200, done(["x"]).replace(b"x", b"\xff"), e.NotUtf8, id="no UTF-8"),
        pytest.param(200, b'{"results":' + b"[" * 100_000, e.NotJson, id="endless nesting"),
        pytest.param(200, b"[]", e.MissingIsError, id="a list"),
        pytest.param(200, b"null", e.MissingIsError, id="null"),
        pytest.param(200, b'{"results": []}', e.MissingIsError, id="no isError"),
        pytest.param(200, b'{"isError": null, "results": []}', e.MissingIsError, id="isError null"),
        pytest.param(200, b'{"isError": "false", "results": []}', e.MissingIsError, id="isError text"),
        pytest.param(200, b'{"isError": 0, "results": []}', e.MissingIsError, id="isError number"),
        pytest.param(200, b'{"message": "API rate limit exceeded"}', e.MissingIsError, id="gateway's words with 200"),
        pytest.param(200, b'{"isError": false}', e.MalformedResults, id="no results"),
        pytest.param(200, done(None), e.MalformedResults, id="results null"),
        pytest.param(200, done({}), e.MalformedResults, id="results an empty object"),
        pytest.param(200, done({"a": 1}), e.MalformedResults, id="results an object"),
        pytest.param(200, done({"0": 1, "b": 2}), e.MalformedResults, id="results half a list"),
        pytest.param(200, done("no results"), e.MalformedResults, id="results a text"),
        pytest.param(200, done(0), e.MalformedResults, id="results a number"),
        pytest.param(200, failed("An internal error occurred"), e.Refused, id="isError"),
        pytest.param(200, failed(), e.Refused, id="isError without a word"),
        pytest.param(200, failed(NOT_ALLOWED), e.CredentialsRefused, id="not allowed, 200"),
        pytest.param(401, failed(NOT_ALLOWED), e.CredentialsRefused, id="not allowed, 401"),
        pytest.param(403, failed(NOT_ALLOWED), e.CredentialsRefused, id="not allowed, 403"),
        pytest.param(403, NOT_ALLOWED.encode(), e.CredentialsRefused, id="not allowed, plain text"),
        pytest.param(403, orjson.dumps({"message": NOT_ALLOWED}), e.CredentialsRefused, id="not allowed, message"),
        pytest.param(200, orjson.dumps({"message": NOT_ALLOWED}), e.CredentialsRefused, id="not allowed, no isError"),
        pytest.param(200, failed(IP), e.IpNotAllowed, id="ip, 200"),
        pytest.param(401, failed({"text": IP}), e.IpNotAllowed, id="ip, 401"),
        pytest.param(403, IP.encode(), e.IpNotAllowed, id="ip, plain text"),
        pytest.param(401, HTML, e.CredentialsRefused, id="401 otherwise"),
        pytest.param(403, b'{"message": "Forbidden"}', e.ApiRightMissing, id="403, another JSON"),
        pytest.param(403, failed("Forbidden"), e.ApiRightMissing, id="403, another refusal"),
        pytest.param(403, HTML, e.AccessBlocked, id="403, a firewall's page"),
        pytest.param(403, f"<p>{NOT_ALLOWED}</p>".encode(), e.AccessBlocked, id="403, a page with eMAG's words"),
        pytest.param(403, b"", e.AccessBlocked, id="403, empty"),
        pytest.param(403, b"Forbidden", e.AccessBlocked, id="403, other plain text"),
        pytest.param(429, b'{"message": "API rate limit exceeded"}', e.RateLimited, id="429"),
        pytest.param(408, HTML, e.ServerFailure, id="408"),
        pytest.param(500, HTML, e.ServerFailure, id="500"),
        pytest.param(502, failed(IP), e.ServerFailure, id="502, whatever it says"),
        pytest.param(503, b"", e.ServerFailure, id="503"),
        pytest.param(504, done([]), e.ServerFailure, id="504 with a fine body"),
        pytest.param(204, b"", e.ServerFailure, id="204"),
        pytest.param(201, done([]), e.ServerFailure, id="201 is not 200"),
        pytest.param(302, b"", e.Redirected, id="redirect"),
        pytest.param(404, failed("Unknown resource"), e.UnexpectedStatus, id="404"),
        pytest.param(400, HTML, e.UnexpectedStatus, id="400"),
    ],
)
def test_an_answer_that_is_no_success_is_the_error_it_means(status: int, body: bytes, error: type[e.EmagError]) -> None:
    with pytest.raises(e.EmagError) as raised:
        rows(body, status)
    assert type(raised.value) is error
    assert "\n" not in str(raised.value)


def test_an_error_on_a_write_is_final() -> None:
    with pytest.raises(e.WriteRefused) as raised:
        rows(failed("sale_price is too low"), is_write=True)
    assert raised.value.messages == ("sale_price is too low",)


def test_a_refused_address_is_named_with_what_to_do() -> None:
    with pytest.raises(e.IpNotAllowed, match=r"203\.0\.113\.7.*allowed addresses") as raised:
        rows(failed(IP))
    assert raised.value.ip == "203.0.113.7"


@pytest.mark.parametrize(
    ("asked", "seconds"),
    [
        pytest.param("17", 17.0, id="seconds"),
        pytest.param("Sun, 01 Mar 2026 12:01:00 GMT", 30.0, id="a date"),
        pytest.param("Sun, 01 Mar 2026 11:00:00 GMT", 0.0, id="a date that is over"),
        pytest.param("later", None, id="odd"),
        pytest.param("-3", None, id="negative"),
    ],
)
@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_is_read(status: int, asked: str, seconds: float | None) -> None:
    with pytest.raises((e.RateLimited, e.ServerFailure)) as raised:
        rows(b"{}", status, **{"Retry-After": asked})
    assert raised.value.retry_after == seconds  # type: ignore[union-attr]


def test_rows_come_exactly_as_they_were_sent() -> None:
    body = '{"results":[ {"id":  1,"p":"1.10", "n":"ș\\u0219"} ,null,7],"isError":false}'.encode()
    assert rows(body) == ('{"id":  1,"p":"1.10", "n":"ș\\u0219"}'.encode(), b"null", b"7")
    assert rows(b"\xef\xbb\xbf" + body) == rows(body)
    assert rows(done([])) == ()


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        pytest.param(rb"cut \ud83d", rb"cut \ufffd", id="first half alone"),
        pytest.param(rb"\udca1 cut", rb"\ufffd cut", id="second half alone"),
        pytest.param(rb"\ud83d\ud83d\udca1", rb"\ufffd\ud83d\udca1", id="before a whole pair"),
        pytest.param(rb"\\ud83d \ud83d", rb"\\ud83d \ufffd", id="behind an escaped backslash it is only text"),
    ],
)
def test_half_a_surrogate_pair_costs_its_page_nothing(sent: bytes, read: bytes) -> None:
    other = b'{"id":1,"name":"\\ud83d\\udca1"}'
    page = b'{"isError":false,"results":[' + other + b',{"id":2,"name":"' + sent + b'"}]}'
    assert rows(page) == (other, b'{"id":2,"name":"' + read + b'"}')


def test_bytes_that_are_not_utf8_are_mended_when_asked_for_and_nothing_else_is() -> None:
    def opened(body: bytes) -> tuple[bytes, ...]:
        return result_rows(open_envelope(HttpAnswer(200, {}, body), is_write=False, now=NOW, mends_text=True))

    page = b'{"isError":false,"results":[{"id":1,"name":"L\xe3mpi"},{"id":2,"name":"\xc8\x9b"}]}'
    assert opened(page) == ('{"id":1,"name":"L\ufffdmpi"}'.encode(), b'{"id":2,"name":"\xc8\x9b"}')
    with pytest.raises(e.NotJson):
        opened(page[:-10])


@pytest.mark.parametrize("depth", [500, 5_000, 50_000])
@pytest.mark.parametrize("half", [b"", rb"\ud83d"], ids=["whole texts", "half a surrogate pair"])
@pytest.mark.parametrize("shape", [b"[%b,%b,%b]", b'{"0":%b,"2":%b,"10":%b}'], ids=["list", "numbered"])
def test_a_row_that_is_nested_deeply_costs_its_page_nothing(depth: int, half: bytes, shape: bytes) -> None:
    """However deep a decoder of this Python can go."""
    sent = [b'{"id":1,"name":"]["}', b'{"id":2,"new":' + b'[{"a":' * depth + b'"\\"]"' + b"}]" * depth + b"}", b"[3]"]
    body = b'{"isError":false,"messages":[["' + half + b'"]],"results":' + shape % tuple(sent) + b"}"
    assert rows(body) == tuple(sent)


@pytest.mark.parametrize("body", [b"[" * 100_000, b'{"isError":false,"results":' + b"[" * 100_000, b'{"a":' * 100_000])
def test_an_answer_that_is_nothing_but_depth_is_an_error_of_ours(body: bytes) -> None:
    with pytest.raises((e.NotJson, e.MissingIsError)):
        rows(body)


def test_a_php_list_with_gaps_is_a_list() -> None:
    assert rows(done({"10": "c", "2": "b", "0": "a"})) == (b'"a"', b'"b"', b'"c"')


def test_objects_keep_their_decimals() -> None:
    envelope = open_envelope(HttpAnswer(200, {}, done([{"vat_rate": 0.21}])), is_write=False, now=NOW)
    assert result_objects(envelope) == ({"vat_rate": Decimal("0.21")},)
    with pytest.raises(e.MalformedResults):
        result_objects(open_envelope(HttpAnswer(200, {}, done([1])), is_write=False, now=NOW))


@pytest.mark.parametrize(
    ("body", "said"),
    [
        pytest.param({"messages": ["a", "b", "a"]}, ("a", "b"), id="texts"),
        pytest.param({"messages": "a"}, ("a",), id="one text"),
        pytest.param({"messages": [{"message": "a"}, {"text": "b", "field": "ean"}]}, ("a", "ean: b"), id="objects"),
        pytest.param({"messages": {"0": "a", "1": ["b"]}}, ("a", "b"), id="a dict"),
        pytest.param({"messages": None, "errors": [{"message": "a"}]}, ("a",), id="errors"),
        pytest.param({"messages": [None, 7, [], ""]}, (), id="nothing"),
        pytest.param({"messages": ["a\r\nb\x1b[31m"]}, ("a b [31m",), id="control characters"),
        pytest.param({"message": "x" * 1000}, ("x" * 299 + "…",), id="endless"),
    ],
)
def test_messages_are_found_in_every_shape(body: dict[str, Any], said: tuple[str, ...]) -> None:
    answer = HttpAnswer(200, {}, orjson.dumps({"isError": False} | body))
    assert texts(open_envelope(answer, is_write=False, now=NOW)) == said


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


@given(
    st.sampled_from([200, 204, 301, 400, 401, 403, 404, 408, 429, 500, 503]),
    st.dictionaries(st.sampled_from(["isError", "messages", "message", "errors", "results", "x"]), json_values),
)
def test_whatever_comes_is_rows_of_a_proper_answer_or_an_error(status: int, values: dict[str, Any]) -> None:
    try:
        found = rows(orjson.dumps(values), status)
    except e.EmagError:
        return
    assert status == 200
    assert values["isError"] is False
    expected = values["results"]
    assert [orjson.loads(row) for row in found] == (
        expected if isinstance(expected, list) else [expected[key] for key in sorted(expected, key=int)]
    )


@pytest.mark.parametrize(
    ("results", "count"),
    [
        pytest.param({"noOfItems": "2545", "noOfPages": "26", "itemsPerPage": "100"}, (2545, 26), id="as text"),
        pytest.param({"noOfItems": 2545, "noOfPages": 26}, (2545, 26), id="as numbers"),
        pytest.param([{"noOfItems": "7"}], (7, None), id="in a list"),
        pytest.param({"noOfItems": None}, (None, None), id="null"),
        pytest.param({"noOfItems": "many", "noOfPages": True}, (None, None), id="odd"),
        pytest.param(12, (12, None), id="a bare number"),
        pytest.param(-1, (None, None), id="negative"),
        pytest.param({"noOfItems": 16_777_215, "noOfPages": 10**30}, (16_777_215, None), id="more than there are ids"),
        pytest.param({"noOfItems": "99999999999", "noOfPages": "9" * 5000}, (None, None), id="endless text"),
        pytest.param([], (None, None), id="empty list"),
        pytest.param(None, (None, None), id="nothing"),
    ],
)
def test_a_count_is_read_in_every_shape(results: object, count: tuple[int | None, int | None]) -> None:
    assert read_count(results) == OfferCount(*count)
