"""Orders."""

from datetime import datetime, timedelta

import pytest


async def orders(emag, **body):
    return (await emag.call("order/read", body)).results


async def test_orders_that_the_seller_ships_come_unless_another_type_is_asked_for(sandbox):
    emag = await sandbox()
    mine, theirs = await orders(emag), await orders(emag, type=2)
    assert {order["type"] for order in mine} == {3}
    assert {order["type"] for order in theirs} == {2}
    assert (await emag.call("order/count")).results["noOfItems"] == str(len(mine))


async def test_an_order_line_points_at_an_offer_and_the_email_is_a_hash(sandbox):
    emag = await sandbox()
    for order in await orders(emag):
        assert "@" in order["customer"]["email"]
        assert order["customer"]["name"].split()[0].lower() not in order["customer"]["email"]
        assert all(line["product_id"] in emag.main.catalogue for line in order["products"])


@pytest.mark.parametrize("status", [1, "1", [1, 2], [0, "5"]])
async def test_a_status_is_a_value_or_a_list(sandbox, status):
    emag = await sandbox()
    wanted = {int(value) for value in (status if isinstance(status, list) else [status])}
    everything = await orders(emag)
    assert await orders(emag, status=status) == [order for order in everything if order["status"] in wanted]


@pytest.mark.parametrize("name", ["payment_mode_id", "is_complete", "id"])
async def test_other_filters_pick_equal_values(sandbox, name):
    emag = await sandbox()
    everything = await orders(emag)
    value = everything[0][name]
    assert await orders(emag, **{name: value}) == [order for order in everything if order[name] == value]


async def test_orders_are_found_by_when_they_were_made(sandbox):
    emag = await sandbox()
    everything = await orders(emag)
    start, end = everything[2]["date"], everything[6]["date"]
    assert await orders(emag, createdAfter=start, createdBefore=end) == everything[2:7]
    late = str(datetime.fromisoformat(end) + timedelta(minutes=5))
    assert await orders(emag, modifiedAfter=late) == everything[6:]


async def test_times_are_at_most_a_month_apart(sandbox):
    emag = await sandbox()
    body = {"createdAfter": "2026-01-01 00:00:00", "createdBefore": "2026-03-01 00:00:00"}
    assert "one month" in (await emag.call("order/read", body)).refusal
    assert "modifiedAfter" in (await emag.call("order/read", {"modifiedAfter": "yesterday"})).refusal


async def test_acknowledging_makes_a_new_order_one_in_progress(sandbox):
    emag = await sandbox()
    new = (await orders(emag, status=1))[0]
    assert (await emag.call(f"order/acknowledge/{new['id']}")).results == []
    [now] = await orders(emag, id=new["id"])
    assert now["status"] == 2
    assert now["modified"] > new["modified"]


async def test_only_new_orders_can_be_acknowledged(sandbox):
    emag = await sandbox()
    done = (await orders(emag, status=4))[0]
    assert "status 4" in (await emag.call(f"order/acknowledge/{done['id']}")).refusal
    assert "does not exist" in (await emag.call("order/acknowledge/1")).refusal


async def test_saving_an_order_needs_every_field_that_was_read(sandbox):
    emag = await sandbox()
    order = (await orders(emag, status=2))[0]
    less = {key: value for key, value in order.items() if key != "customer"}
    assert "customer" in (await emag.call("order/save", {"data": [less | {"status": 3}]})).refusal
    assert (await emag.call("order/save", {"data": [order | {"status": 3}]})).results == []
    assert (await orders(emag, id=order["id"]))[0]["status"] == 3


async def test_orders_can_be_added_and_changed_by_the_control_api(sandbox):
    emag = await sandbox()
    await emag.control(
        "POST", "/orders", [{"account": "main", "id": 77, "type": 3}, {"account": "main", "id": 77, "status": 4}]
    )
    assert (await orders(emag, id=77))[0]["status"] == 4
    assert 77 in {order["id"] for order in (await emag.control("GET", "/orders?account=main"))["orders"]}


async def test_an_account_without_offers_has_no_orders(sandbox):
    emag = await sandbox(0)
    assert await orders(emag) == []
