"""What ``product_offer/read`` and ``product_offer/count`` answer."""

import pytest

from emagsync.sandbox.catalogue import from_rows, generated


async def test_the_pages_together_hold_every_offer_once_in_the_order_of_the_ids(sandbox):
    emag = await sandbox(250)
    assert await emag.ids_by_pages() == list(range(1, 251))


async def test_a_page_past_the_end_is_an_empty_list(sandbox):
    emag = await sandbox(250)
    assert len(await emag.read(currentPage=3)) == 50
    assert await emag.read(currentPage=4) == []


async def test_rows_are_what_the_account_says_they_are(sandbox):
    emag = await sandbox(120)
    rows = await emag.read(itemsPerPage=100)
    assert rows == emag.listed()[:100]
    assert await emag.read(id=7) == [emag.main.row(7)]


async def test_more_than_100_rows_a_page_are_silently_100(sandbox):
    emag = await sandbox(250)
    assert len(await emag.read(itemsPerPage=500)) == 100
    assert (await emag.count(itemsPerPage=500))["itemsPerPage"] == "100"


async def test_a_body_wrapped_in_data_is_ignored_and_the_first_page_comes_back(sandbox):
    emag = await sandbox(250)
    assert await emag.read(data={"currentPage": 2, "status": 0}) == await emag.read()


async def test_an_empty_body_reads_the_first_page(sandbox):
    emag = await sandbox(5)
    assert len((await emag.call("product_offer/read", b"")).results) == 5


@pytest.mark.parametrize("value", [0, -1, "abc", 1.5, [1], True])
async def test_a_page_number_that_is_none_is_refused(sandbox, value):
    emag = await sandbox(5)
    assert "currentPage" in (await emag.call("product_offer/read", {"currentPage": value})).refusal


async def test_page_numbers_may_come_as_text(sandbox):
    emag = await sandbox(25)
    rows = await emag.read(currentPage="3", itemsPerPage="10")
    assert [int(row["id"]) for row in rows] == [21, 22, 23, 24, 25]


async def test_count_answers_numbers_as_text(sandbox):
    emag = await sandbox(2545)
    assert await emag.count() == {"noOfItems": "2545", "noOfPages": "26", "itemsPerPage": "100"}
    assert await emag.count(itemsPerPage=50) == {"noOfItems": "2545", "noOfPages": "51", "itemsPerPage": "50"}


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ("numbers", {"noOfItems": 250, "noOfPages": 3, "itemsPerPage": 100}),
        ("list", [{"noOfItems": "250", "noOfPages": "3", "itemsPerPage": "100"}]),
        ("missing", {}),
        ("null", None),
        ("zero", {"noOfItems": "0", "noOfPages": "0", "itemsPerPage": "100"}),
        ("too_low", {"noOfItems": "247", "noOfPages": "3", "itemsPerPage": "100"}),
        ("too_high", {"noOfItems": "253", "noOfPages": "3", "itemsPerPage": "100"}),
    ],
)
async def test_count_comes_in_other_shapes_when_asked_to(sandbox, shape, expected):
    emag = await sandbox(250, count_shape=shape)
    assert await emag.count() == expected


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("status", 0),
        ("status", "1"),
        ("status", 2),
        ("validation_status", 9),
        ("offer_validation_status", 2),
        ("translation_validation_status", 15),
    ],
)
async def test_filters_pick_exactly_the_rows_with_that_value(sandbox, name, value):
    emag = await sandbox(400)

    def code(row):
        inner = row[name]
        inner = inner[0] if isinstance(inner, list) else inner
        return int(inner["value"] if isinstance(inner, dict) else inner)

    expected = [int(row["id"]) for row in emag.main.rows() if code(row) == int(value)]
    assert expected
    assert await emag.ids_by_pages(**{name: value}) == expected
    assert (await emag.count(**{name: value}))["noOfItems"] == str(len(expected))


@pytest.mark.parametrize("name", ["general_stock", "estimated_stock"])
async def test_a_stock_filter_is_a_ceiling(sandbox, name):
    emag = await sandbox(300)
    expected = [int(row["id"]) for row in emag.main.rows() if 0 <= int(row[name]) <= 20]
    assert expected
    assert await emag.ids_by_pages(**{name: 20}) == expected


async def test_single_offers_are_found_by_id_part_number_and_key(sandbox):
    emag = await sandbox(300)
    row, listed = emag.main.row(42), emag.listed()[41]
    assert await emag.read(id=42) == [row]
    assert await emag.read(id="42") == [row]
    assert await emag.read(part_number=row["part_number"]) == [listed]
    assert await emag.read(part_number_key=row["part_number_key"]) == [listed]
    assert await emag.read(id=99_999) == []
    assert await emag.read(id=42, status=int(row["status"]) + 1) == []


async def test_a_list_is_no_id_filter(sandbox):
    emag = await sandbox(5)
    assert "id" in (await emag.call("product_offer/read", {"id": [1, 2]})).refusal


async def test_filters_see_offers_that_were_changed(sandbox):
    emag = await sandbox(50)
    before = await emag.ids_by_pages(status=2)
    await emag.control("POST", "/offers/change", {"account": "main", "ids": [1, 2], "set": {"status": "2"}})
    assert await emag.ids_by_pages(status=2) == sorted({1, 2, *before})


async def test_a_client_that_takes_gzip_gets_it_and_the_same_rows(sandbox):
    emag = await sandbox(100)
    packed = await emag.call("product_offer/read")
    await emag.control("POST", "/settings", {"gzip": False})
    plain = await emag.call("product_offer/read")
    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in plain.headers
    assert packed.body == plain.body
    assert int(packed.headers["Content-Length"]) * 4 < len(plain.body)


async def test_rows_of_a_file_are_served_as_they_are(sandbox):
    rows = [{"id": 3, "sale_price": "1.0000", "new": {"a": [None]}}, None, [], {"id": "abc"}, {"id": "7", "ean": "123"}]
    emag = await sandbox(from_rows(rows))
    assert await emag.read() == rows
    assert emag.main.ids() == [3, 7]


async def test_memory_of_pages_is_bounded(sandbox):
    emag = await sandbox(generated(600), cache_mb=1)
    for _ in range(2):
        assert len(await emag.ids_by_pages(size=7)) == 600
    await emag.control("POST", "/settings", {"gzip": False})
    assert len(await emag.ids_by_pages(size=90)) == 600
    assert emag.market.pages.size_bytes <= 1_000_000
