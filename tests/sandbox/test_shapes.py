"""Rows in other spellings, and lists that repeat themselves, ignore filters or take their time."""

import html

import orjson
import pytest

from emagsync.sandbox.catalogue import from_rows
from emagsync.sandbox.shapes import is_nothing

NOTHINGS = {"null": None, "empty_text": "", "empty_list": [], "empty_object": {}, "null_text": "null"}
ROWS = [
    {"id": 1, "start_date": None, "ean": [], "url": "", "family": {}, "name": "Lampă & co", "sale_price": "1.0000"},
    {"id": 2, "ean": ["5941234567890"], "images": [{"url": "https://a.example/1.jpg", "display_type": 1}]},
]


async def shape(emag, **values):
    await emag.control("POST", "/shapes", values)


@pytest.mark.parametrize("written", NOTHINGS)
async def test_nothing_is_written_in_the_way_that_was_asked_for(sandbox, written):
    emag = await sandbox(from_rows(ROWS))
    await shape(emag, kind="nothing", **{"as": written})
    first, second = await emag.read()
    texts = {"url"} if written == "null_text" else set()
    for key in {"start_date", "ean", "url", "family"} - texts:
        assert first[key] == NOTHINGS[written]
    assert (first["name"], first["sale_price"]) == ("Lampă & co", "1.0000")
    assert second == ROWS[1]
    assert list(emag.main.rows()) == ROWS


async def test_nothing_can_be_missing(sandbox):
    emag = await sandbox(from_rows(ROWS))
    await shape(emag, kind="nothing", **{"as": "missing"})
    assert (await emag.read())[0].keys() == {"id", "name", "sale_price"}


async def test_a_field_that_a_row_does_not_have_can_be_written_as_nothing(sandbox):
    emag = await sandbox(from_rows(ROWS))
    await shape(emag, kind="nothing", fields=["start_date", "sale_price"])
    rows = await emag.read()
    assert [row["start_date"] for row in rows] == [[], []]
    assert [row["sale_price"] for row in rows] == ["1.0000", []]


async def test_a_value_can_be_lost(sandbox):
    emag = await sandbox(from_rows(ROWS))
    await shape(emag, kind="nothing", fields=["sale_price"], ids=[1], force=True, **{"as": "empty_object"})
    assert (await emag.read(id=1))[0]["sale_price"] == {}


@pytest.mark.parametrize(
    ("separator", "expected"), [(" ", "5 941234 567890"), (",", "5,941234,567890"), (";", "5;941234;567890")]
)
async def test_eans_come_with_separators(sandbox, separator, expected):
    emag = await sandbox(from_rows([*ROWS, {"id": 3, "ean": "5941234567890"}]))
    await shape(emag, kind="spaced_eans", separator=separator)
    _, listed, alone = await emag.read()
    assert (listed["ean"], alone["ean"]) == ([expected], expected)


async def test_lists_come_as_json_text(sandbox):
    emag = await sandbox(from_rows(ROWS))
    await shape(emag, kind="json_text")
    second = (await emag.read())[1]
    assert isinstance(second["images"], str)
    assert {key: orjson.loads(second[key]) for key in ("ean", "images")} == {
        key: ROWS[1][key] for key in ("ean", "images")
    }


async def test_names_come_with_html_entities(sandbox):
    emag = await sandbox(from_rows(ROWS))
    await shape(emag, kind="html_entities")
    name = (await emag.read())[0]["name"]
    assert name == "Lamp&#259; &amp; co"
    assert html.unescape(name) == ROWS[0]["name"]


async def test_shapes_add_up_and_are_taken_back(sandbox):
    emag = await sandbox(20)
    await shape(emag, kind="nothing", account="main")
    await shape(emag, kind="html_entities", ids=[3])
    assert await emag.read() != emag.listed()
    assert len((await emag.control("GET", "/shapes"))["shapes"]) == 2
    await emag.control("DELETE", "/shapes")
    assert await emag.read() == emag.listed()


async def test_shapes_are_for_their_account_only(sandbox):
    emag = await sandbox(20)
    await shape(emag, kind="nothing", account="fbe")
    assert await emag.read() == emag.listed()


@pytest.mark.parametrize(
    "values", [{"kind": "odd"}, {"kind": "nothing", "fields": ["id"]}, {"kind": "nothing", "as": 1}]
)
async def test_a_shape_that_makes_no_sense_is_refused(sandbox, values):
    emag = await sandbox(5)
    assert "error" in await emag.control("POST", "/shapes", values)


async def test_all_ways_to_say_nothing_are_known():
    assert all(is_nothing(value) for value in NOTHINGS.values())
    assert not any(is_nothing(value) for value in (0, False, "0", [None], {"a": None}))


@pytest.mark.parametrize(
    ("gpsr", "in_list", "by_id"), [("by_id", bool, list), ("lists", list, list), ("booleans", bool, bool)]
)
async def test_gpsr_fields_are_booleans_in_a_list_and_lists_of_companies_by_id(sandbox, gpsr, in_list, by_id):
    """The contract: booleans (filled in or not) in a list read, and lists of companies when filtered by `id`."""
    emag = await sandbox(36, gpsr=gpsr)
    listed = await emag.read()
    for row in (listed[0], listed[1], listed[2]):
        truth = emag.main.row(int(row["id"]))
        [alone] = await emag.read(id=row["id"])
        for key in ("manufacturer", "eu_representative"):
            assert row[key] == (bool(truth[key]) if in_list is bool else truth[key])
            assert alone[key] == (bool(truth[key]) if by_id is bool else truth[key])


async def pages_of(emag, *numbers, **body):
    return [[int(row["id"]) for row in await emag.read(currentPage=number, **body)] for number in numbers]


@pytest.mark.parametrize(
    ("paging", "expected"),
    [
        ("first_rows", [range(1, 101)] * 3),
        ("first_page", [range(1, 51)] * 3),
        ("all_rows", [range(1, 121)] * 3),
        ("last_page", [range(51, 101), range(101, 121), range(101, 121)]),
    ],
)
async def test_a_list_can_repeat_itself_or_ignore_paging(sandbox, paging, expected):
    emag = await sandbox(120, paging=paging)
    assert await pages_of(emag, 2, 3, 9, itemsPerPage=50) == [list(rows) for rows in expected]


async def test_filters_can_be_ignored(sandbox):
    emag = await sandbox(60)
    active = await emag.ids_by_pages(status=1)
    assert active != emag.main.ids()
    await emag.control("POST", "/settings", {"ignored_filters": ["status"]})
    assert await emag.ids_by_pages(status=1) == emag.main.ids()
    assert (await emag.count(status=1))["noOfItems"] == "60"
    assert await emag.ids_by_pages(id=7) == [7]
    await emag.control("POST", "/settings", {"ignored_filters": ["all"]})
    assert len(await emag.read(id=7)) == 60
