"""Reading sources: what a file changes becomes edits, by the same checks as any; what it cannot change is told."""

from __future__ import annotations

from typing import Any

from support.sourcing import SOURCES, Sourcing


def counts(reading: dict[str, Any]) -> dict[str, int]:
    """What there is any of."""
    return {name: number for name, number in reading["counts"].items() if number}


async def test_a_file_becomes_edits_and_what_it_cannot_change_is_told_with_its_cell(sourcing: Sourcing) -> None:
    one, two, three = [await sourcing.part_number(emag_id) for emag_id in (1, 2, 3)]
    sourcing.write(
        "Cod produs;Denumire;Stoc;Pret vanzare\n"
        f"{one};Cană;7;101,50\n"
        f"{two};Lampă;10;\n"
        f"{three};Scaun;multe;99\n"
        "NU-EXISTA;Masă;1;10\n"
        ";;4;\n"
    )
    source = await sourcing.add(mode="direct")

    reading = await sourcing.read(source)

    assert (reading["status"], reading["file"]["name"]) == ("applied", "stock.csv")
    assert counts(reading) == {"rows": 5, "understood": 2, "changed": 1, "unchanged": 1, "refused": 2, "unknown": 1}
    edits = await sourcing.editing.edits(batch_id=reading["batch_id"])
    assert {(edit["emag_id"], edit["field"], edit["value"], edit["source"]) for edit in edits} == {
        (1, "stock", "7", "source"),
        (1, "sale_price", "101.5000", "source"),
    }
    rows = await sourcing.rows(reading)
    told = [(row["row"], row["kind"], [problem["place"] for problem in row["problems"]]) for row in rows]
    assert told == [(2, "changed", []), (4, "refused", ["C4"]), (5, "unknown", ["A5"]), (6, "refused", ["A6"])]
    [listed] = (await sourcing.api.viewer.get(SOURCES)).json()["sources"]
    assert (listed["last_reading"]["id"], listed["rows"], listed["failures"]) == (reading["id"], 5, 0)


async def test_a_preview_waits_for_a_person_and_what_looks_like_a_mistake_for_a_second_yes(sourcing: Sourcing) -> None:
    one, two = [await sourcing.part_number(emag_id) for emag_id in (1, 2)]
    sourcing.write(f"sku,stock,sale_price\n{one},3,\n{two},,400\n")
    source = await sourcing.add()

    reading = await sourcing.read(source)
    assert (reading["status"], counts(reading)) == (
        "previewed",
        {"rows": 2, "understood": 2, "changed": 1, "doubtful": 1},
    )
    assert await sourcing.editing.edits() == []

    applied = await sourcing.apply(reading)
    assert (applied["status"], applied["applied_by"]) == ("applied", "token:a operator")
    assert [(edit["emag_id"], edit["value"]) for edit in await sourcing.editing.edits()] == [(1, "3")]

    confirmed = await sourcing.apply(reading, confirm=True)
    assert confirmed["batch_id"] == applied["batch_id"]
    assert {edit["emag_id"] for edit in await sourcing.editing.edits()} == {1, 2}
    again = await sourcing.api.operator.post(f"{SOURCES}/{source['id']}/readings/{reading['id']}/apply")
    assert (again.status_code, again.json()["code"]) == (409, "nothing_to_apply")


async def test_the_same_file_twice_does_nothing_and_half_a_file_is_refused(sourcing: Sourcing) -> None:
    numbers = [await sourcing.part_number(emag_id) for emag_id in range(1, 6)]
    whole = "sku,stock\n" + "".join(f"{number},{place}\n" for place, number in enumerate(numbers, start=20))
    sourcing.write(whole)
    source = await sourcing.add(mode="direct", most_shrink_percent=40)
    assert (await sourcing.read(source))["status"] == "applied"
    edits = await sourcing.editing.edits()
    for edit in edits:
        await sourcing.api.operator.delete(f"/api/v1/emag/edits/{edit['id']}")

    assert (await sourcing.read(source))["status"] == "same_file"
    assert await sourcing.editing.edits() == []

    sourcing.write("\n".join(whole.splitlines()[:3]))
    refused = await sourcing.read(source)
    assert (refused["status"], refused["code"], refused["values"]) == (
        "refused",
        "file_too_short",
        {"rows": 2, "before": 5, "most_percent": 40},
    )
    [listed] = (await sourcing.api.viewer.get(SOURCES)).json()["sources"]
    assert (listed["rows"], listed["failures"]) == (5, 1)
    assert (await sourcing.read(source, force=True))["status"] == "applied"
    assert {edit["emag_id"] for edit in await sourcing.editing.edits()} == {1, 2}


async def test_missing_rows_mean_nothing_unless_the_source_says_stock_0(sourcing: Sourcing) -> None:
    one = await sourcing.part_number(1)
    sourcing.write(f"sku,stock\n{one},4\n")
    source = await sourcing.add(mode="preview")
    assert counts(await sourcing.read(source)) == {"rows": 1, "understood": 1, "changed": 1}

    source = await sourcing.change(source, missing_means="stock_0")
    reading = await sourcing.read(source)
    stocked = await sourcing.api.rows("SELECT emag_id FROM offers WHERE stock > 0 AND removed_at IS NULL")
    others = {row["emag_id"] for row in stocked} - {1}
    assert others
    assert counts(reading)["missing"] == len(others)
    rows = await sourcing.rows(reading)
    assert {row["emag_id"] for row in rows if row["row"] is None} == others
    [brake] = reading["brakes"]
    assert (brake["counts"]["zeroed"], brake["most"]) == (len(others), 2)

    # Who can say which offer the second row is of?
    sourcing.write(f"sku,stock\n{one},5\n,5\n")
    refused = await sourcing.read(source)
    assert (refused["status"], refused["reason"], refused["values"]) == ("refused", "nameless_rows", {"rows": "3"})
