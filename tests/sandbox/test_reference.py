"""The small reading resources."""

import pytest


async def test_vat_rates_and_handling_times(sandbox):
    emag = await sandbox()
    assert {"vat_id": 1, "vat_rate": 0.21} in (await emag.call("vat/read")).results
    assert {"id": 0} in (await emag.call("handling_time/read")).results


async def test_categories_come_in_pages_and_in_a_language(sandbox):
    emag = await sandbox()
    first = (await emag.call("category/read", {"itemsPerPage": 10})).results
    second = (await emag.call("category/read", {"itemsPerPage": 10, "currentPage": 2, "language": "en"})).results
    assert len(first) == 10
    assert not {row["id"] for row in first} & {row["id"] for row in second}
    assert second[0]["name"].endswith("(en)")
    assert (await emag.call("category/count", {"itemsPerPage": 10})).results["noOfPages"] == "3"


async def test_an_offer_is_in_the_category_of_its_product(sandbox):
    emag = await sandbox(200)
    rows = (await emag.call("category/read", {"itemsPerPage": 100})).results
    names = {row["id"]: row["name"] for row in rows}
    offers = [row for row in map(emag.main.row, range(1, 201)) if row["category_id"] and row["name"]]
    assert len(offers) > 150
    named = [row for row in offers if row["name"].startswith(names[int(row["category_id"])])]
    assert len(named) > 150  # some offers have odd names


async def test_one_category_has_characteristics_with_values_in_pages(sandbox):
    emag = await sandbox()
    body = {"id": 3001, "valuesPerPage": 4, "valuesCurrentPage": 3}
    [category] = (await emag.call("category/read", body)).results
    assert category["id"] == 3001
    assert len(category["characteristics"][0]["values"]) == 2
    assert [one["tags"] for one in category["characteristics"]] == [[], ["original", "converted"]]
    assert (await emag.call("category/read", {"id": 1})).results == []


@pytest.mark.parametrize("route", ["addresses/read", "courier_accounts/read", "locality/read"])
async def test_lists_that_a_seller_has(sandbox, route):
    emag = await sandbox()
    assert (await emag.call(route)).results


async def test_products_are_found_by_their_eans(sandbox):
    emag = await sandbox(100)
    one, two = emag.main.row(2), emag.main.row(4)
    query = "&".join(f"eans[]={ean}" for ean in (one["ean"][0], two["ean"][0], "0000000000000"))
    found = (await emag.call(f"documentation/find_by_eans?{query}", method="GET")).results
    assert {ean: [product["part_number_key"] for product in entry["products"]] for ean, entry in found.items()} == {
        one["ean"][0]: [one["part_number_key"]],
        two["ean"][0]: [two["part_number_key"]],
    }
    [product] = found[one["ean"][0]]["products"]
    assert product["ean"] == one["ean"][0]
    assert {"doc_category_id", "site_url", "allowed_to_add_offer", "hotness", "product_image"} <= product.keys()


async def test_eans_beyond_a_hundred_are_ignored_with_a_message(sandbox):
    emag = await sandbox(110)
    eans = [emag.main.row(2)["ean"][0], *(str(number) for number in range(99)), emag.main.row(4)["ean"][0]]
    query = "&".join(f"eans[]={ean}" for ean in eans)
    answer = await emag.call(f"documentation/find_by_eans?{query}", method="GET")
    assert answer.results.keys() == {eans[0]}
    assert "1 were ignored" in answer.json["messages"][0]


@pytest.mark.parametrize("spelling", ["allowed_to_add_offer", "allow_to_add_offer"])
async def test_the_permission_to_offer_a_product_is_spelled_as_the_settings_say(sandbox, spelling):
    """ "The field table writes `allow_to_add_offer`: read both"."""
    emag = await sandbox(5, ean_permission=spelling)
    [ean] = emag.main.row(2)["ean"]
    [product] = (await emag.call(f"documentation/find_by_eans?eans[]={ean}", method="GET")).results[ean]["products"]
    assert [name for name in product if name.endswith("_to_add_offer")] == [spelling]


@pytest.mark.parametrize("odd", [{"images": "x"}, {"images": ["x"]}, {"images": None}, {"family": "x"}])
async def test_an_odd_row_is_found_by_its_ean_too(sandbox, odd):
    emag = await sandbox(5)
    [ean] = emag.main.row(2)["ean"]
    await emag.control("POST", "/offers/change", {"account": "main", "ids": [2], "set": odd})
    found = (await emag.call(f"documentation/find_by_eans?eans[]={ean}", method="GET")).results
    assert found.keys() == {ean}


async def test_an_ean_search_wants_an_ean(sandbox):
    emag = await sandbox(5)
    assert "EAN" in (await emag.call("documentation/find_by_eans", method="GET")).refusal


async def test_the_smart_deals_price_of_an_offer_is_a_price_or_null(sandbox):
    emag = await sandbox(5)
    for emag_id, badge in ((2, True), (4, False)):
        values = {"sale_price": "6.5500", "has_smart_deals_badge": badge}
        await emag.control("POST", "/offers/change", {"account": "main", "ids": [emag_id], "set": values})
    asked = [await emag.call(f"smart-deals-price-check?productId={emag_id}", method="GET") for emag_id in (2, 4)]
    assert [answer.results for answer in asked] == [{"smart_deals_price": 6.22}, None]
    assert "productId" in (await emag.call("smart-deals-price-check?productId=77", method="GET")).refusal
