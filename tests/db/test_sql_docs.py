"""`docs/sql.md`: its examples run on both databases, and it describes each view and column as the code defines them."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import text

from emagsync.db.contract.definitions import VIEWS, View
from emagsync.db.engine import Database
from offers.offer_rows import offer, store

DOCUMENT = Path(__file__).parents[2] / "docs" / "sql.md"
PAGE = DOCUMENT.read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```sql\n(.*?)```", PAGE, re.DOTALL)
ONE_OF = {name: re.findall(rf"```{name}\n(.*?)```", PAGE, re.DOTALL) for name in ("sqlite", "postgresql")}
EAN = "5940000000017"


@pytest.fixture
async def filled(database: Database) -> Database:
    payload = '{"id":7,"images":[{"url":"https://example.com/1.jpg"}]}'
    few = offer(7, part_number="SKU-000007", stock=2, eans=[EAN], payload=payload)
    await store(database, [few, offer(8, part_number="SKU-000008", stock=9)])
    return database


@pytest.mark.databases("both")
@pytest.mark.parametrize("number", range(len(EXAMPLES)))
async def test_an_example_runs(filled: Database, number: int) -> None:
    async with filled.snapshot() as connection:
        rows = (await connection.execute(text(EXAMPLES[number]))).mappings().all()
    # What the offers above have nothing of: runs, edits, restores; and prices below 100.
    if not re.search(r"v_histories|v_edits|v_runs|< 100", EXAMPLES[number]):
        assert rows
    if "part_number" in EXAMPLES[number] and rows:
        assert rows[0]["emag_id" if "emag_id" in rows[0] else "part_number"] in (7, "SKU-000007")


@pytest.mark.databases("both")
async def test_the_examples_that_the_databases_write_differently_run(filled: Database) -> None:
    examples = ONE_OF["sqlite" if filled.is_sqlite else "postgresql"]
    assert len(examples) == 1
    async with filled.snapshot() as connection:
        assert "example.com" in str(await connection.scalar(text(examples[0])))


@pytest.mark.databases("both")
async def test_amounts_are_compared_as_the_page_says(filled: Database) -> None:
    await store(filled, [offer(9, sale_price=Decimal("9.0000")), offer(10, sale_price=Decimal("10.0000"))])
    query = "SELECT emag_id FROM v_offers WHERE CAST(sale_price AS NUMERIC) < 100 ORDER BY CAST(sale_price AS NUMERIC)"
    async with filled.snapshot() as connection:
        assert list((await connection.execute(text(query))).scalars()) == [9, 10]


def described(view: View) -> Iterator[str]:
    yield f"### `{view.name}`"
    yield ""
    yield f"{view.row[0].upper()}{view.row[1:]}."
    yield ""
    yield "| column | | meaning |"
    yield "|---|---|---|"
    for column in view.columns:
        kind = "JSON list" if column.kind.name == "JSON_OF_CODES" else str(column.kind)
        yield f"| `{column.name}` | {kind} | {column.meaning} |"
    yield ""


def test_the_page_describes_the_views_as_they_are() -> None:
    """With EMAGSYNC_WRITE_DOCS=1 it writes that part of the page."""
    start, heading, _ = PAGE.partition("## The views\n\n")
    assert heading
    expected = "\n".join(line for view in VIEWS for line in described(view))
    if os.environ.get("EMAGSYNC_WRITE_DOCS"):
        DOCUMENT.write_text(start + heading + expected, encoding="utf-8")
    assert DOCUMENT.read_text(encoding="utf-8") == start + heading + expected
