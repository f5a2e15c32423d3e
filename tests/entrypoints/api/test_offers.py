"""Offers by what names them exactly: read, edited, and many at once."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest
import pytest_asyncio

from emagsync.db.engine import Database
from emagsync.offers.product_schemas import OfferBatch
from offers.offer_rows import offer, remove, store
from support.api import Api, of_one_server, open_api
from support.left_out import left_out

pytestmark = pytest.mark.databases("both")

OFFERS = "/api/v1/emag/offers"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def unchanged(tmp_path_factory: pytest.TempPathFactory, backend: str) -> AsyncIterator[Api]:
    """A shop for the tests that change nothing, which are `of_one_server`."""
    async with open_api(tmp_path_factory.mktemp(f"offers-{backend}"), unasked=left_out) as running:
        await fill(running.state.database)
        yield running


@pytest.fixture
async def shop(api: Api) -> Api:
    await fill(api.state.database)
    return api


async def fill(database: Database) -> None:
    """Offer 1 is in both accounts; 2 and 3 share an EAN; 4 was removed; 5 and 6 differ in punctuation only."""
    eans = ["5940000000017", "0594000000002"]
    await store(database, [offer(1, part_number="AB-77", eans=eans)], account="fbe")
    main = [
        offer(1, part_number="AB-77", eans=["5940000000017"]),
        offer(2, eans=["5940000000024"]),
        offer(3, eans=["5940000000024", "5940000000031"]),
        offer(4),
        offer(5, part_number="AB77", part_number_key="DAB77"),
        offer(6, part_number="ab 77", part_number_key="D-AB77"),
    ]
    await store(database, main)
    await remove(database, 4)


def key(answer: httpx2.Response) -> tuple[str, int]:
    assert answer.status_code == 200, answer.text
    product = answer.json()["data"]["product"]
    return product["account"], product["emag_id"]


@of_one_server
async def test_an_offer_is_read_by_a_code_that_it_alone_has(unchanged: Api) -> None:
    for asked, expected in (
        ({"part_number": "SKU-2"}, ("main", 2)),
        ({"part_number": "AB77"}, ("main", 5)),
        ({"part_number": "ab 77"}, ("main", 6)),
        ({"part_number": "AB-77", "account": "fbe"}, ("fbe", 1)),
        ({"part_number": "AB-77", "account_type": "MAIN"}, ("main", 1)),
        ({"sku": "SKU-2"}, ("main", 2)),
        ({"part_number_key": "D-AB77"}, ("main", 6)),
        ({"part_number_key": "DAB77"}, ("main", 5)),
        ({"ean": "5940000000031"}, ("main", 3)),
        ({"ean": "0594000000002"}, ("fbe", 1)),
    ):
        assert key(await unchanged.viewer.get(OFFERS, params=asked)) == expected, asked


@of_one_server
async def test_an_offer_is_read_by_its_account_and_emags_id(unchanged: Api) -> None:
    answer = await unchanged.viewer.get(f"{OFFERS}/FBE/1")
    assert key(answer) == ("fbe", 1)
    tag = answer.headers["etag"]
    assert (await unchanged.viewer.get(f"{OFFERS}/fbe/1", headers={"If-None-Match": tag})).status_code == 304
    by_our_id = await unchanged.viewer.get(f"/api/v1/emag/products/products/{answer.json()['data']['product']['id']}")
    assert by_our_id.json() == answer.json()
    assert key(await unchanged.viewer.get(f"{OFFERS}/main/4")) == ("main", 4), "a removed offer has its history"


@of_one_server
async def test_what_no_offer_has_is_not_found(unchanged: Api) -> None:
    nothing: tuple[tuple[str, dict[str, str]], ...] = (
        ("", {"part_number": "AB-78"}),
        ("", {"part_number": "sku-2"}),
        ("", {"part_number": "SKU-4"}),
        ("", {"part_number": "SKU-2", "account": "fbe"}),
        ("", {"part_number_key": "AB77"}),
        ("", {"ean": "594000000002"}),
        ("", {"ean": "!"}),
        ("/main/99", {}),
        ("/other/1", {}),
    )
    for path, asked in nothing:
        read = await unchanged.viewer.get(OFFERS + path, params=asked)
        edited = await unchanged.operator.patch(OFFERS + path, params=asked, json={"stock": 1})
        for answer in (read, edited):
            assert (answer.status_code, answer.json()["code"]) == (404, "offer_not_found"), (path, asked, answer.text)


@of_one_server
async def test_a_code_of_several_offers_names_them_and_edits_none(unchanged: Api) -> None:
    for asked, expected in (
        ({"part_number": "AB-77"}, [("fbe", 1), ("main", 1)]),
        ({"ean": "5940000000017"}, [("fbe", 1), ("main", 1)]),
        ({"ean": "5940000000024", "account": "main"}, [("main", 2), ("main", 3)]),
    ):
        read = await unchanged.viewer.get(OFFERS, params=asked)
        edited = await unchanged.operator.patch(OFFERS, params=asked, json={"stock": 1})
        for answer in (read, edited):
            problem = answer.json()
            assert (answer.status_code, problem["code"]) == (409, "several_offers"), answer.text
            assert [(one["account"], one["emag_id"]) for one in problem["matches"]] == expected
    assert (await unchanged.rows("SELECT count(*) AS n FROM local_edits"))[0]["n"] == 0


@of_one_server
async def test_exactly_one_code_is_asked_for(unchanged: Api) -> None:
    for asked in ({}, {"account": "main"}, {"part_number": "A", "ean": "5940000000024"}, {"ean": ""}):
        answer = await unchanged.viewer.get(OFFERS, params=asked)
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request"), asked


async def test_an_offer_is_edited_by_what_names_it(shop: Api) -> None:
    named: tuple[tuple[str, dict[str, str], tuple[str, int]], ...] = (
        ("/main/2", {}, ("main", 2)),
        ("", {"part_number": "AB-77", "account": "fbe"}, ("fbe", 1)),
        ("", {"part_number_key": "DAB77"}, ("main", 5)),
        ("", {"ean": "5940000000031"}, ("main", 3)),
    )
    for path, asked, edited in named:
        product = (await shop.viewer.get(f"{OFFERS}/{edited[0]}/{edited[1]}")).json()["data"]["product"]

        async def edit(version: str, path: str = path, asked: dict[str, str] = asked) -> httpx2.Response:
            headers = {"If-Match": version}
            return await shop.operator.patch(OFFERS + path, params=asked, json={"stock": 9}, headers=headers)

        stale = await edit('"0"')
        assert (stale.status_code, stale.json()["code"]) == (412, "version_changed")
        answer = await edit(product["version"])
        assert answer.status_code == 200, answer.text
        data = answer.json()["data"]
        assert (data["account"], data["emag_id"]) == edited
        assert data["effective"]["stock"] == 9
        noted = (await shop.admin.get("/api/v1/audit", params={"action": "offer.edit"})).json()["entries"]
        assert noted[0]["target"] == f"{edited[0]}:{edited[1]}"


async def test_each_row_of_a_bulk_edit_names_its_offer_by_any_key(shop: Api) -> None:
    named: list[dict[str, Any]] = [
        {"emag_id": 2},
        {"ean": "5940000000031"},
        {"part_number_key": "DAB77"},
        {"part_number": "ab 77"},
        {"ean": "5940000000017", "account": "fbe"},
        {"ean": "5940000000024"},
        {"part_number_key": "D-NONE"},
    ]
    body = {"account": "main", "preview": True, "edits": [{**one, "stock": 9} for one in named]}
    answer = await shop.operator.post("/api/v1/emag/products/products/bulk-edit", json=body)
    rows = answer.json()["data"]["rows"]
    assert [(row["account"], row["emag_id"]) for row in rows[:5]] == [
        ("main", 2), ("main", 3), ("main", 5), ("main", 6), ("fbe", 1),
    ]  # fmt: skip
    assert [row["effect"] for row in rows] == ["ok"] * 5 + ["error"] * 2
    assert [row["errors"][0]["code"] for row in rows[5:]] == ["eans_repeats", "offer_not_found"]


DISAGREEING: list[tuple[dict[str, Any], str, str]] = [
    ({"part_number": "AB77", "part_number_key": "D-AB77"}, "part_number_key", "part_number_key_differs"),
    ({"part_number": "AB77", "ean": "5940000000031"}, "ean", "ean_differs"),
    ({"part_number_key": "DAB77", "ean": "5940000000031"}, "ean", "ean_differs"),
    ({"emag_id": 3, "part_number": "AB77"}, "part_number", "part_number_differs"),
    ({"emag_id": 3, "part_number_key": "DAB77"}, "part_number_key", "part_number_key_differs"),
    ({"emag_id": 3, "ean": "1"}, "ean", "ean_differs"),
    ({"part_number": "nope"}, "part_number", "offer_not_found"),
    ({"part_number_key": "nope"}, "part_number_key", "offer_not_found"),
    ({"ean": "nope"}, "ean", "offer_not_found"),
    ({"emag_id": 99}, "emag_id", "offer_not_found"),
    ({"ean": "5940000000024"}, "ean", "eans_repeats"),
    ({"emag_id": 3, "account": "mian"}, "account", "account_not_found"),
    ({"part_number": "AB77", "account": "mian"}, "account", "account_not_found"),
    ({"emag_id": 3, "account": None}, "account", "no_account"),
]


async def test_a_row_whose_keys_do_not_agree_edits_nothing_and_names_the_key(
    shop: Api, subtests: pytest.Subtests
) -> None:
    """One offer was meant and another would be edited, where a row has the SKU of one and the EAN of the other."""
    for edit, field, code in DISAGREEING:
        with subtests.test(code, **edit):
            body = {"edits": [{"account": "main", "stock": 9, **edit}]}
            answer = await shop.operator.post("/api/v1/emag/products/products/bulk-edit", json=body)
            [row] = answer.json()["data"]["rows"]
            named = [(one["field"], one["code"]) for one in row["errors"]]
            assert (answer.status_code, named) == (422, [(field, code)])
            assert (await shop.rows("SELECT count(*) AS n FROM local_edits"))[0]["n"] == 0
            if field == "account":
                assert "fbe, main" in row["errors"][0]["message"]


async def test_a_row_may_name_its_offer_by_all_of_its_keys(shop: Api) -> None:
    edit = {"emag_id": 3, "part_number": "SKU-3", "ean": "5940000000031", "stock": 9}
    body = {"account": "main", "edits": [edit, {"emag_id": 3, "stock": 8}], "preview": True}
    answer = await shop.operator.post("/api/v1/emag/products/products/bulk-edit", json=body)
    first, second = answer.json()["data"]["rows"]
    assert (first["effect"], second["errors"][0]["message"]) == ("ok", "row 1 is of this offer too")


@of_one_server
async def test_many_offers_are_read_in_one_call(unchanged: Api) -> None:
    keys: list[dict[str, Any]] = [
        {"emag_id": 3},
        {"part_number": "AB-77"},
        {"sku": "SKU-2", "account_type": "main"},
        {"part_number": "AB-77", "account": "all"},
        {"ean": "5940000000024"},
        {"emag_id": 3},
        {"part_number_key": "D-NONE"},
        {"emag_id": 77},
    ]
    answer = await unchanged.viewer.post(f"{OFFERS}/batch", json={"account": "main", "keys": keys})
    assert answer.status_code == 200, answer.text
    batch = OfferBatch.model_validate_json(answer.content)
    assert [[(one.account, one.emag_id) for one in result.products] for result in batch.data.results] == [
        [("main", 3)],
        [("main", 1)],
        [("main", 2)],
        [("fbe", 1), ("main", 1)],
        [("main", 2), ("main", 3)],
        [("main", 3)],
        [],
        [],
    ]
    assert answer.json()["data"]["not_found"] == [{"part_number_key": "D-NONE"}, {"emag_id": 77}]
    listed = await unchanged.viewer.get("/api/v1/emag/products/products", params={"account": "main", "emag_id": 3})
    assert answer.json()["data"]["results"][0]["products"] == listed.json()["data"]["products"]


@of_one_server
async def test_a_batch_that_makes_no_sense_is_refused(unchanged: Api) -> None:
    bodies: tuple[dict[str, Any], ...] = (
        {"keys": []},
        {"keys": [{"ean": "1"}] * 501},
        {"keys": [{"emag_id": 1}]},
        {"keys": [{"account": "all", "emag_id": 1}]},
        {"keys": [{"account": "main"}]},
        {"keys": [{"account": "main", "emag_id": 1, "ean": "1"}]},
    )
    for body in bodies:
        answer = await unchanged.viewer.post(f"{OFFERS}/batch", json=body)
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request"), body


@of_one_server
async def test_five_hundred_keys_are_one_call_and_few_statements(unchanged: Api) -> None:
    keys = [{"ean": f"59400001{number:05}"} for number in range(499)] + [{"ean": "5940000000031"}]
    answer = await unchanged.viewer.post(f"{OFFERS}/batch", json={"keys": keys})
    data = answer.json()["data"]
    assert [one["emag_id"] for one in data["results"][-1]["products"]] == [3]
    assert len(data["not_found"]) == 499
