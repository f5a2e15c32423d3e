"""Steering and watching a sandbox over its control API."""

import pytest


async def all_ids(emag):
    return await emag.ids_by_pages(size=10)


async def test_offers_are_changed_added_and_removed(sandbox):
    emag = await sandbox(20)
    await emag.control(
        "POST", "/offers/change", {"account": "main", "ids": [5, 6], "set": {"name": "Alt nume"}, "unset": ["url"]}
    )
    await emag.control("POST", "/offers/remove", {"account": "main", "ids": [1, 2, 99]})
    added = await emag.control("POST", "/offers/add", {"account": "main", "count": 2, "rows": []})
    await emag.control("POST", "/offers/add", {"account": "main", "rows": [{"id": 500, "name": "Cinci sute"}]})
    assert added["ids"] == [21, 22]
    assert await all_ids(emag) == [*range(3, 23), 500]
    [five] = await emag.read(id=5)
    assert five["name"] == "Alt nume"
    assert "url" not in five
    [new] = await emag.read(id=500)
    assert new["name"] == "Cinci sute"
    assert len(new) > 40


async def test_a_row_can_be_added_exactly_as_it_is(sandbox):
    emag = await sandbox(2)
    row = {"id": 9, "sale_price": "n/a"}
    await emag.control("POST", "/offers/add", {"account": "main", "rows": [row], "whole": True})
    assert await emag.read(id=9) == [row]


async def test_several_changes_fit_in_one_request(sandbox):
    emag = await sandbox(20)
    changes = [
        {"account": "main", "op": "remove", "ids": [3]},
        {"account": "fbe", "op": "remove", "ids": [4]},
        {"account": "main", "op": "change", "ids": [5], "set": {"status": 2}},
    ]
    await emag.control("POST", "/offers", changes)
    assert await emag.read(id=3) == []
    assert 4 not in emag.market.accounts["fbe"].ids()
    assert emag.main.row(5)["status"] == 2


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/offers/change", {"account": "main", "ids": [99], "set": {}}),
        ("/offers/change", {"account": "nobody", "ids": [1]}),
        ("/offers/change", {"ids": [1]}),
        ("/offers/change", {"account": "main", "ids": [1], "set": {"id": 2}}),
        ("/offers/add", {"account": "main", "rows": [{"id": 1}]}),
        ("/offers/add", {"account": "main", "rows": [{"id": "x"}]}),
        ("/offers/add", {"account": "main", "rows": [7]}),
        ("/offers", {"account": "main", "op": "explode"}),
        ("/offers", [1]),
        ("/faults", {"kind": "html", "account": "nobody"}),
        ("/faults", {"kind": "nonsense"}),
        ("/triggers", {"account": "main", "changes": []}),
        ("/triggers", {"account": "main", "changes": [{"op": "x"}], "page": 1}),
        ("/triggers", {"account": "main", "changes": [], "page": "x"}),
        ("/consume", {"account": "main", "group": "nonsense"}),
        ("/orders", {"account": "main"}),
        ("/settings", [1]),
    ],
)
async def test_a_request_that_makes_no_sense_is_refused_and_says_why(sandbox, path, body):
    emag = await sandbox(20)
    version = emag.main.version
    assert (await emag.control("POST", path, body))["error"]
    assert emag.main.version == version


async def test_odd_rows_are_served_where_they_were_put_and_are_no_offers(sandbox):
    emag = await sandbox(3)
    odd = [None, [], {"name": "fără id"}, {"id": "abc"}, "text"]
    await emag.control("POST", "/offers/odd_rows", {"account": "main", "rows": odd, "after": 2})
    rows = await emag.read()
    assert rows[2:7] == odd
    assert len(rows) == 8
    assert emag.main.ids() == [1, 2, 3]
    await emag.control("POST", "/offers/clear_odd_rows", {"account": "main"})
    assert len(await emag.read()) == 3


async def test_the_truth_comes_line_by_line(sandbox):
    emag = await sandbox(450)
    assert await emag.control("GET", "/offers?account=main") == list(emag.main.rows())
    assert await emag.control("GET", "/offers?account=main&id=7&id=99999") == [emag.main.row(7)]


async def test_faults_are_added_listed_and_cleared(sandbox):
    emag = await sandbox(5)
    await emag.control("POST", "/faults", [{"kind": "html", "route": "vat/read"}, {"kind": "empty"}])
    assert (await emag.call("vat/read")).body.startswith(b"<html>")
    assert (await emag.call("handling_time/read")).body == b""
    listed = (await emag.control("GET", "/faults"))["faults"]
    assert [(fault["kind"], fault["matched"], fault["played"]) for fault in listed] == [("html", 1, 1), ("empty", 1, 1)]
    await emag.control("DELETE", "/faults")
    assert (await emag.call("vat/read")).results


async def test_statistics_can_be_reset(sandbox):
    emag = await sandbox(5)
    await emag.read()
    await emag.control("POST", "/reset")
    report = await emag.control("GET", "/report")
    assert report["requests"] == 0
    assert report["accounts"]["main"]["page_reads"] == {}


async def test_unknown_callers_have_a_report_of_their_own(sandbox):
    emag = await sandbox(5)
    await emag.call("vat/read", name="nobody")
    report = await emag.control("GET", "/report")
    assert report["accounts"]["(unknown)"]["requests"] == 1
    assert report["accounts"]["main"]["requests"] == 0


async def test_the_log_has_the_last_requests_with_their_times(sandbox):
    emag = await sandbox(5)
    await emag.call("vat/read")
    await emag.read(currentPage=1, itemsPerPage=3, status=1)
    await emag.call("vat/read", name="fbe", password="fbe-secret")
    log = (await emag.control("GET", "/log"))["requests"]
    assert [(line["account"], line["route"]) for line in log] == [
        ("main", "vat/read"),
        ("main", "product_offer/read"),
        ("fbe", "vat/read"),
    ]
    assert (log[1]["page"], log[1]["size"], log[1]["filters"], log[1]["status"]) == (1, 3, "status=1", 200)
    assert log[0]["at"] <= log[1]["at"] <= log[2]["at"]
    assert len((await emag.control("GET", "/log?last=1&account=main"))["requests"]) == 1


async def test_lookups_of_single_offers_are_not_counted_as_pages(sandbox):
    emag = await sandbox(5)
    await emag.read(id=1)
    await emag.read(part_number="x")
    await emag.read(status=1)
    report = emag.main.report.to_dict()
    assert report["lookups"] == 2
    assert report["page_reads"] == {"1/100?status=1": 1}


async def test_the_state_shows_accounts_settings_and_faults_but_no_password(sandbox):
    emag = await sandbox(5, latency_ms=1)
    state = await emag.control("GET", "/state")
    assert state["accounts"]["main"] == {"offers": 5, "version": 1, "reads": 0, "in_campaign": []}
    assert state["settings"]["latency_ms"] == 1
    assert "secret" not in str(state)


async def test_a_change_can_wait_for_a_page_to_be_read(sandbox):
    emag = await sandbox(30)
    trigger = {"account": "main", "page": 2, "changes": [{"op": "remove", "ids": [1, 2]}, {"op": "add", "count": 1}]}
    await emag.control("POST", "/triggers", trigger)
    assert await all_ids(emag) == [*range(1, 21), *range(23, 32)]
    assert await all_ids(emag) == list(range(3, 32))


async def test_a_change_can_wait_for_a_number_of_pages(sandbox):
    emag = await sandbox(30)
    await emag.control(
        "POST", "/triggers", {"account": "main", "after_reads": 2, "changes": [{"op": "remove", "ids": [30]}]}
    )
    await emag.read(id=5)
    first, second = await emag.read(), await emag.read()
    assert (len(first), len(second)) == (30, 30)
    assert len(await emag.read()) == 29
    assert (await emag.control("GET", "/state"))["triggers"] == {"waiting": 0, "fired": 1}


async def test_rows_can_shift_between_reads(sandbox):
    emag = await sandbox(30, order={"kind": "rotate", "by": 1})
    ids = await all_ids(emag)
    assert ids != list(range(1, 31))
    assert len(set(ids)) < 30


async def test_rows_can_be_shuffled_and_then_come_to_rest(sandbox):
    emag = await sandbox(30, order={"kind": "shuffle", "until": 3})
    orders = [[row["id"] for row in await emag.read()] for _ in range(6)]
    assert orders[0] != orders[1]
    assert orders[3] == orders[4] == orders[5]
    assert {int(emag_id) for emag_id in orders[5]} == set(range(1, 31))


async def test_rows_can_come_backwards(sandbox):
    emag = await sandbox(30, order={"kind": "reverse"})
    assert await all_ids(emag) == list(range(30, 0, -1))
