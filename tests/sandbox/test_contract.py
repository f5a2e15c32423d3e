"""What the contract refuses or promises around orders, sentence by sentence; the parameters' names quote it."""

import itertools
from datetime import timedelta
from typing import Any, Final

import pytest

TIME: Final = "%Y-%m-%d %H:%M:%S"
NEW_LINE: Final = {"product_id": "3", "name": "Cablu", "status": 1, "sale_price": "5.0000", "currency": "RON"}
PERSON: Final = {
    "name": "Ana",
    "contact": "Ana",
    "phone1": "0700000001",
    "locality_id": 8801,
    "street": "Strada Florilor 1",
}
AWB: Final = {
    "order_id": 77,
    "sender": {"address_id": "00001"},
    "receiver": PERSON,
    "parcel_number": 1,
    "cod": 0,
    "weight": 1,
    "packages": [{"weight": 1, "length": 10, "width": 10, "height": 10}],
}
PDF: Final = "https://facturi.example/1.pdf"


async def put(emag, **values):
    """Order 77: in progress, paid on delivery, two lines of three pieces, unless *values* say otherwise."""
    now = emag.market.local_time(emag.main).strftime(TIME)
    defaults = {"account": "main", "id": 77, "status": 2, "payment_mode_id": 1, "modified": now}
    free = {"finalization_date": now, "enforced_vendor_courier_accounts": None, "delivery_mode": "courier"}
    await emag.control("POST", "/orders", defaults | free | values)
    if values.get("type") != 2 and "products" not in values:
        [order] = (await emag.call("order/read", {"id": 77})).results
        line = order["products"][0] | {"quantity": 3, "initial_qty": 3, "storno_qty": 0, "status": 1}
        await put(emag, **values, products=[line, line | {"id": 5}])
    [order] = (await emag.call("order/read", {"id": 77, "type": values.get("type", 3)})).results
    return order


def lines(order, **changes):
    first, *rest = order["products"]
    return [first | changes, *rest]


async def save(emag, route, *entities):
    return await emag.call(route, {"data": list(entities)})


# Orders


@pytest.mark.parametrize(
    ("status", "change"),
    [
        pytest.param(4, lambda order: {}, id="of 4 to 4 the table says nothing; a storno is 'refused without the key'"),
        *(
            pytest.param(
                4, lambda order, change=change: {"status": 5} | change(order), id=f"{why} only in 2 and 3: {name}"
            )
            for why, name, change in (
                ("lines may be added", "new", lambda order: {"products": [*order["products"], NEW_LINE]}),
                ("lines may be removed", "left out", lambda order: {"products": order["products"][1:]}),
                ("lines may be removed", "status 0", lambda order: {"products": lines(order, status=0)}),
                ("lines may be reduced", "raised", lambda order: {"products": lines(order, quantity=9)}),
            )
        ),
        pytest.param(
            4,
            lambda order: {"is_storno": True, "products": lines(order, quantity=2)[:1]},
            id="lines may be removed only in 2 and 3: not beside a storno",
        ),
        pytest.param(
            2, lambda order: {"products": lines(order, status=5)}, id="a line's status is 1 or 0 cancelled: 5"
        ),
        pytest.param(
            2, lambda order: {"products": lines(order, status="x")}, id="a line's status is 1 or 0 cancelled: x"
        ),
        pytest.param(2, lambda order: {"reason_cancellation": "changed my mind"}, id="reason_cancellation is a number"),
        *(
            pytest.param(
                2,
                lambda order, change=change: {"products": [*order["products"], NEW_LINE | change]},
                id=f"a new line needs {' '.join(change)}: {next(iter(change.values()))!r}",
            )
            for change in (
                *({"product_id": value} for value in (None, "x", -1, [], True)),
                *({"name": value} for value in (None, [], True)),
                *({"status": value} for value in (None, "x", -1, 2, True)),
                *({"sale_price": value} for value in (None, "x", -1, [], True, "1_0")),
                *({"currency": value} for value in (None, [], True)),
                *({"quantity": value} for value in ("x", -1, [], True, "1_0")),
            )
        ),
    ],
)
async def test_an_order_save_is_refused_and_changes_nothing(sandbox, status, change):
    emag = await sandbox(20)
    order = await put(emag, status=status)
    assert (await save(emag, "order/save", order | change(order))).refusal
    assert (await emag.call("order/read", {"id": 77})).results == [order]


async def test_an_added_line_has_everything_that_a_line_has(sandbox):
    """Shape of a line; `product_id` arrives as text, prices as text with four decimals."""
    emag = await sandbox(20)
    order = await put(emag)
    new = NEW_LINE | {"product_id": 3, "sale_price": 5, "quantity": "2"}
    await save(emag, "order/save", order | {"products": [*order["products"], new]})
    [after] = (await emag.call("order/read", {"id": 77})).results
    added, wanted = after["products"][-1], {"quantity": 2, "initial_qty": 2, "storno_qty": 0, "vat": "0.2100"}
    assert added.keys() == order["products"][0].keys()
    assert added == added | NEW_LINE | wanted


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        pytest.param(31, {"id": 31, "name": None}, id="documented as an integer, read as an object"),
        pytest.param({"id": "31", "name": "x"}, {"id": 31, "name": "x"}, id="sent as it is read"),
        pytest.param(None, {"id": None, "name": None}, id="with id null when there is none"),
    ],
)
async def test_the_reason_of_a_cancellation_is_read_as_an_object(sandbox, sent, read):
    emag = await sandbox(20)
    order = await put(emag)
    await save(emag, "order/save", order | {"status": 0, "reason_cancellation": sent})
    assert (await emag.call("order/read", {"id": 77})).results[0]["reason_cancellation"] == read


async def test_what_was_ordered_stays_when_a_line_is_reduced(sandbox):
    """ "quantity + storno_qty = initial_qty"."""
    emag = await sandbox(20)
    order = await put(emag)
    await save(emag, "order/save", order | {"products": lines(order, quantity=1)})
    [line, _] = (await emag.call("order/read", {"id": 77})).results[0]["products"]
    assert (line["quantity"], line["storno_qty"], line["initial_qty"]) == (1, 2, 3)


@pytest.mark.parametrize(("left", "status"), [(1, 4), (0, 5)])
async def test_an_order_is_returned_when_every_piece_was_taken_back(sandbox, left, status):
    """ "5 when every piece was taken back"."""
    emag = await sandbox(20)
    order = await put(emag, status=4)
    for quantities in ((0, 3), (0, left)):
        products = [line | {"quantity": n} for line, n in zip(order["products"], quantities, strict=True)]
        assert (await save(emag, "order/save", order | {"is_storno": True, "products": products})).results == []
        [after] = (await emag.call("order/read", {"id": 77})).results
    assert after["status"] == status


async def test_an_order_that_is_sent_twice_is_judged_by_what_the_first_made_of_it(sandbox):
    """3 goes to 3, 4, 0 and never back to 2."""
    emag = await sandbox(20)
    order = await put(emag)
    assert "from 3 to 2" in (await save(emag, "order/save", order | {"status": 3}, order)).refusal


async def test_a_cancelled_order_is_not_called_acknowledged(sandbox):
    emag = await sandbox(20)
    await put(emag, status=0)
    refused = await emag.call("order/acknowledge/77")
    assert (refused.status, "already" in refused.refusal) == (400, False)


@pytest.mark.parametrize("status", [2, 3, 4, 5])
async def test_acknowledging_twice_may_answer_with_a_warning(sandbox, status):
    """ "... or a warning that it was already acknowledged"."""
    emag = await sandbox(20, acknowledged_again="warning")
    await put(emag, status=status)
    again = await emag.call("order/acknowledge/77")
    assert (again.status, again.results, "already acknowledged" in again.json["messages"][0]) == (200, [], True)
    assert (await emag.call("order/read", {"id": 77})).results[0]["status"] == status


@pytest.mark.parametrize("route", ["order/read", "order/count"])
@pytest.mark.parametrize(("days", "taken"), [(28, True), (29, False)])
async def test_how_long_a_month_is_can_be_chosen(sandbox, route, days, taken):
    """ "At most one month between them (how long a month is, is not said)"."""
    emag = await sandbox(20, order_month_days=28)
    end = emag.market.local_time(emag.main)
    span = {"createdAfter": (end - timedelta(days=days)).strftime(TIME), "createdBefore": end.strftime(TIME)}
    assert (await emag.call(route, span)).json["isError"] is not taken


@pytest.mark.parametrize("route", ["order/read", "order/count"])
async def test_the_last_page_is_65535(sandbox, route):
    emag = await sandbox(20)
    assert (await emag.call(route, {"currentPage": 65_535})).json["isError"] is False
    assert "65535" in (await emag.call(route, {"currentPage": 65_536})).refusal


@pytest.mark.parametrize(("largest", "rows"), [(100, 100), (1000, 130)])
async def test_a_page_of_orders_may_be_larger_when_chosen(sandbox, largest, rows):
    """ "Text says up to 1000 may be asked for, the table says 1..100"."""
    emag = await sandbox(20, largest_order_page=largest)
    for number in range(1, 131):
        emag.market.put_order(emag.main, {"id": number, "status": 5, "is_complete": 0})
    asked = {"status": 5, "is_complete": 0, "itemsPerPage": 1000}
    emag.main.orders = {number: emag.main.orders[number] for number in range(1, 131)}
    assert len((await emag.call("order/read", asked)).results) == rows


async def test_with_pickup_the_street_is_the_lockers(sandbox):
    emag = await sandbox()
    orders = (await emag.call("order/read")).results
    streets = {order["delivery_mode"]: set() for order in orders}
    for order in orders:
        locker = (order["details"] or {}).get("locker_name")
        streets[order["delivery_mode"]].add(order["customer"]["shipping_street"] == locker)
    assert streets == {"courier": {False}, "pickup": {True}, "Livrare 6H": {False}}


@pytest.mark.parametrize(
    ("route", "method"),
    [
        ("order/acknowledge", "POST"),
        ("order/unlock-courier", "POST"),
        ("offer_stock", "PATCH"),
        ("order/create", "POST"),
    ],
)
async def test_a_route_without_its_id_is_no_route(sandbox, route, method):
    """Other answers: 404 `{"message": "Invalid URL"}`."""
    emag = await sandbox(20)
    answer = await emag.call(route, method=method)
    assert (answer.status, answer.json) == (404, {"message": "Invalid URL"})


# Attachments


@pytest.mark.parametrize(
    ("change", "taken"),
    [
        pytest.param(
            {"url": "https://facturi.example/invoice/12"}, True, id="eMAG fetches it: an address without a name"
        ),
        pytest.param(
            {"url": "https://facturi.example/i.php?id=3"}, True, id="eMAG fetches it: an address of a program"
        ),
        pytest.param({"url": "https://facturi.example/1.PDF?a=1"}, True, id="only PDF"),
        pytest.param({"url": "https://facturi.example/1.docx"}, False, id="only PDF: a letter"),
        pytest.param({"url": "https://["}, False, id="from the URL: no address"),
        pytest.param({"url": "https:///1.pdf"}, False, id="from the URL: no host"),
        pytest.param({"url": ["https://x.example/1.pdf"]}, False, id="from the URL: a list"),
        pytest.param({"name": ["Factura"]}, False, id="name: a list"),
    ],
)
async def test_an_attachment(sandbox, change, taken):
    emag = await sandbox(20)
    await put(emag, attachments=[])
    sent = {"order_id": 77, "order_type": 3, "type": 1, "name": "Factura", "url": PDF} | change
    assert (await save(emag, "order/attachments/save", sent)).json["isError"] is not taken
    kept = (await emag.call("order/attachments/read", {"order_id": 77})).results
    assert [one["url"] for one in kept] == ([sent["url"]] if taken else [])


@pytest.mark.parametrize("in_one_call", [True, False])
async def test_a_line_has_one_warranty(sandbox, in_one_call):
    """ "3 warranty (with `order_product_id` = line id, one a line)"; the same address again is no second one."""
    emag = await sandbox(20)
    order = await put(emag, attachments=None)
    ids = [line["id"] for line in order["products"]]
    first, other = ({"order_id": 77, "order_type": 3, "type": 3, "url": PDF, "order_product_id": one} for one in ids)
    second = first | {"url": "https://facturi.example/2.pdf"}
    if not in_one_call:
        await save(emag, "order/attachments/save", first)
        assert (await save(emag, "order/attachments/save", first)).results == []
    refused = await save(emag, "order/attachments/save", *([first] if in_one_call else []), second)
    assert "one for each" in refused.refusal
    both = [first, other | {"url": "https://facturi.example/2.pdf"}]
    assert (await save(emag, "order/attachments/save", *both)).results == []


@pytest.mark.parametrize("in_one_call", [True, False])
async def test_documents_are_told_apart_by_address_type_and_line(sandbox, in_one_call):
    emag = await sandbox(20)
    order = await put(emag, attachments=None)
    sent = {"order_id": 77, "order_type": 3, "url": PDF}
    documents = [sent | {"type": kind, "name": f"Document {kind}"} for kind in (1, 4, 8, 10, 11)]
    documents += [sent | {"type": 3, "name": "W", "order_product_id": line["id"]} for line in order["products"]]
    for call in [documents] if in_one_call else [[one] for one in documents]:
        await save(emag, "order/attachments/save", *call)
    again = documents[0] | {"name": "Document 1, second edition"}
    assert (await save(emag, "order/attachments/save", again)).results == []
    kept = (await emag.call("order/attachments/read", {"order_id": 77})).results
    wanted = [*documents[1:], again]
    assert [{key: one[key] for key in sent} for sent, one in zip(wanted, kept, strict=True)] == wanted


# AWB


@pytest.mark.parametrize(
    ("change", "said"),
    [
        pytest.param({"receiver": {"address_id": "00001"}}, "receiver", id="address_id is for the seller's side"),
        pytest.param({"receiver": PERSON | {"locality_id": "Cluj"}}, "locality_id", id="locality_id of the receiver"),
        pytest.param({"receiver": PERSON | {"street": ["x"]}}, "street", id="street of the receiver"),
        pytest.param({"receiver": PERSON | {"phone1": "070000000012"}}, "phone1", id="phone1 8-11 digits: 12"),
        pytest.param({"receiver": PERSON | {"phone1": "0700000"}}, "phone1", id="phone1 8-11 digits: 7"),
        pytest.param({"parcel_number": 1.5}, "parcel_number", id="parcel_number is a count"),
        pytest.param({"parcel_number": "1_0"}, "parcel_number", id="parcel_number in digits"),
        pytest.param({"currency": ["RON"]}, "currency", id="currency is a text"),
        *(
            pytest.param({"packages": [AWB["packages"][0] | {side: "wide"}]}, side, id=f"{side} of a package in cm")
            for side in ("length", "width", "height")
        ),
    ],
)
async def test_an_awb_is_not_issued(sandbox, change, said):
    emag = await sandbox(20)
    order = await put(emag)
    assert said in (await emag.call("awb/save", {"data": AWB | change})).refusal
    assert emag.main.fulfilment.awbs == {}
    assert (await emag.call("order/read", {"id": 77})).results == [order]


async def test_a_package_without_sizes_may_say_so_with_nulls(sandbox):
    """ "All four or none"."""
    emag = await sandbox(20)
    await put(emag)
    empty = dict.fromkeys(("weight", "length", "width", "height"))
    assert (await emag.call("awb/save", {"data": AWB | {"packages": [empty]}})).json["isError"] is False


@pytest.mark.parametrize("body", [{}, {"order_id": 77}])
async def test_an_awb_is_not_found_by_its_order(sandbox, body):
    """ "`awb/read` filters only `emag_id` and `reservation_id`, there is no way to find an AWB by order afterwards"."""
    emag = await sandbox(20)
    await put(emag)
    await emag.call("awb/save", {"data": AWB})
    assert "reservation_id" in (await emag.call("awb/read", body)).refusal


@pytest.mark.parametrize(
    ("street", "courier"),
    [
        pytest.param(None, 2, id="an unchanged locker in the street wins"),
        pytest.param("Strada Florilor 1", 1, id="changed"),
    ],
)
async def test_with_pickup_the_locker_wins_over_the_chosen_account(sandbox, street, courier):
    emag = await sandbox(20)
    order = await put(emag)
    locker = order["customer"] | {"shipping_street": "Locker Piața Mare"}
    await put(emag, delivery_mode="pickup", customer=locker)
    sent = AWB | {"courier_account_id": 1, "receiver": PERSON | {"street": street or locker["shipping_street"]}}
    issued = (await emag.call("awb/save", {"data": sent})).results
    [awb] = (await emag.call("awb/read", {"reservation_id": issued["reservation_id"]})).results
    assert awb["courier"]["courier_account_id"] == courier


@pytest.mark.parametrize(
    ("enforced", "said"),
    [
        pytest.param([9], "no AWB can be issued", id="list = only these: one that the seller does not have"),
        pytest.param(["2"], None, id="list = only these: as text"),
    ],
)
async def test_enforced_courier_accounts(sandbox, enforced, said):
    emag = await sandbox(20)
    await put(emag, enforced_vendor_courier_accounts=enforced)
    answer = await emag.call("awb/save", {"data": AWB})
    assert answer.json["isError"] is (said is not None)
    assert (said or "") in str(answer.json["messages"])


# Returns


@pytest.fixture
async def a_return(sandbox) -> tuple[Any, dict[str, Any]]:
    emag = await sandbox()
    return emag, (await emag.call("rma/read")).results[0]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        pytest.param({"courier_account_id": 2}, "courier_account_id", id="courier_account_type 2 is for orders"),
        pytest.param({"sender": {"address_id": "00001"}}, "sender", id="the seller's side is the receiver"),
        pytest.param({"date": "2999-01-01 or later"}, "date", id="date"),
    ],
)
async def test_a_parcel_of_a_return_is_not_issued(a_return, change, said):
    emag, returned = a_return
    emag.market.put_order(emag.main, {"id": int(returned["order_id"]), "enforced_vendor_courier_accounts": None})
    whole = {"order_id": returned["order_id"], "rma_id": returned["emag_id"], "date": "2999-01-01"}
    sides = {"sender": PERSON, "receiver": {"address_id": "00002"}}
    assert said in (await emag.call("awb/save", {"data": AWB | whole | sides | change})).refusal
    assert (await emag.call("awb/save", {"data": AWB | whole | sides})).json["isError"] is False


@pytest.mark.parametrize("body", [[1], {}, {"data": {}}, {"data": []}, {"data": [{"emag_id": "x"}]}, {"data": [{}]}])
async def test_any_refused_rma_save_has_a_list_in_a_list(sandbox, body):
    emag = await sandbox(20)
    answer = await emag.call("rma/save", body)
    assert (answer.json["isError"], answer.json["results"]) == (True, [[]])


async def test_returns_are_found_by_the_time_and_by_the_day(a_return):
    """Dates are `YYYY-MM-DD HH:MM:SS`; a day is meant whole."""
    emag, returned = a_return
    found = (await emag.call("rma/read")).results
    moment, day = returned["date"], returned["date"][:10]
    same_day = [one for one in found if one["date"].startswith(day)]
    same_time = [one for one in found if one["date"] == moment]
    assert (await emag.call("rma/read", {"date_start": moment, "date_end": moment})).results == same_time
    assert (await emag.call("rma/read", {"date_start": day, "date_end": day})).results == same_day
    assert (await emag.call("rma/count", {"date_start": moment, "date_end": moment})).results["noOfItems"] == str(
        len(same_time)
    )


async def test_the_history_of_a_return_grows_and_its_dates_have_several_forms(a_return):
    """ "Some history dates carry microseconds or ISO `T`"."""
    emag, returned = a_return
    emag.main.fulfilment.returns[returned["emag_id"]] |= {"request_status": 2, "status_history": []}
    for status in (3, 6, 7):
        assert (await save(emag, "rma/save", {"emag_id": returned["emag_id"], "request_status": status})).results == []
    [after] = (await emag.call("rma/read", {"emag_id": returned["emag_id"]})).results
    assert [event["code"] for event in after["status_history"]] == ["approved", "received", "finalized"]
    found = (await emag.call("rma/read")).results
    dates = [event["event_date"] for one in found for event in one["status_history"]]
    assert {(date[10], len(date)) for date in dates} == {(" ", 19), ("T", 19), (" ", 26)}


# Filters


@pytest.mark.parametrize(
    ("route", "name"),
    [
        *itertools.product(
            ("rma/read", "rma/count", "invoice/read", "customer-invoice/read"), ("date_start", "date_end")
        ),
        *itertools.product(("locality/read", "locality/count"), ("modified",)),
        *itertools.product(("order/read", "order/count"), ("createdAfter", "modifiedAfter")),
    ],
)
@pytest.mark.parametrize("value", ["yesterday", "20260101", "2026-1-1", 5, ["2026-01-01"], "2026-01-01T00:00:00"])
async def test_a_time_in_another_form_is_refused(sandbox, route, name, value):
    emag = await sandbox(20)
    both = {"createdBefore": "2026-01-02 00:00:00"} if name == "createdAfter" else {}
    both |= {"modifiedBefore": "2026-01-02 00:00:00"} if name == "modifiedAfter" else {}
    assert name in (await emag.call(route, {name: value} | both)).refusal


@pytest.mark.parametrize(
    ("route", "name"),
    [
        *(("rma/read", name) for name in ("id", "emag_id", "order_id", "product_id", "product_emag_id")),
        *(("rma/count", name) for name in ("request_status", "type")),
        *(("order/attachments/read", name) for name in ("order_id", "order_type", "type")),
        *(("invoice/read", "category"), ("customer-invoice/read", "order_id"), ("locality/read", "emag_id")),
        *(("awb/read", "reservation_id"), ("courier_accounts/read", "account_id")),
    ],
)
@pytest.mark.parametrize("value", [[1], {"a": 1}, True])
async def test_a_filter_takes_one_value(sandbox, route, name, value):
    """ "(one or list)" is said of `status` and `payment_mode_id` of `order/read` alone."""
    emag = await sandbox(20)
    assert name in (await emag.call(route, {name: value})).refusal


@pytest.mark.parametrize(
    "route",
    [
        *("order/save", "order/attachments/save", "awb/save", "awb/package/save", "rma/save", "measurements/save"),
        *("campaign_proposals/save", "product_offer/save", "offer/save"),
    ],
)
async def test_any_refused_write_may_come_with_status_400(sandbox, route):
    """ "400 with `isError: true` (an order that is already acknowledged, a refused write)"."""
    emag = await sandbox(20, refused_save_status=400)
    answer = await emag.call(route, {"data": [{}]})
    assert (answer.status, answer.json["isError"]) == (400, True)


ODD: Final = (None, "", "x", -1, 1.5, [], {"a": 1}, [[]], True, "9" * 5000)
OFFER: Final = {
    "id": 5,
    "sale_price": "12.5000",
    "min_sale_price": "1",
    "max_sale_price": "99",
    "recommended_price": None,
    "currency_type": "EUR",
    "vat_id": 1,
    "status": 1,
    "stock": [{"warehouse_id": 1, "value": 5}],
    "handling_time": [{"warehouse_id": 1, "value": 0}],
}
CONTENT: Final = {
    "name": "Nou",
    "part_number": "N-1",
    "brand": "OEM",
    "category_id": 3001,
    "ean": ["5941234567899"],
    "images": [{"url": "https://x.example/1.jpg", "display_type": 1}],
    "characteristics": [{"id": 1, "value": "x"}],
    "emag_club": 1,
    "warranty": 12,
    "green_tax": "1",
    "start_date": None,
}
BOX: Final = {"length": 20, "width": 15, "height": 10, "weight": 1}


def spoiled(entity: Any) -> Any:
    """*entity* with one of its values, however deep, replaced by an odd one; each value by each odd one in turn."""
    places = entity.items() if isinstance(entity, dict) else enumerate(entity) if isinstance(entity, list) else ()
    for place, value in places:
        for odd in (*ODD, *spoiled(value)):
            changed = entity.copy()
            changed[place] = odd
            yield changed


@pytest.mark.parametrize(
    ("route", "entity"),
    [
        ("order/save", {"id": 77, "status": 2, "products": [NEW_LINE | {"quantity": 1}], "is_storno": False}),
        ("order/attachments/save", {"order_id": 77, "order_type": 3, "name": "F", "url": PDF, "type": 3}),
        ("awb/save", AWB | {"courier_account_id": 1, "currency": "RON", "rma_id": None, "date": None}),
        ("awb/package/save", BOX | {"label": "Mică"}),
        ("rma/save", {"emag_id": 8_000_000, "request_status": 3}),
        ("measurements/save", BOX | {"id": 5}),
        ("campaign_proposals/save", {"id": 5, "campaign_id": 1, "sale_price": 5, "stock": 5, "date_intervals": [{}]}),
        ("offer/save", OFFER),
        ("product_offer/save", OFFER | CONTENT),
        ("product_offer/save", OFFER | CONTENT | {"id": 900}),
    ],
)
async def test_a_value_of_any_type_gets_an_answer(sandbox, route, entity):
    """Each answer is `{"isError", "messages", "errors", "results"}`, and what was saved stays readable."""
    emag = await sandbox(20)
    order = await put(emag)
    for sent in spoiled(entity):
        whole = order | sent if route == "order/save" else sent
        answer = await emag.call(route, [whole] if route == "offer/save" else {"data": [whole]})
        assert answer.status == 200, sent
        assert answer.json.keys() == {"isError", "messages", "errors", "results"}
    ean = CONTENT["ean"][0]
    for read in ("order/read", "order/volumetry/read", "customer-invoice/read", "invoice/read", "product_offer/read"):
        assert (await emag.call(read, {"order_id": 77} if "volumetry" in read else {})).status == 200
    assert (await emag.call(f"documentation/find_by_eans?eans[]={ean}", method="GET")).status == 200
