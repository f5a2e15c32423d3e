"""The reasons of databases of before, which were sentences only, get their codes once, by a migration."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest
from sqlalchemy import Connection, text

from emagsync.db.engine import Database
from emagsync.edits import repository
from emagsync.edits.model import EditFilter
from emagsync.edits.push import outbox_repository
from emagsync.edits.push import repository as pushes
from emagsync.edits.push.outbox import Lines
from emagsync.edits.reasons import Reason, ReasonCode, reason_text, reason_view
from support.databases import address_in
from support.migrating import bring_to, insert_row, insert_rows, take_back_to

BEFORE = "20261128_09"
A_PUSH = "5c0ff33e-0000-4000-8000-000000000001"


@pytest.fixture
def url(tmp_path: Path) -> str:
    return address_in(tmp_path, migrated=False)


def of(code: ReasonCode, **values: object) -> Reason:
    return Reason.of(code, **values)


def edit(state: str, reason: str, expected: Reason | None, /, **columns: Any) -> tuple[dict[str, Any], Reason]:
    """An edit as it was stored, and the reason that it is to have; None: these words, quoted."""
    return {"state": state, "reason": reason, **columns}, expected or Reason.quoted(reason)


EDITS = [
    edit("withdrawn", "withdrawn by ana", of(ReasonCode.WITHDRAWN_BY, by="ana")),
    edit("withdrawn", "withdrawn by nothing", of(ReasonCode.WITHDRAWN_BY, by="nothing")),
    edit("replaced", "replaced by ion\nana", of(ReasonCode.REPLACED_BY, by="ion\nana")),
    edit("lost", "ana chose eMAG's value", of(ReasonCode.CHOSE_EMAG, by="ana")),
    edit(
        "open",
        "ana chose it over eMAG's x chose it over eMAG's 5.0000",
        of(ReasonCode.CHOSE_LOCAL, by="ana chose it over eMAG's x", emag="5.0000"),
    ),
    edit("open", "ana chose it over eMAG's nothing", of(ReasonCode.CHOSE_LOCAL, by="ana", emag=None)),
    edit("settled", "eMAG has 5 already", of(ReasonCode.ALREADY, emag="5"), closed_value="5"),
    edit("settled", "eMAG has nothing already", of(ReasonCode.ALREADY, emag=None), closed_value=None),
    edit(
        "lost",
        "eMAG changed it from 1.0000 to nothing meanwhile",
        of(ReasonCode.CHANGED_MEANWHILE, base="1.0000", emag=None),
        base="1.0000",
        closed_value=None,
    ),
    edit(
        "lost",
        "eMAG changed it from 1 to 2 to 3 meanwhile",
        of(ReasonCode.CHANGED_MEANWHILE, base="1 to 2", emag="3"),
        base="1 to 2",
        closed_value="3",
    ),
    # Nobody can tell any more where the first value ends.
    edit("lost", "eMAG changed it from a to b to c meanwhile", None, base="9", closed_value="c"),
    edit(
        "open",
        "eMAG changed it from 12 to 11; the edit stands",
        of(ReasonCode.EDIT_STANDS, base="12", emag="11"),
        base="11",
    ),
    edit(
        "conflict",
        "eMAG changed it from 12 to 11: as many are taken off the edit, from 5 to 4",
        of(ReasonCode.TAKEN_OFF, base="12", emag="11", value="5", left="4"),
    ),
    edit("rejected", "refused by ana", of(ReasonCode.REFUSED_BY, by="ana")),
    edit("rejected", "refused by ana (hold 3)", of(ReasonCode.REFUSED_BY_HOLD, by="ana", hold=3)),
    edit("rejected", "refused by ion (hold 3)", of(ReasonCode.REFUSED_BY, by="ion (hold 3)")),
    edit("rejected", "refused by ana (hold 4)", of(ReasonCode.REFUSED_BY, by="ana (hold 4)")),
    # eMAG's own words about what a push sent.
    edit("rejected", "refused by seller", None, closed_by_run=A_PUSH),
    edit("rejected", "withdrawn by seller", None, closed_by_run=A_PUSH),
    edit("rejected", "The price is out of range", None, closed_by_run=A_PUSH),
    edit("rejected", "eMAG does not know this offer", of(ReasonCode.OFFER_UNKNOWN), closed_by_run=A_PUSH),
    edit(
        "rejected",
        "sent 5 times, and eMAG still shows the value from before",
        of(ReasonCode.NO_EFFECT, times=5),
        closed_by_run=A_PUSH,
    ),
    edit(
        "rejected",
        "not known whether eMAG took 5: it shows nothing, and had 7 before. It is not sent again; check the value and "
        "edit it anew",
        of(ReasonCode.OUTCOME_UNKNOWN, target="5", shown=None, before="7"),
        closed_by_run=A_PUSH,
    ),
    *(
        edit("rejected", sentence, of(code, price="9.0000", limit="10.0000"), closed_by_run=A_PUSH)
        for code, sentence in (
            (ReasonCode.BELOW_MIN_PRICE, "sale_price 9.0000 would be below min_sale_price 10.0000"),
            (ReasonCode.ABOVE_MAX_PRICE, "sale_price 9.0000 would be above max_sale_price 10.0000"),
            (ReasonCode.NOT_ABOVE_SALE_PRICE, "recommended_price 9.0000 would not be above sale_price 10.0000"),
        )
    ),
    edit(
        "rejected",
        "cannot be sent: stock: too (many)",
        of(ReasonCode.NOT_SENDABLE, message="stock: too (many)"),
        closed_by_run=A_PUSH,
    ),
    edit(
        "applied",
        "eMAG took 5.0000 and shows 6.0000 since",
        of(ReasonCode.CHANGED_SINCE, target="5.0000", shown="6.0000"),
        closed_by_run=A_PUSH,
    ),
]


async def filled(database: Database, fill: Any, *arguments: Any) -> None:
    """A database of the version before, with a hold that ana refused, and what `fill` puts in; then upgraded."""
    async with database.engine.begin() as connection:
        await connection.run_sync(bring_to, BEFORE)
        await connection.run_sync(lambda one: insert_row(one, "holds", id=3, state="refused", decided_by="ana"))
        await connection.run_sync(lambda one: insert_row(one, "holds", id=4, state="released", decided_by="ana"))
        await connection.run_sync(fill, *arguments)
        await connection.run_sync(bring_to, "head")


def an_edit(connection: Connection, values: dict[str, Any]) -> None:
    some_edits(connection, [values])


def some_edits(connection: Connection, edits: list[dict[str, Any]]) -> None:
    insert_rows(connection, "local_edits", [{"account": "main", "source": "api", "value": "1", **one} for one in edits])


@pytest.mark.databases("both", often="sqlite")
async def test_the_sentences_of_edits_become_codes(url: str) -> None:
    def every_kind(connection: Connection) -> None:
        for number, (row, _) in enumerate(EDITS, start=1):
            an_edit(connection, {"id": number, "emag_id": number, **row})

    async with Database(url) as database:
        await filled(database, every_kind)
        async with database.snapshot() as connection:
            found = {one.id: one.reason for one in await repository.list_edits(connection, EditFilter(), limit=1000)}
    assert found == {number: expected for number, (_, expected) in enumerate(EDITS, start=1)}
    texts = {number: row["reason"] for number, (row, _) in enumerate(EDITS, start=1)}
    assert {number: reason_text(reason) for number, reason in found.items()} == texts


def an_entry(connection: Connection, state: str, reason: str | None, *items: dict[str, Any]) -> None:
    """An entry of the outbox, with the rejected edits that its changes come from."""
    for one in items:
        an_edit(
            connection,
            {
                "id": one["edit_id"],
                "emag_id": one["edit_id"],
                "state": "rejected",
                "closed_by_run": None if one["value"] == BY_A_PERSON else A_PUSH,
            },
        )
    insert_row(connection, "outbox", account="main", state=state, reason=reason, items=list(items), push_id=A_PUSH)


def item(edit_id: int, reason: str | None, result: str | None = "rejected", value: str = "1") -> dict[str, Any]:
    """A change as it was stored in an entry of the outbox."""
    said = {"reason": reason, "result": result}
    given = {"edit_id": edit_id, "field": "stock", "warehouse_id": 1, "kind": "absolute", "value": value}
    return given | {name: one for name, one in said.items() if one is not None}


ENTRIES = [
    ("dropped", "its edits were withdrawn, settled or overtaken", of(ReasonCode.NOTHING_LEFT)),
    ("dropped", "the push was interrupted before eMAG's answer", of(ReasonCode.INTERRUPTED)),
    ("dropped", "the push was stopped before it was its turn", of(ReasonCode.NOT_ITS_TURN)),
    ("dropped", "eMAG took it and still shows the value from before", of(ReasonCode.NOT_SHOWN)),
    (
        "dropped",
        "no certain answer (timeout): a: (b)",
        of(ReasonCode.NO_CERTAIN_ANSWER, cause="timeout", message="a: (b)"),
    ),
    ("dropped", "not sent (rate_limited): later", of(ReasonCode.NOT_SENT, cause="rate_limited", message="later")),
    ("dropped", "could not be read back: x", of(ReasonCode.UNREADABLE, message="x")),
    ("rejected", "eMAG says: no", Reason.quoted("eMAG says: no")),
    ("rejected", "eMAG refused it, and could not be read since: x", None),
    ("pending", None, None),
]


@pytest.mark.databases("both", often="sqlite")
async def test_the_sentences_of_the_outbox_become_codes(url: str) -> None:
    def every_kind(connection: Connection) -> None:
        for number, (state, reason, _) in enumerate(ENTRIES, start=1):
            an_entry(connection, state, reason, item(number, None, None))

    async with Database(url) as database:
        await filled(database, every_kind)
        async with database.snapshot() as connection:
            entries = await outbox_repository.list_entries(connection, Lines())
    expected = [
        one if one is not None or reason is None else Reason.quoted(reason) for _, reason, one in reversed(ENTRIES)
    ]
    assert [entry.reason for entry in entries] == expected
    assert {change.reason for entry in entries for change in entry.items} == {None}


BY_A_PERSON = "2"
CHANGES = [
    (item(1, "refused by ana", value=BY_A_PERSON), of(ReasonCode.REFUSED_BY, by="ana")),
    (item(2, "refused by ana (hold 3)", value=BY_A_PERSON), of(ReasonCode.REFUSED_BY_HOLD, by="ana", hold=3)),
    (item(3, "refused by seller"), Reason.quoted("refused by seller")),
    (item(4, "eMAG does not know this offer"), of(ReasonCode.OFFER_UNKNOWN)),
    (
        item(5, "eMAG took 5 and shows nothing since", "changed_since"),
        of(ReasonCode.CHANGED_SINCE, target="5", shown=None),
    ),
    (
        item(6, "eMAG shows 1, which is neither 2 nor 3", "reopened"),
        of(ReasonCode.THIRD_VALUE, shown="1", before="2", target="3"),
    ),
    (item(7, None, "applied"), None),
]


@pytest.mark.databases("both", often="sqlite")
async def test_the_sentences_of_changes_in_the_outbox_become_codes(url: str) -> None:
    # As it was stored then: the reason of an entry that was done with was made of those of its changes.
    text_of_all = "; ".join(f"stock: {one['reason']}" for one, _ in CHANGES if "reason" in one)
    async with Database(url) as database:
        await filled(database, an_entry, "rejected", text_of_all, *[one for one, _ in CHANGES])
        async with database.snapshot() as connection:
            [entry] = await outbox_repository.list_entries(connection, Lines())
    assert [change.reason for change in entry.items] == [expected for _, expected in CHANGES]
    assert entry.reason == Reason.quoted(text_of_all)


@pytest.mark.databases("both", often="sqlite")
async def test_a_pushs_error_gets_its_code(url: str) -> None:
    def two_pushes(connection: Connection) -> None:
        for number, error in enumerate(["stopped (timeout): eMAG (or the way to it) is slow", "broken", None]):
            insert_row(connection, "pushes", id=str(number), status="failed", counts={}, error=error)

    async with Database(url) as database:
        await filled(database, two_pushes)
        async with database.snapshot() as connection:
            found = {push.id: push for push in await pushes.list_pushes(connection)}
    assert [push.error for _, push in sorted(found.items())] == [
        "stopped (timeout): eMAG (or the way to it) is slow",
        "broken",
        None,
    ]
    assert found["0"].why == reason_view(
        of(ReasonCode.PUSH_STOPPED, cause="timeout", message="eMAG (or the way to it) is slow")
    )
    assert (found["1"].why, found["2"].why) == (None, None)


@pytest.mark.databases("both", often="sqlite")
async def test_going_back_leaves_the_sentences_as_they_were_and_forgets_the_codes(url: str) -> None:
    before = [item(1, "refused by ana", value=BY_A_PERSON), item(2, "eMAG says no")]
    async with Database(url) as database:
        await filled(database, an_entry, "rejected", "stock: refused by ana; stock: eMAG says no", *before)
        async with database.engine.begin() as connection:
            await connection.run_sync(take_back_to, BEFORE)
        async with database.snapshot() as connection:
            row = (await connection.execute(text("SELECT * FROM outbox"))).one()
        stored = row._mapping["items"]
        assert (orjson.loads(stored) if isinstance(stored, str) else stored) == before
        assert "reason_code" not in row._mapping


@pytest.mark.databases("both", often="sqlite")
async def test_many_edits_are_carried_in_portions(url: str) -> None:
    def many(connection: Connection) -> None:
        same = {"state": "withdrawn"}
        edits = [{"id": n, "emag_id": n, "reason": f"withdrawn by {n}", **same} for n in range(1, 1103)]
        some_edits(connection, edits)

    async with Database(url) as database:
        await filled(database, many)
        async with database.snapshot() as connection:
            found = await repository.list_edits(connection, EditFilter(), limit=5000)
    assert {edit.id: edit.reason for edit in found} == {
        number: of(ReasonCode.WITHDRAWN_BY, by=number) for number in range(1, 1103)
    }
