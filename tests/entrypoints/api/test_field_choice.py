"""`fields=`: of offers, only what was asked for is read and answered."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Any

import jsonschema_rs
import pytest
import pytest_asyncio
from sqlalchemy import event

from emagsync.core.older_names import OLDER_WORDS
from emagsync.offers.product_schemas import Product, ProductDetail
from offers.offer_rows import offer, remove, store
from support.api import Api, open_api
from support.document import openapi_document
from support.left_out import left_out

pytestmark = [pytest.mark.databases("both"), pytest.mark.asyncio(loop_scope="module")]

OFFERS = "/api/v1/emag/offers"
LIST = "/api/v1/emag/products/products"
KEYS = {"account", "emag_id"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shop(tmp_path_factory: pytest.TempPathFactory, backend: str) -> AsyncIterator[Api]:
    """Offer 1 waits for an edit; 3 was removed. The tests only read."""
    async with open_api(tmp_path_factory.mktemp(f"fields-{backend}"), unasked=left_out) as api:
        await store(api.state.database, [offer(number, eans=[f"594000000001{number}"]) for number in (1, 2, 3)])
        await remove(api.state.database, 3)
        edited = await api.operator.patch(f"{OFFERS}/main/1", json={"stock": 7, "confirm": True})
        assert edited.status_code == 200, edited.text
        yield api


async def listed(api: Api, **params: Any) -> list[dict[str, Any]]:
    answer = await api.viewer.get(LIST, params={"include_removed": True, "sort": "emag_id", **params})
    assert answer.status_code == 200, answer.text
    products: list[dict[str, Any]] = answer.json()["data"]["products"]
    return products


async def test_each_field_of_a_list_is_as_in_the_whole_answer(shop: Api) -> None:
    whole = await listed(shop)
    assert whole[0]["pending_edits"] != []
    for name in Product.model_fields:
        picked = await listed(shop, fields=name)
        assert picked == [{key: one[key] for key in one if key in KEYS | {name}} for one in whole], name


async def test_several_fields_come_in_the_order_of_the_whole_answer(shop: Api) -> None:
    [first, *_] = await listed(shop, fields="stock, sale_price,emag_id,stock")
    assert list(first) == [name for name in Product.model_fields if name in KEYS | {"stock", "sale_price"}]


async def test_each_field_of_one_offer_is_as_in_the_whole_answer(shop: Api) -> None:
    path = f"{OFFERS}/main/1"
    whole = (await shop.viewer.get(path)).json()["data"]["product"]
    for name in ProductDetail.model_fields:
        picked = (await shop.viewer.get(path, params={"fields": name})).json()["data"]["product"]
        assert picked == {key: whole[key] for key in KEYS | {name}}, name
    by_code = await shop.viewer.get(OFFERS, params={"part_number": whole["part_number"], "fields": "stock"})
    assert by_code.json()["data"]["product"].keys() == KEYS | {"stock"}
    by_our_id = await shop.viewer.get(f"{LIST}/{whole['id']}", params={"fields": "payload"})
    assert by_our_id.json()["data"]["product"]["payload"] == whole["payload"]


async def test_a_batch_has_the_fields_that_were_asked_for(shop: Api) -> None:
    keys = [{"emag_id": 2, "account": "main"}, {"part_number": "SKU-1"}, {"emag_id": 99, "account": "main"}]
    answer = await shop.viewer.post(f"{OFFERS}/batch", json={"keys": keys}, params={"fields": "eans,version"})
    data = answer.json()["data"]
    found = [[(one["emag_id"], one.keys()) for one in result["products"]] for result in data["results"]]
    assert found == [[(2, KEYS | {"eans", "version"})], [(1, KEYS | {"eans", "version"})], []]
    assert data["not_found"] == [{"emag_id": 99, "account": "main"}]


async def test_an_unknown_field_is_refused_with_the_nearest_that_is_known(shop: Api) -> None:
    for path in (LIST, f"{OFFERS}/main/1"):
        refused = await shop.viewer.get(path, params={"fields": "stock,sale_pric,"})
        assert refused.status_code == 422
        named = [(error["field"], error["code"], error["values"]) for error in refused.json()["errors"]]
        assert named == [("fields", "unknown_field", {"nearest": "sale_price"}), ("fields", "unknown_field", {})]
        assert "`sale_pric`; did you mean `sale_price`?" in refused.json()["detail"]


async def test_an_older_name_is_refused_with_the_one_that_is_used_now(shop: Api) -> None:
    for newer, older in OLDER_WORDS.items():
        refused = await shop.viewer.get(LIST, params={"fields": older})
        assert (refused.status_code, refused.json()["errors"][0]["values"]) == (422, {"nearest": newer})


async def test_the_tag_of_a_list_and_of_an_offer_tells_fields_apart(shop: Api) -> None:
    for path in (LIST, f"{OFFERS}/main/1"):
        tags = {(await shop.viewer.get(path, params=params)).headers["etag"] for params in ({}, {"fields": "stock"})}
        assert len(tags) == 2
        [again] = [tag for tag in tags if tag == (await shop.viewer.get(path)).headers["etag"]]
        kept = await shop.viewer.get(path, params={"fields": "stock"}, headers={"If-None-Match": again})
        assert kept.status_code == 200
        [tag] = tags - {again}
        known = await shop.viewer.get(path, params={"fields": "stock"}, headers={"If-None-Match": tag})
        assert known.status_code == 304


@contextmanager
def statements(api: Api) -> Iterator[list[str]]:
    """What is sent to the database while the block runs."""
    engine = api.state.database.engine.sync_engine
    seen: list[str] = []

    def note(_: Any, __: Any, statement: str, *___: Any) -> None:
        seen.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)


async def test_what_nobody_asked_for_is_not_read(shop: Api) -> None:
    with statements(shop) as seen:
        await listed(shop)
    assert any("offers.main_image" in one and "local_edits" in one for one in seen)
    with statements(shop) as seen:
        await listed(shop, fields="stock")
    pages = [one for one in seen if "offers.stock" in one]
    assert pages
    assert not any("offers.main_image" in one or "local_edits" in one for one in pages)
    for fields, is_read in (("changes", True), ("stock", False)):
        with statements(shop) as seen:
            await shop.viewer.get(f"{OFFERS}/main/1", params={"fields": fields})
        assert any("offer_changes.emag_id =" in one for one in seen) == is_read, fields


async def test_the_document_promises_no_more_than_the_keys() -> None:
    schemas = openapi_document()["components"]["schemas"]
    for name, model in (("PickedProduct", Product), ("PickedProductDetail", ProductDetail)):
        assert schemas[name]["required"] == sorted(KEYS)
        assert set(schemas[name]["properties"]) == set(model.model_fields)
    assert set(Product.model_fields) <= set(schemas["Product"]["required"])


async def test_answers_are_of_the_shapes_that_the_document_has_for_them(shop: Api) -> None:
    document = openapi_document()
    for path, name in ((LIST, "PickedProductPage"), (f"{OFFERS}/main/1", "PickedProductAnswer")):
        body = (await shop.viewer.get(path, params={"fields": "stock"})).json()
        picked = {**document["components"]["schemas"][name], "components": document["components"]}
        jsonschema_rs.Draft202012Validator(picked).validate(body)
        whole = {**document["components"]["schemas"][name.removeprefix("Picked")], "components": document["components"]}
        assert not jsonschema_rs.Draft202012Validator(whole).is_valid(body)
