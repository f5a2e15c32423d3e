"""Orders: what is read, found, acknowledged and saved, against the contract of v4.5.1."""

from datetime import datetime, timedelta

import pytest

TIME = "%Y-%m-%d %H:%M:%S"


async def orders(emag, **body):
    return (await emag.call("order/read", body)).results


async def put(emag, **values):
    """An order of the seller that is in progress and paid on delivery, unless *values* say otherwise."""
    defaults = {"account": "main", "id": 77, "status": 2, "payment_mode_id": 1}
    await emag.control("POST", "/orders", defaults | values)
    [order] = await orders(emag, id=77, type=values.get("type", 3))
    return order


def lines(order, **changes):
    """The order's lines, the first with changes."""
    first, *rest = order["products"]
    return [first | changes, *rest]


async def save(emag, order, **changes):
    return await emag.call("order/save", {"data": [order | changes]})


# Reading


async def test_orders_that_the_seller_ships_come_unless_another_type_is_asked_for(sandbox):
    emag = await sandbox()
    mine, theirs = await orders(emag), await orders(emag, type=2)
    assert {order["type"] for order in mine} == {3}
    assert {order["type"] for order in theirs} == {2}
    assert "type" in (await emag.call("order/read", {"type": [2, 3]})).refusal
    assert (await emag.call("order/count")).results["noOfItems"] == str(len(mine))


async def test_an_order_has_the_shapes_of_v451(sandbox):
    emag = await sandbox()
    mine = await orders(emag)
    assert {type(order["id"]) for order in mine} == {int, str}
    assert {order["delivery_mode"] for order in mine} == {"courier", "pickup", "Livrare 6H"}
    assert any(order["details"] == [] for order in mine)
    assert all(order["details"]["locker_id"] for order in mine if order["delivery_mode"] == "pickup")
    nobody = {"id": None, "name": None}
    assert all((order["reason_cancellation"] == nobody) is (order["status"] != 0) for order in mine)
    assert all("cancellation_reason" not in order and order["refunded_amount"] == "0" for order in mine)
    assert {str(order["proforms"]) for order in mine} == {"[]", "{}", ""}
    assert {str(order["enforced_vendor_courier_accounts"]) for order in mine} >= {"None", "[1]", "[]"}
    assert {str(order["attachments"])[:2] for order in mine} == {"[]", "No", "[{"}
    assert {"created", "modified", "parent_id", "is_storno", "refund_status", "cancellation_request", "flags"} <= set(
        mine[0]
    )


async def test_a_line_names_the_offer_by_text_and_its_vat_as_a_fraction(sandbox):
    emag = await sandbox()
    for order in await orders(emag):
        for line in order["products"]:
            assert isinstance(line["product_id"], str)
            assert int(line["product_id"]) in emag.main.catalogue
            assert line["vat"] == "0.2100"
            assert line["quantity"] + line["storno_qty"] == line["initial_qty"]
            assert line["part_number"] == line["ext_part_number"]
            assert not set(line["part_number"]) & set(" ,;")
            assert {"mkt_id", "part_number_key", "original_price", "serial_numbers", "campaign"} <= set(line)


async def test_the_email_is_a_hash_and_the_company_of_a_person_is_the_name(sandbox):
    emag = await sandbox()
    for order in await orders(emag):
        customer = order["customer"]
        assert customer["email"].endswith("@customer.example")
        assert customer["name"].split()[0].lower() not in customer["email"]
        assert (customer["company"], customer["fax"]) == (customer["name"], None)


async def test_an_order_that_emag_ships_has_neither_customer_nor_lines(sandbox):
    emag = await sandbox()
    assert {str((order["customer"], order["products"])) for order in await orders(emag, type=2)} == {"(None, [])"}


async def test_vouchers_tell_the_discounts_of_the_lines_once_more(sandbox):
    emag = await sandbox()
    found = [order for order in await orders(emag) if order["vouchers"]]
    assert found
    for order in found:
        splits = [split for line in order["products"] for split in line["product_voucher_split"]]
        assert [one["sale_price"] for one in order["vouchers"]] == [split["value"] for split in splits]
        assert all(split["value"].startswith("-") and split["offered_by"] for split in splits)


async def test_several_vouchers_of_different_vat_fall_on_one_line_and_emag_pays_for_some(sandbox):
    emag = await sandbox()
    found = [line["product_voucher_split"] for order in await orders(emag) for line in order["products"]]
    several = [splits for splits in found if len(splits) > 1]
    assert several
    for splits in several:
        assert {split["offered_by"] for split in splits} == {"seller", "eMAG"}
        assert len({split["vat"] for split in splits}) == len({split["voucher_id"] for split in splits}) == 2


async def test_a_customer_asks_to_cancel_while_the_order_is_open(sandbox):
    """ "`cancellation_request` set while status is 2 or 3: the customer wants out"."""
    emag = await sandbox()
    states = {order["status"] for order in await orders(emag) if order["cancellation_request"]}
    assert states & {2, 3}
    assert states <= {1, 2, 3}


@pytest.mark.parametrize("name", ["status", "payment_mode_id"])
@pytest.mark.parametrize("value", [1, "1", [1, 2], [0, "5"]])
async def test_status_and_payment_are_a_value_or_a_list(sandbox, name, value):
    emag = await sandbox()
    wanted = {int(one) for one in (value if isinstance(value, list) else [value])}
    everything = await orders(emag)
    assert await orders(emag, **{name: value}) == [order for order in everything if order[name] in wanted]


@pytest.mark.parametrize("name", ["is_complete", "id"])
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


DAY, LATER = "2026-01-01 00:00:00", "2026-03-01 00:00:00"


@pytest.mark.parametrize(
    ("route", "body", "said"),
    [
        ("order/read", {"createdAfter": DAY, "createdBefore": LATER}, "one month"),
        ("order/read", {"createdBefore": DAY}, "createdAfter"),
        ("order/read", {"modifiedBefore": DAY}, "modifiedAfter"),
        ("order/read", {"modifiedAfter": "yesterday"}, "modifiedAfter"),
        ("order/read", {"currentPage": 65_536}, "65535"),
        ("order/count", {"createdAfter": DAY}, "together"),
        ("order/count", {"modifiedBefore": DAY}, "together"),
        ("order/count", {"createdAfter": DAY, "createdBefore": LATER}, "one month"),
    ],
)
async def test_times_that_emag_does_not_take(sandbox, route, body, said):
    emag = await sandbox(20)
    assert said in (await emag.call(route, body)).refusal


async def test_a_count_takes_both_ends(sandbox):
    emag = await sandbox()
    everything = await orders(emag)
    body = {"createdAfter": everything[0]["date"], "createdBefore": everything[3]["date"]}
    assert (await emag.call("order/count", body)).results["noOfItems"] == "4"


async def test_without_a_filter_the_last_hundred_come(sandbox):
    emag = await sandbox()
    await emag.control("POST", "/orders", [{"account": "main", "id": number} for number in range(1, 131)])
    assert len(await orders(emag, currentPage=2)) == 0
    assert len(await orders(emag, currentPage=2, status=[0, 1, 2, 3, 4, 5])) > 30


async def test_an_account_without_offers_has_no_orders(sandbox):
    emag = await sandbox(0)
    assert await orders(emag) == []


# Acknowledging


async def test_acknowledging_makes_a_new_order_one_in_progress_and_again_answers_400(sandbox):
    emag = await sandbox()
    new = (await orders(emag, status=1))[0]
    assert (await emag.call(f"order/acknowledge/{new['id']}")).results == []
    [now] = await orders(emag, id=new["id"])
    assert now["status"] == 2
    assert now["modified"] > new["modified"]
    again = await emag.call(f"order/acknowledge/{new['id']}")
    assert again.status == 400
    assert "Order is already in progress." in again.refusal


async def test_only_new_orders_of_the_seller_can_be_acknowledged(sandbox):
    emag = await sandbox()
    done = (await orders(emag, status=4))[0]
    reply = await emag.call(f"order/acknowledge/{done['id']}")
    assert (reply.status, "already acknowledged" in reply.refusal) == (400, True)
    theirs = (await orders(emag, type=2))[0]
    assert "fulfilled by eMAG" in (await emag.call(f"order/acknowledge/{theirs['id']}")).refusal
    assert "does not exist" in (await emag.call("order/acknowledge/1")).refusal


# Saving

ALLOWED = {
    (2, 2),
    (2, 3),
    (2, 4),
    (2, 0),
    (3, 3),
    (3, 4),
    (3, 0),
    (4, 3),
    (4, 0),
    (4, 5),
    (0, 2),
    (0, 3),
    (0, 4),
}


@pytest.mark.parametrize("before", range(6))
async def test_states_follow_the_table(sandbox, before):
    emag = await sandbox(20)
    now = emag.market.local_time(emag.main).strftime(TIME)
    for after in (*range(6), 9, -1, "x", None, True):
        order = await put(emag, status=before, modified=now, finalization_date=now)
        reply = await save(emag, order, status=after)
        assert reply.json["isError"] is ((before, after) not in ALLOWED or after is True), (before, after)
        if (before, after) in ALLOWED and after is not True:
            assert (await orders(emag, id=77))[0]["status"] == after


@pytest.mark.parametrize(
    ("before", "after", "hours", "taken"),
    [
        (4, 3, 47, True),
        (4, 3, 49, False),
        (4, 5, 49, True),
        (4, 5, 36 * 24, False),
        (0, 2, 47, True),
        (0, 2, 49, False),
    ],
)
async def test_second_thoughts_are_allowed_for_a_while(sandbox, before, after, hours, taken):
    emag = await sandbox(20)
    since = (emag.market.local_time(emag.main) - timedelta(hours=hours)).strftime(TIME)
    order = await put(emag, status=before, modified=since, finalization_date=since)
    reply = await save(emag, order, status=after)
    assert reply.json["isError"] is not taken


@pytest.mark.parametrize(
    ("known", "change", "said"),
    [
        ({}, lambda order: {"products": lines(order, sale_price="1.0000")}, "sale_price"),
        ({}, lambda order: {"products": lines(order, product_id="9")}, "product_id"),
        ({}, lambda order: {"products": lines(order, part_number="ANOTHER")}, "part_number"),
        ({}, lambda order: {"products": lines(order, ext_part_number="ANOTHER")}, "ext_part_number"),
        ({}, lambda order: {"products": lines(order, quantity=-1)}, "quantity"),
        ({}, lambda order: {"products": lines(order, quantity=99)}, "only be reduced"),
        ({}, lambda order: {"products": lines(order, id=5)}, "ids of the order's lines"),
        ({}, lambda order: {"products": [*order["products"], {"name": "x"}]}, "product_id, status, sale_price"),
        ({}, lambda order: {"products": "none"}, "products"),
        ({}, lambda order: {"shipping_tax": "1.0000"}, "shipping_tax"),
        ({}, lambda order: {"currency": "EUR"}, "currency"),
        ({"payment_mode_id": 3}, lambda order: {"products": lines(order, quantity=0)}, "card online"),
        ({"payment_mode_id": 3}, lambda order: {"products": order["products"][1:]}, "card online"),
        ({"status": 1}, lambda order: {"status": 2}, "acknowledged"),
        ({"status": 0}, lambda order: {"status": 2, "products": order["products"][1:]}, "status 2 and 3"),
        ({"type": 2}, lambda order: {"status": 3}, "fulfilled by eMAG"),
        # Storno of a part.
        ({"status": 4}, lambda order: {"products": lines(order, quantity=0)}, "is_storno"),
        ({"status": 4}, lambda order: {"is_storno": True}, "smaller quantity"),
        ({"status": 4}, lambda order: {"is_storno": True, "products": lines(order, quantity=-1)}, "quantity"),
        ({"status": 3}, lambda order: {"is_storno": True, "products": lines(order, quantity=0)}, "finalized"),
        (
            {"status": 4},
            lambda order: {"is_storno": True, "status": 3, "products": lines(order, quantity=0)},
            "finalized",
        ),
    ],
)
async def test_what_an_order_save_may_not_change(sandbox, known, change, said):
    emag = await sandbox(20)
    now = emag.market.local_time(emag.main).strftime(TIME)
    before = await put(emag, modified=now, finalization_date=now, **known)
    assert said in (await save(emag, before, **change(before))).refusal
    assert await orders(emag, id=77, type=before["type"]) == [before]


async def test_a_line_is_removed_by_its_status_or_by_leaving_it_out(sandbox):
    emag = await sandbox(20)
    order = await put(emag)
    [first, *rest] = order["products"]
    assert (await save(emag, order, products=lines(order, status=0))).results == []
    assert (await orders(emag, id=77))[0]["products"][0]["status"] == 0
    order = await put(emag, products=[first, *rest])
    assert (await save(emag, order, products=rest)).results == []
    assert (await orders(emag, id=77))[0]["products"] == rest


async def test_a_quantity_is_reduced_and_a_line_added(sandbox):
    emag = await sandbox(20)
    order = await put(emag)
    new = {"product_id": "3", "name": "Cablu", "status": 1, "sale_price": "5.0000", "currency": "RON", "quantity": 2}
    assert (await save(emag, order, status=3, products=[*lines(order, quantity=0), new])).results == []
    [after] = await orders(emag, id=77)
    assert (after["status"], after["products"][0]["quantity"]) == (3, 0)
    assert after["products"][-1]["id"] not in [line["id"] for line in order["products"]]
    assert {key: after["products"][-1][key] for key in new} == new


async def test_a_part_of_a_finalized_order_is_taken_back(sandbox):
    emag = await sandbox(20)
    now = emag.market.local_time(emag.main).strftime(TIME)
    order = await put(emag, status=4, finalization_date=now)
    line = order["products"][0]
    assert (await save(emag, order, is_storno=True, products=lines(order, quantity=0))).results == []
    after = (await orders(emag, id=77))[0]["products"][0]
    assert (after["quantity"], after["storno_qty"], after["initial_qty"]) == (
        0,
        line["initial_qty"],
        line["initial_qty"],
    )


async def test_a_returned_order_has_lost_its_quantities(sandbox):
    emag = await sandbox(20)
    now = emag.market.local_time(emag.main).strftime(TIME)
    order = await put(emag, status=4, finalization_date=now)
    assert (await save(emag, order, status=5)).results == []
    [after] = await orders(emag, id=77)
    assert {(line["quantity"], line["storno_qty"] == line["initial_qty"]) for line in after["products"]} == {(0, True)}


async def test_saving_needs_every_field_that_was_read_and_is_all_or_nothing(sandbox):
    emag = await sandbox(20)
    order = await put(emag)
    less = {key: value for key, value in order.items() if key != "customer"}
    assert "customer" in (await save(emag, less, status=3)).refusal
    both = [order | {"status": 3}, order | {"id": 5}]
    assert "does not exist" in (await emag.call("order/save", {"data": both})).refusal
    assert await orders(emag, id=77) == [order]


async def test_one_object_is_refused_and_a_bare_list_only_taken_when_the_setting_says_so(sandbox):
    emag = await sandbox(20)
    order = await put(emag)
    assert (await emag.call("order/save", {"data": order})).refusal == "Expected list of arrays"
    assert "data" in (await emag.call("order/save", [order])).refusal
    await emag.control("POST", "/settings", {"bare_order_saves": True})
    assert (await emag.call("order/save", [order | {"status": 3}])).results == []
    assert (await orders(emag, id=77))[0]["status"] == 3


async def test_the_status_of_a_refused_save_is_the_settings(sandbox):
    emag = await sandbox(20, refused_save_status=400)
    order = await put(emag)
    assert (await save(emag, order, status=1)).status == 400


async def test_a_courier_is_unlocked(sandbox):
    emag = await sandbox(20)
    await put(emag, enforced_vendor_courier_accounts=[1])
    assert (await emag.call("order/77/unlock-courier")).results == []
    assert (await orders(emag, id=77))[0]["enforced_vendor_courier_accounts"] is None
    assert "does not exist" in (await emag.call("order/78/unlock-courier")).refusal
    await put(emag, type=2, enforced_vendor_courier_accounts=[1])
    assert "fulfilled by eMAG" in (await emag.call("order/77/unlock-courier")).refusal


async def test_orders_can_be_added_and_changed_by_the_control_api(sandbox):
    emag = await sandbox()
    await emag.control(
        "POST", "/orders", [{"account": "main", "id": 77, "type": 3}, {"account": "main", "id": 77, "status": 4}]
    )
    assert (await orders(emag, id=77))[0]["status"] == 4
    assert 77 in {order["id"] for order in (await emag.control("GET", "/orders?account=main"))["orders"]}
