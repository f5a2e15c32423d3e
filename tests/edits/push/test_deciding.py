"""Deciding about lines of the outbox by pieces comes to what deciding about each entry by itself would."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, event, insert, select

from emagsync.accounts.registry import AccountRegistry
from emagsync.accounts.settings import ConfiguredAccounts
from emagsync.core.settings import Settings
from emagsync.db.engine import Database
from emagsync.edits.push import outbox
from emagsync.edits.push.items import Item, Result, items_of, items_text
from emagsync.edits.push.outbox import Lines, OutboxEntry
from emagsync.edits.push.outbox_repository import rank_of
from emagsync.edits.push.schemas import HoldKind, HoldState
from emagsync.edits.push.service import PushService
from emagsync.edits.reasons import Reason, ReasonCode, reason_columns
from emagsync.edits.states import OutboxState
from emagsync.edits.tables import conflicts, holds, local_edits
from emagsync.edits.tables import outbox as outbox_table
from emagsync.offers.tables import notable_changes
from support.clocks import StoppedClock
from support.databases import address_in
from support.examples import examples

TABLES: Final = (local_edits, outbox_table, conflicts, notable_changes, holds)
BEFORE: Final = datetime(2026, 3, 1, tzinfo=UTC)
FIELDS: Final = ("sale_price", "stock", "status", "handling_time")
UNSENT: Final = (OutboxState.WAITING, OutboxState.PENDING)

Row = dict[str, Any]
Tables = dict[str, list[Row]]


class Kept(NamedTuple):
    """One change of an entry as it is found: its edit's state, and how far it came."""

    field: str
    edit_state: str
    before: str | None
    target: str | None
    result: Result | None


class Found(NamedTuple):
    """An entry as it is found, with its changes."""

    account: str
    state: OutboxState
    kept: tuple[Kept, ...]
    alarm: str | None
    is_campaign: bool
    is_seen: bool


_kept = st.builds(
    Kept,
    field=st.sampled_from(FIELDS),
    edit_state=st.sampled_from(["open", "open", "open", "conflict", "withdrawn", "replaced", "applied"]),
    before=st.sampled_from(["5", None]),
    target=st.sampled_from([None, "7"]),
    result=st.sampled_from([None, None, None, *Result]),
)
_found = st.builds(
    Found,
    account=st.sampled_from(["main", "other"]),
    state=st.sampled_from([*OutboxState, *UNSENT, *UNSENT]),
    kept=st.lists(_kept, min_size=1, max_size=3, unique_by=lambda one: one.field).map(tuple),
    alarm=st.sampled_from([None, "repriced"]),
    is_campaign=st.booleans(),
    is_seen=st.booleans(),
)
outboxes = st.lists(_found, max_size=9).map(lambda found: tuple(map(_of_its_state, found)))


def _of_its_state(found: Found) -> Found:
    """What waits has a change that is not done with."""
    if found.state not in UNSENT:
        return found
    return found._replace(kept=(found.kept[0]._replace(result=None), *found.kept[1:]))


class Scene(NamedTuple):
    """A database, and the time there."""

    database: Database
    clock: StoppedClock

    def service(self, piece: int) -> PushService:
        """Who decides, by so many entries at a time."""
        chosen = Settings(_env_file=None, edits={"bulk_piece": piece})
        registry = AccountRegistry(ConfiguredAccounts({}, {}), chosen)
        return PushService(database=self.database, registry=registry, settings=chosen, clock=self.clock)

    async def fill(self, found: tuple[Found, ...]) -> None:
        """Let the database have these entries and their edits, and nothing else."""
        async with self.database.transaction() as connection:
            for table in (conflicts, outbox_table, local_edits, notable_changes, holds):
                await connection.execute(delete(table))
            edit_id = 0
            for emag_id, one in enumerate(found, 1):
                items = []
                for kept in one.kept:
                    edit_id += 1
                    await connection.execute(insert(local_edits).values(_edit(edit_id, emag_id, one.account, kept)))
                    if kept.edit_state == "conflict":
                        await connection.execute(insert(conflicts).values(_conflict(edit_id, emag_id, one, kept)))
                    items.append(_item(edit_id, kept))
                await connection.execute(insert(outbox_table).values(_entry(emag_id, one, items)))

    async def hold(self) -> None:
        """A hold of the brake of `main` that waits for a decision."""
        waits = {"account": "main", "kind": HoldKind.PUSH, "reason": "repriced", "counts": "{}", "most": 1}
        async with self.database.transaction() as connection:
            await connection.execute(insert(holds).values(id=1, state=HoldState.WAITING, created_at=BEFORE, **waits))

    async def tables(self) -> Tables:
        """Everything, with items parsed: how JSON is spelled means nothing."""
        found = {}
        async with self.database.snapshot() as connection:
            for table in TABLES:
                rows = await connection.execute(select(table).order_by(table.c.id))
                found[table.name] = [dict(row._mapping) for row in rows]
        for row in found["outbox"]:
            row["items"] = items_of(row["items"])
        return found


def _edit(edit_id: int, emag_id: int, account: str, kept: Kept) -> Row:
    closed = {} if kept.edit_state in ("open", "conflict") else {"closed_at": BEFORE, "closed_value": "1"}
    return {
        "id": edit_id,
        "account": account,
        "emag_id": emag_id,
        "field": kept.field,
        "warehouse_id": 0,
        "kind": "absolute",
        "base": "4",
        "value": "7",
        "confirmed": True,
        "made_by": "maria",
        "made_at": BEFORE,
        "source": "api",
        "state": kept.edit_state,
        **closed,
    }


def _conflict(edit_id: int, emag_id: int, one: Found, kept: Kept) -> Row:
    values = {"field": kept.field, "warehouse_id": 0, "edit_id": edit_id, "local": "7", "emag": "6"}
    return {"account": one.account, "emag_id": emag_id, "opened_at": BEFORE, "state": "open", **values}


def _item(edit_id: int, kept: Kept) -> Item:
    reason = Reason.of(ReasonCode.THIRD_VALUE, shown="6", before="5", target="7") if kept.result else None
    return Item(edit_id, kept.field, 0, "absolute", "7", kept.before, kept.target, kept.result, reason)


def _entry(emag_id: int, one: Found, items: list[Item]) -> Row:
    waits = Reason.of(ReasonCode.WAITS_FOR_CAMPAIGN, message="campanie", times=1) if one.is_campaign else None
    return {
        "id": emag_id * 10,
        "account": one.account,
        "emag_id": emag_id,
        "items": items_text(items),
        "rank": rank_of(items),
        "state": one.state,
        "attempts": 1,
        "created_at": BEFORE,
        "updated_at": BEFORE if one.is_seen else BEFORE + timedelta(hours=1),
        "next_at": BEFORE if one.is_campaign else None,
        "push_id": "a-push",
        "alarm": one.alarm,
        **reason_columns(waits),
    }


# What one entry after the other would come to, in memory


def rejected(tables: Tables, is_meant: Callable[[Row], bool], reason: Reason, now: datetime) -> int:
    """Reject the entries that are meant as `outbox.reject` says. Returns how many."""
    edits = {row["id"]: row for row in tables["local_edits"]}
    meant = [row for row in tables["outbox"] if row["state"] in UNSENT and is_meant(row)]
    for row in meant:
        before = OutboxEntry(**{name: row[name] for name in OutboxEntry._fields})
        before = before._replace(state=OutboxState(row["state"]))
        after = outbox.reject(before, reason, now)
        row |= after._asdict() | reason_columns(after.reason) | {"updated_at": now, "rank": rank_of(after.items)}
        for closed in outbox.closed_edits(before.items, after):
            assert not closed.is_refused or closed.item.reason != reason
            edit = edits[closed.item.edit_id]
            if edit["state"] in ("open", "conflict"):
                edit |= {"state": closed.state, "closed_value": closed.value, "closed_at": now}
                edit |= {"closed_by_run": None, "remarks": None, **reason_columns(closed.item.reason)}
    return len(meant)


def approved(tables: Tables, is_meant: Callable[[Row], bool], now: datetime) -> int:
    """Approve the waiting entries that are meant. Returns how many."""
    meant = [row for row in tables["outbox"] if row["state"] == OutboxState.WAITING and is_meant(row)]
    for row in meant:
        row |= {"state": OutboxState.PENDING, "approved_by": "ana", "approved_at": now, "updated_at": now}
    return len(meant)


CHOICES: Final[Mapping[str, tuple[Lines, Callable[[Row], bool]]]] = {
    "all": (Lines(), lambda row: True),
    "ids": (Lines(ids=[10, 30, 40, 990]), lambda row: row["id"] in (10, 30, 40)),
    "account": (Lines(account="main"), lambda row: row["account"] == "main"),
    "offer": (Lines(account="main", emag_id=2), lambda row: (row["account"], row["emag_id"]) == ("main", 2)),
    "seen": (Lines(unchanged_since=BEFORE), lambda row: row["updated_at"] <= BEFORE),
    "state": (Lines(states=[OutboxState.WAITING]), lambda row: row["state"] == OutboxState.WAITING),
    "offers": (
        Lines(offers={"main": [1, 3], "other": [4]}),
        lambda row: (row["account"], row["emag_id"]) in (("main", 1), ("main", 3), ("other", 4)),
    ),
}


@pytest.mark.databases("both", often="sqlite")
def test_what_is_decided_in_pieces_is_row_by_row_what_each_entry_by_itself_comes_to(tmp_path: Path) -> None:
    clock = StoppedClock()
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        database = runner.run(stack.enter_async_context(Database(address_in(tmp_path))))
        scene = Scene(database, clock)

        @settings(
            max_examples=examples(60),
            phases=[Phase.explicit, Phase.generate],
            deadline=None,
            suppress_health_check=list(HealthCheck),
            derandomize=True,
        )
        @given(found=outboxes, piece=st.sampled_from([1, 2, 3, 100]), choice=st.sampled_from(sorted(CHOICES)))
        def decides(found: tuple[Found, ...], piece: int, choice: str) -> None:
            runner.run(_decide(scene, found, piece, choice))

        try:
            decides()
        finally:
            runner.run(stack.aclose())


async def _decide(scene: Scene, found: tuple[Found, ...], piece: int, choice: str) -> None:
    lines, is_meant = CHOICES[choice]
    service = scene.service(piece)
    reason = Reason.of(ReasonCode.REFUSED_BY, by="ana")
    await scene.fill(found)

    expected = await scene.tables()
    assert await service.approve(lines, by="ana") == approved(expected, is_meant, scene.clock.now())
    assert await scene.tables() == expected

    # What was approved has changed since, whoever has seen it before.
    assert await service.reject(lines, by="ana") == rejected(expected, is_meant, reason, scene.clock.now())
    assert await scene.tables() == expected

    await scene.fill(found)
    await scene.hold()
    expected = await scene.tables()
    refused = Reason.of(ReasonCode.REFUSED_BY_HOLD, by="ana", hold=1)
    rejected(expected, lambda row: row["account"] == "main" and row["alarm"] is not None, refused, scene.clock.now())
    expected["holds"][0] |= {"state": "refused", "decided_by": "ana", "decided_at": scene.clock.now()}
    await service.refuse_hold(1, by="ana")
    assert await scene.tables() == expected


async def test_a_piece_is_found_without_looking_at_the_other_entries(tmp_path: Path) -> None:
    async with Database(address_in(tmp_path)) as database:
        scene = Scene(database, StoppedClock())
        one = Kept("sale_price", "open", "5", None, None)
        await scene.fill(tuple(Found("main", OutboxState.WAITING, (one,), None, False, True) for _ in range(5)))
        asked: list[tuple[str, Any]] = []
        event.listen(
            database.engine.sync_engine,
            "before_cursor_execute",
            lambda _connection, _cursor, statement, values, *_: asked.append((statement, values)),
        )
        lines = Lines(account="main", offers={"main": range(1, 6)})
        await scene.service(2).approve(lines, by="ana")
        await scene.service(2).reject(lines, by="ana")
        pieces = [(statement, values) for statement, values in asked if "json_each" in statement]
        assert len(pieces) == 6
        async with database.engine.connect() as connection:
            for statement, values in pieces:
                plan = await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
                steps = [row.detail for row in plan if "outbox" in row.detail]
                assert steps == ["SEARCH outbox USING INTEGER PRIMARY KEY (rowid=?)"], statement
