"""What is around orders: documents, parcels, returns, invoices, places, measurements, campaigns (v4.5.1)."""

import base64
from datetime import timedelta

import pytest

from emagsync.sandbox.catalogue import generated
from emagsync.sandbox.gateway import group_of
from emagsync.sandbox.marketplace import Account, Marketplace
from emagsync.sandbox.platforms import PLATFORMS
from emagsync.sandbox.resources import ROUTES


async def put(emag, **values):
    await emag.control("POST", "/orders", {"account": "main", "id": 77, "status": 2} | values)


async def order(emag, order_id=77):
    [found] = (await emag.call("order/read", {"id": order_id})).results
    return found


async def send(emag, route, *entities):
    return await emag.call(route, {"data": list(entities)})


@pytest.mark.parametrize(
    "route",
    [
        *("order/attachments/read", "order/attachments/save", "order/volumetry/read", "order/unlock-courier"),
        *("measurements/save", "campaign_proposals/save", "awb/save", "awb/read", "awb/read_pdf", "awb/read_zpl"),
        *(
            "awb/package/read",
            "awb/package/save",
            "rma/read",
            "rma/count",
            "rma/save",
            "locality/read",
            "locality/count",
        ),
        *("addresses/read", "courier_accounts/read", "invoice/read", "invoice/categories", "customer-invoice/read"),
    ],
)
def test_every_documented_route_is_there_and_draws_on_its_budget(route):
    assert any(route == known for _, known in ROUTES)
    assert group_of(route) == ("orders" if route.startswith("order/") else "other")


async def test_the_prefix_is_in_the_address_once(sandbox):
    emag = await sandbox(20)
    assert (await emag.call("api-3/invoice/read")).status == 404
    assert (await emag.call("message/read")).status == 404


@pytest.mark.parametrize(
    "route",
    ["measurements/save", "campaign_proposals/save", "order/attachments/save", "rma/save", "awb/package/save"],
)
async def test_saves_take_a_list_in_data_only(sandbox, route):
    emag = await sandbox(20)
    for body in ([{"id": 1}], {"data": {"id": 1}}, {"data": []}, {"id": 1}, {"data": [1]}):
        assert (await emag.call(route, body)).json["isError"] is True


# Documents of orders

INVOICE = {"order_id": 77, "order_type": 3, "name": "Factura 1", "url": "https://facturi.example/1.pdf", "type": 1}


async def test_a_document_is_attached_once_and_read_back(sandbox):
    emag = await sandbox(20)
    await put(emag, attachments=None)
    for _ in range(2):
        assert (await send(emag, "order/attachments/save", INVOICE)).results == []
    [found] = (await emag.call("order/attachments/read", {"order_id": 77})).results
    assert {key: found[key] for key in INVOICE} == INVOICE
    assert [one["url"] for one in (await order(emag))["attachments"]] == [INVOICE["url"]]
    assert (await emag.call("order/attachments/read", {"order_id": 78})).results == []


async def test_a_document_of_an_order_that_emag_ships_is_taken(sandbox):
    emag = await sandbox(20)
    await put(emag, type=2)
    assert (await send(emag, "order/attachments/save", INVOICE | {"order_type": 2})).results == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"order_type": None}, "order_type"),
        ({"order_type": 2}, "not of type 2"),
        ({"order_id": 9}, "does not exist"),
        ({"type": 2}, "type"),
        ({"name": "x" * 61}, "60"),
        ({"url": "https://facturi.example/1.jpg"}, "PDF"),
        ({"url": "ftp://facturi.example/1.pdf"}, "PDF"),
        ({"url": f"https://facturi.example/{'1' * 1024}.pdf"}, "1024"),
        ({"type": 3}, "order_product_id"),
        ({"type": 3, "order_product_id": 5}, "order_product_id"),
    ],
)
async def test_documents_that_are_refused(sandbox, change, said):
    emag = await sandbox(20)
    await put(emag)
    assert said in (await send(emag, "order/attachments/save", INVOICE | change)).refusal


async def test_volumetry_is_for_orders_with_one_piece_of_each_product(sandbox):
    emag = await sandbox(20)
    await put(emag)
    lines = [line | {"quantity": 1} for line in (await order(emag))["products"]]
    await put(emag, products=lines)
    await send(
        emag,
        "measurements/save",
        {"id": lines[0]["product_id"], "length": 120, "width": "30", "height": 5, "weight": 250},
    )
    found = (await emag.call("order/volumetry/read", {"order_id": 77})).results
    assert (found["order_id"], found["type"], len(found["volumetric_data"])) == (77, 3, len(lines))
    measured = {"product_id": int(lines[0]["product_id"]), "weight": 0.25, "length": 12, "width": 3, "height": 0.5}
    assert measured in found["volumetric_data"]
    await put(emag, products=[lines[0] | {"quantity": 2}])
    assert "one piece" in (await emag.call("order/volumetry/read", {"order_id": 77})).refusal
    assert "order_id" in (await emag.call("order/volumetry/read")).refusal


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"id": 999}, "does not exist"),
        ({"id": 1, "length": 1, "width": 1, "height": 1}, "weight"),
        ({"id": 1, "length": -1, "width": 1, "height": 1, "weight": 1}, "length"),
        ({"id": 1, "length": "wide", "width": 1, "height": 1, "weight": 1}, "length"),
    ],
)
async def test_measurements_that_are_refused(sandbox, sent, said):
    emag = await sandbox(20)
    assert said in (await send(emag, "measurements/save", sent)).refusal


PROPOSAL = {"id": 1, "campaign_id": 344, "sale_price": "51.6477", "stock": 255}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"stock": 256}, "stock"),
        ({"stock": 1.5}, "stock"),
        ({"campaign_id": "34.4"}, "campaign_id"),
        ({"stock": None}, "stock"),
        ({"campaign_id": None}, "campaign_id"),
        ({"sale_price": 0}, "sale_price"),
        ({"id": 999}, "does not exist"),
        ({"voucher_discount": 5}, "voucher_discount"),
        ({"date_intervals": [{}] * 31}, "date_intervals"),
    ],
)
async def test_offers_are_proposed_for_a_campaign(sandbox, change, said):
    emag = await sandbox(20)
    assert (await send(emag, "campaign_proposals/save", PROPOSAL)).results == []
    assert said in (await send(emag, "campaign_proposals/save", PROPOSAL | change)).refusal


# Parcels

PERSON = {"name": "Ana", "contact": "Ana", "phone1": "0700000001", "locality_id": 8801, "street": "Strada Florilor 1"}
AWB = {
    "order_id": 77,
    "sender": {"address_id": "00001"},
    "receiver": PERSON,
    "envelope_number": 0,
    "parcel_number": 2,
    "cod": "120.5",
    "weight": 3,
    "packages": [
        {"weight": 1, "length": 10, "width": 10, "height": 10},
        {"weight": 2, "length": 10, "width": 10, "height": 10},
    ],
}


async def test_the_first_awb_finalizes_the_order_and_is_found_by_its_own_ids_only(sandbox):
    emag = await sandbox(20)
    await put(emag, enforced_vendor_courier_accounts=None)
    issued = (await emag.call("awb/save", {"data": AWB})).results
    assert [len(label["awb_barcode"]) > 8 for label in issued["awb"]] == [True, True]
    assert (await order(emag))["status"] == 4
    assert (await order(emag))["finalization_date"] is not None
    for body in ({"emag_id": issued["awb"][1]["emag_id"]}, {"reservation_id": str(issued["reservation_id"])}):
        [found] = (await emag.call("awb/read", body)).results
        assert (found["order_id"], found["cash_on_delivery"], found["currency"]) == (77, "120.50", "RON")
    assert (await emag.call("awb/read", {"emag_id": 1})).results == []
    again = (await send(emag, "awb/save", AWB)).results
    assert again["reservation_id"] != issued["reservation_id"]


@pytest.mark.parametrize(
    ("known", "change", "said"),
    [
        ({}, {"order_id": 9}, "does not exist"),
        ({"type": 2}, {}, "fulfilled by eMAG"),
        ({"status": 1}, {}, "status 1"),
        ({"status": 0}, {}, "cancelled"),
        ({"enforced_vendor_courier_accounts": []}, {}, "no AWB"),
        ({"enforced_vendor_courier_accounts": [1]}, {"courier_account_id": 2}, "courier_account_id"),
        ({}, {"courier_account_id": 9}, "courier_account_id"),
        ({}, {"parcel_number": 0}, "both be 0"),
        ({}, {"weight": 4}, "sum"),
        ({}, {"packages": [{"weight": 3}]}, "none of them"),
        ({}, {"sender": None}, "sender"),
        ({}, {"sender": {"address_id": "99999"}}, "address_id"),
        ({}, {"receiver": PERSON | {"phone1": "0712"}}, "phone1"),
        ({}, {"receiver": {"name": "Ana"}}, "locality_id"),
        ({}, {"rma_id": 5}, "Return 5"),
        ({}, {"cod": -1}, "cod"),
    ],
)
async def test_awbs_that_are_not_issued(sandbox, known, change, said):
    emag = await sandbox(20)
    await put(emag, **({"enforced_vendor_courier_accounts": None} | known))
    assert said in (await emag.call("awb/save", {"data": AWB | change})).refusal
    assert emag.main.fulfilment.awbs == {}


async def test_labels_are_bytes_or_base64_and_refusals_json_with_200(sandbox):
    emag = await sandbox(20)
    await put(emag, enforced_vendor_courier_accounts=None)
    label = (await emag.call("awb/save", {"data": AWB})).results["awb"][0]
    pdf = await emag.call(f"awb/read_pdf?emag_id={label['emag_id']}&awb_format=A6", method="GET")
    assert (pdf.headers["Content-Type"].partition(";")[0], pdf.body[:5]) == ("application/pdf", b"%PDF-")
    zpl = (await emag.call(f"awb/read_zpl?emag_id={label['emag_id']}", method="GET")).results
    assert label["awb_barcode"] in base64.b64decode(zpl["deliveries"][0]["awbs"]["content"][0]).decode()
    for query in ("emag_id=1", "", f"emag_id={label['emag_id']}&awb_format=A3"):
        refused = await emag.call(f"awb/read_pdf?{query}", method="GET")
        assert (refused.status, bool(refused.refusal)) == (200, True)


async def test_boxes_are_saved_by_their_label(sandbox):
    emag = await sandbox(20)
    box = {"label": "Mică", "length": 20, "width": 15, "height": 10, "weight": 1}
    await send(emag, "awb/package/save", box, box | {"label": "Mare"})
    await send(emag, "awb/package/save", box | {"weight": 2})
    assert sorted((one["label"], one["weight"]) for one in (await emag.call("awb/package/read")).results) == [
        ("Mare", 1),
        ("Mică", 2),
    ]
    less = {name: value for name, value in box.items() if name != "height"}
    assert "height" in (await send(emag, "awb/package/save", less)).refusal


# Returns


async def test_returns_have_the_shapes_of_v451_and_are_found(sandbox):
    emag = await sandbox()
    found = (await emag.call("rma/read")).results
    assert (await emag.call("rma/count")).results["noOfItems"] == str(len(found))
    assert all(isinstance(one["order_id"], str) and isinstance(one["products"][0]["quantity"], str) for one in found)
    assert {type(one["locker"]) for one in found} == {list, dict}
    assert {"finalized_with_incident", "courier_name", "currency", "extra_info", "status_history"} <= set(found[0])
    first = found[0]
    for name, value in (
        ("emag_id", first["emag_id"]),
        ("order_id", first["order_id"]),
        ("product_id", first["products"][0]["product_id"]),
        ("date_end", first["date"][:10]),
    ):
        assert first in (await emag.call("rma/read", {name: value})).results
    assert (await emag.call("rma/read", {"request_status": 6})).results == [
        one for one in found if one["request_status"] == 6
    ]
    assert (await emag.call("rma/read", {"date_start": "2999-01-01"})).results == []


async def test_returns_go_from_state_to_state_and_a_refusal_has_a_list_in_a_list(sandbox):
    emag = await sandbox()
    found = (await emag.call("rma/read")).results
    allowed = {(2, 3), (2, 5), (3, 5), (3, 6), (6, 4), (6, 7)}
    for before in range(1, 8):
        for after in range(1, 9):
            emag.main.fulfilment.returns[found[0]["emag_id"]]["request_status"] = before
            reply = await send(emag, "rma/save", {"emag_id": found[0]["emag_id"], "request_status": after})
            taken = (before, after) in allowed
            assert reply.json["isError"] is not taken, (before, after)
            assert reply.json["results"] == ([] if taken else [[]])
    assert (await send(emag, "rma/save", {"emag_id": 1, "request_status": 3})).json["results"] == [[]]


async def test_a_parcel_of_a_return_needs_a_day_from_tomorrow_on(sandbox):
    emag = await sandbox()
    returned = (await emag.call("rma/read")).results[0]
    sides = {"sender": PERSON, "receiver": {"address_id": "00002"}}
    body = AWB | sides | {"order_id": returned["order_id"], "rma_id": returned["emag_id"], "cod": 0}
    today = emag.market.local_time(emag.main).date()
    await put(emag, id=int(returned["order_id"]), enforced_vendor_courier_accounts=None, status=4)
    for day, said in ((None, "date"), (str(today), "tomorrow")):
        assert said in (await emag.call("awb/save", {"data": body | {"date": day}})).refusal
    issued = (await emag.call("awb/save", {"data": body | {"date": str(today + timedelta(days=1))}})).results
    [found] = (await emag.call("awb/read", {"reservation_id": issued["reservation_id"]})).results
    assert found["rma_id"] == returned["emag_id"]
    [after] = (await emag.call("rma/read", {"emag_id": returned["emag_id"]})).results
    assert after["awbs"] == [{"reservation_id": issued["reservation_id"]}]


# Invoices


async def test_invoices_are_in_an_object_with_their_total(sandbox):
    emag = await sandbox()
    categories = (await emag.call("invoice/categories")).results
    assert {"category", "name"} == set(categories[0])
    whole = (await emag.call("invoice/read", {"itemsPerPage": 1000})).results
    page = (await emag.call("invoice/read", {"itemsPerPage": 2, "currentPage": 2})).results
    assert (page["total_results"], page["invoices"]) == (len(whole["invoices"]), whole["invoices"][2:4])
    of_kind = (await emag.call("invoice/read", {"category": "FC"})).results["invoices"]
    assert of_kind == [one for one in whole["invoices"] if one["category"] == "FC"]
    assert "date_start" in (await emag.call("invoice/read", {"date_start": "01.02.2026"})).refusal


async def test_a_storno_has_a_positive_total_and_names_what_it_cancels(sandbox):
    emag = await sandbox()
    found = (await emag.call("customer-invoice/read", {"category": "storno"})).results["invoices"]
    assert found
    for storno in found:
        both = (await emag.call("customer-invoice/read", {"order_id": storno["order_id"]})).results["invoices"]
        normal = next(one for one in both if one["category"] == "normal")
        assert (storno["is_storno"], storno["reversal_for"]) == (1, normal["number"])
        assert float(storno["total_with_vat"]) > 0
        assert storno["supplier"]["name"]


# Places and platforms


@pytest.mark.parametrize("code", PLATFORMS)
async def test_each_platform_has_its_country_currency_and_vat(sandbox, code):
    emag = await sandbox(20)
    platform = PLATFORMS[code]
    market = Marketplace([Account("main", "main-secret", generated(60, 1, platform), platform=code)], platform=code)
    emag.main.platform, emag.main.catalogue = platform, market.accounts["main"].catalogue
    country = platform.country.upper()
    localities = (await emag.call("locality/read")).results
    assert {one["country_code"] for one in localities} == {country}
    assert all(one["name_latin"].isascii() for one in localities)
    assert (await emag.call("locality/count")).results["noOfItems"] == str(len(localities))
    assert {one["country_code"] for one in (await emag.call("addresses/read")).results} == {country}
    assert {one["pickup_country_code"] for one in (await emag.call("courier_accounts/read")).results} == {country}
    orders = (await emag.call("order/read")).results
    assert {one["currency"] for one in orders} == {platform.currency}
    assert {one["customer"]["billing_country"] for one in orders} == {country}
    assert {line["vat"] for one in orders for line in one["products"]} == {
        {"RO": "0.2100", "BG": "0.2000", "HU": "0.2700"}[country]
    }


async def test_localities_are_of_one_country_and_found_by_latin_letters(sandbox):
    emag = await sandbox(20)
    found = (await emag.call("locality/read", {"country_code": "BG", "name": "plov"})).results
    assert [(one["name"], one["name_latin"]) for one in found] == [("Пловдив", "Plovdiv")]
    assert (await emag.call("locality/read", {"modified": "2999-01-01 00:00:00"})).results == []


async def test_on_the_bulgarian_platforms_a_missing_currency_is_assumed_with_a_warning(sandbox):
    emag = await sandbox(20)
    await put(emag, enforced_vendor_courier_accounts=None)
    emag.main.platform = PLATFORMS["emag-bg"]
    known = await order(emag)
    bare = [{key: value for key, value in line.items() if key != "currency"} for line in known["products"]]
    replies = [
        await send(emag, "order/save", known | {"status": 3, "products": bare}),
        await emag.call("awb/save", {"data": AWB}),
    ]
    for reply in replies:
        assert reply.json["isError"] is False
        assert "EUR was assumed" in str(reply.json["messages"])
