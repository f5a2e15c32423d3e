"""Every way in which the sandbox can fail: the right error, tried again or not."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, get_args

import pytest

from emagsync.core.errors import ErrorKind
from emagsync.marketplace import EmagClient, HttpOptions, Level, OfferUpdate, RetryPolicy, parse
from emagsync.marketplace import errors as e
from emagsync.sandbox.faults import FaultKind
from marketplace.conftest import Shop

QUICK = HttpOptions(connect_timeout=0.2, read_timeout=0.5)
PATIENT = HttpOptions()
FAULTS: list[tuple[dict[str, Any], type[e.EmagError]]] = [
    *(({"kind": "status", "status": status}, e.ServerFailure) for status in (500, 502, 503, 504, 408)),
    ({"kind": "status", "status": 404}, e.UnexpectedStatus),
    ({"kind": "status", "status": 401}, e.CredentialsRefused),
    ({"kind": "status", "status": 403}, e.AccessBlocked),
    ({"kind": "status", "status": 403, "body": '{"message": "Forbidden"}'}, e.ApiRightMissing),
    ({"kind": "firewall"}, e.AccessBlocked),
    ({"kind": "rate_limited"}, e.RateLimited),
    ({"kind": "rate_limited", "retry_after": 0}, e.RateLimited),
    ({"kind": "timeout"}, e.CallTimeout),
    ({"kind": "slow", "delay_ms": 5000}, e.CallTimeout),
    ({"kind": "drip", "drip_bytes": 1, "delay_ms": 50}, e.CallTimeout),
    ({"kind": "reset"}, e.ReadFailed),
    ({"kind": "reset_body"}, e.ReadFailed),
    ({"kind": "truncated"}, e.TruncatedAnswer),
    ({"kind": "html"}, e.NotJson),
    ({"kind": "html", "status": 503}, e.ServerFailure),
    ({"kind": "empty"}, e.TruncatedAnswer),
    ({"kind": "invalid_json"}, e.NotJson),
    ({"kind": "invalid_utf8"}, e.NotUtf8),
    ({"kind": "missing_is_error"}, e.MissingIsError),
    ({"kind": "is_error"}, e.Refused),
    *(({"kind": "not_allowed", "status": status}, e.CredentialsRefused) for status in (200, 401, 403)),
    *(({"kind": "invalid_ip", "status": status}, e.IpNotAllowed) for status in (200, 401, 403)),
    ({"kind": "null_results"}, e.MalformedResults),
    ({"kind": "wrong_results_type"}, e.MalformedResults),
]
UNNOTICEABLE = {"empty_page", "wrong_page"}  # proper answers: only a second look at the whole catalogue tells
Write = Callable[[EmagClient], Coroutine[Any, Any, Any]]


def limits(error: type[e.EmagError]) -> HttpOptions:
    """Short ones only where time is what fails: a busy machine answers late as well."""
    return QUICK if error is e.CallTimeout else PATIENT


def name(fault: object) -> str:
    return "-".join(str(value) for value in fault.values()) if isinstance(fault, dict) else ""


def test_every_fault_of_the_sandbox_is_met_here() -> None:
    assert {fault["kind"] for fault, _ in FAULTS} == set(get_args(FaultKind)) - UNNOTICEABLE


@pytest.mark.parametrize(("fault", "error"), FAULTS, ids=name)
async def test_a_read_that_fails_is_the_right_error_and_passing_failures_are_tried_again(
    shop: Shop, fault: dict[str, Any], error: type[e.EmagError]
) -> None:
    client = await shop.client(http=limits(error))
    shop.fault(**fault, times=1)
    if error.kind is ErrorKind.TRANSIENT:
        assert len(await client.read_offers(per_page=10)) == 10
        assert shop.outcomes == [error.code, "ok"]
    else:
        with pytest.raises(error) as raised:
            await client.read_offers()
        assert raised.value.attempts == 1
        assert shop.outcomes == [error.code]


async def test_text_that_is_never_utf8_costs_only_its_characters(shop: Shop) -> None:
    """One product's name cost the run of its account, for ever."""
    client = await shop.client()
    shop.fault(kind="invalid_utf8")
    page = await client.read_offers(per_page=10)
    assert shop.outcomes == ["not_json", "ok"]
    read = [parse(raw, page.platform) for raw in page.raw_rows]
    assert [row.offer is not None for row in read] == [True] * 10
    assert [[remark.field for remark in row.remarks] for row in read] == [["name"]] + [[]] * 9
    assert read[0].offer is not None
    assert (read[0].offer.name or "").startswith("\ufffd")


@pytest.mark.parametrize("fault", ["reset", "html", "truncated"])
async def test_a_read_that_keeps_failing_gives_up_with_the_last_error(shop: Shop, fault: str) -> None:
    client = await shop.client()
    shop.fault(kind=fault)
    with pytest.raises(e.EmagError, match=r"^main product_offer/read: ") as raised:
        await client.read_offers()
    assert (raised.value.attempts, raised.value.account, raised.value.route) == (3, "main", "product_offer/read")
    assert len(shop.records) == 3


async def test_nothing_that_failed_is_taken_for_the_end_of_the_offers(shop: Shop) -> None:
    for fault, error in FAULTS:
        client = await shop.client(http=limits(error), retry=RetryPolicy(attempts=1))
        shop.market.faults.clear()
        shop.fault(**fault, pages=[2])
        with pytest.raises(error):
            [page async for page in client.offer_pages(per_page=100)]


LIGHT_SAVE: Write = lambda client: client.save_offers([OfferUpdate(id=7, stock=[Level(1, 4242)])])  # noqa: E731


@pytest.mark.parametrize(("fault", "error"), FAULTS, ids=name)
async def test_a_write_is_repeated_only_when_it_certainly_was_not_applied(
    shop: Shop, fault: dict[str, Any], error: type[e.EmagError]
) -> None:
    client = await shop.client(http=limits(error))
    shop.fault(**fault, times=1)
    if error is e.MalformedResults:  # a call that succeeded, and says nothing about the offer
        assert list((await LIGHT_SAVE(client)).unknown) == [7]
    elif error is e.RateLimited:
        await LIGHT_SAVE(client)
        assert shop.outcomes == ["rate_limited", "ok"]
    elif error is e.Refused:
        with pytest.raises(e.WriteRefused):
            await LIGHT_SAVE(client)
    elif error.kind is ErrorKind.TRANSIENT:
        with pytest.raises(e.UncertainWrite, match="read it back") as raised:
            await LIGHT_SAVE(client)
        assert type(raised.value.cause) is error
    else:
        with pytest.raises(error):
            await LIGHT_SAVE(client)
    assert len(shop.records) == (2 if error is e.RateLimited else 1)


async def test_an_uncertain_write_may_have_been_applied(shop: Shop) -> None:
    client = await shop.client()
    shop.fault(kind="reset", times=1, after_handling=True)
    with pytest.raises(e.UncertainWrite):
        await LIGHT_SAVE(client)
    found = await client.find_offer(7)
    assert found is not None
    assert found.offer is not None
    assert found.offer.stock == 4242


async def test_an_acknowledgement_is_repeated_like_a_read_but_a_refusal_is_final(shop: Shop) -> None:
    client = await shop.client()
    [order, *_] = [order for order in (await client.read_orders()).rows if order["status"] == 1]
    shop.fault(kind="reset", times=1, after_handling=True)
    await client.acknowledge_order(order["id"])
    # The first attempt was carried out, so eMAG refuses the second: it is acknowledged already, as was wanted.
    assert shop.outcomes[-2] == "read_failed"
    assert len(shop.outcomes) == 3
    with pytest.raises(e.WriteRefused):
        await client.acknowledge_order(999_999)


async def test_wrong_credentials_and_addresses_say_what_to_do(shop: Shop) -> None:
    wrong = await shop.client(password="wrong")
    with pytest.raises(e.CredentialsRefused, match="check the API user's name and password"):
        await wrong.read_vat()
    shop.settings(allow_ip=["203.0.113.9"])
    for status in (200, 401, 403):
        shop.settings(refusal_status=status)
        with pytest.raises(e.IpNotAllowed, match=r"127\.0\.0\.1: add it") as raised:
            await (await shop.client()).read_vat()
        assert raised.value.ip == "127.0.0.1"
    assert shop.outcomes == ["credentials_refused"] + ["ip_not_allowed"] * 3
