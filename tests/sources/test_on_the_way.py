"""What a source's edits meet on their way: approval, the brake, the schedule, other readers of the same source."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from emagsync.sources.fetching.fetched import Fetched, Known, Place
from emagsync.sources.fetching.fetcher import Fetcher
from emagsync.sources.schemas import SourceKind
from support.clocks import ForwardClock
from support.editing import open_editing
from support.patience import PATIENCE_SECONDS
from support.sourcing import SOURCES, Sourcing

OUTBOX = "/api/v1/emag/outbox"


async def until_lines(sourcing: Sourcing, expected: dict[int, str]) -> None:
    """Wait until the outbox has these lines, by eMAG's id in these states."""
    found: dict[int, str] = {}
    async with asyncio.timeout(PATIENCE_SECONDS):
        while found != expected:
            answer = await sourcing.api.viewer.get(OUTBOX)
            found = {line["emag_id"]: line["state"] for line in answer.json()["lines"]}
            await asyncio.sleep(0.02)


async def test_a_source_may_ask_for_approval_where_the_account_does_not(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    push = {"push": "on", "look_seconds": 0.05, "brake_percent": 100}
    async with open_editing(tmp_path, sources={"folder": folder}, edits=push) as editing:
        sourcing = Sourcing(editing, folder)
        careful = await sourcing.add(name="careful", address="careful.csv", mode="approval")
        quick = await sourcing.add(name="quick", address="quick.csv", mode="direct")
        sourcing.write(f"sku,stock\n{await sourcing.part_number(1)},3\n", "careful.csv")
        sourcing.write(f"sku,stock\n{await sourcing.part_number(2)},4\n", "quick.csv")
        await sourcing.read(careful)
        await sourcing.read(quick)

        await until_lines(sourcing, {1: "waiting", 2: "applied"})
        approved = await sourcing.api.operator.post(f"{OUTBOX}/approve", json={"account_type": "main"})
        assert approved.json() == {"lines": 1}
        await until_lines(sourcing, {1: "applied", 2: "applied"})
        assert [int((await editing.product(emag_id))["stock_quantity"]) for emag_id in (1, 2)] == [3, 4]


async def test_a_source_is_read_by_itself_when_it_is_due(tmp_path: Path) -> None:
    clock, folder = ForwardClock(), tmp_path / "in"
    folder.mkdir()
    async with open_editing(tmp_path, sources={"folder": folder}, clock=clock) as editing:
        sourcing = Sourcing(editing, folder)
        source = await sourcing.add(interval_minutes=30)
        by_hand = await sourcing.add(name="by hand", address="other.csv")
        readings = editing.api.services.sources.readings
        clock.forward(minutes=1)
        assert await readings.read_due() == "1 sources read: 0 taken in, 1 refused or failed"
        assert await readings.read_due() == "no source is due"
        sourcing.write(f"sku,stock\n{await sourcing.part_number(1)},3\n")
        clock.forward(minutes=31)
        assert await readings.read_due() == "1 sources read: 1 taken in, 0 refused or failed"
        found = {one["id"]: one for one in (await sourcing.api.viewer.get(SOURCES)).json()["sources"]}
        last = found[source["id"]]["last_reading"]
        assert (last["trigger"], last["started_by"], last["status"]) == ("schedule", "schedule", "previewed")
        assert found[by_hand["id"]]["last_reading"] is None
        metrics = (await sourcing.api.viewer.get("/metrics")).text
        assert 'emag_source_failures{source="ERP"} 0' in metrics
        assert 'emag_source_interval_seconds{source="ERP"} 1800' in metrics
        # The folder is gone: that is not nothing.
        (folder / "stock.csv").unlink()
        clock.forward(minutes=31)
        await readings.read_due()
        metrics = (await sourcing.api.viewer.get("/metrics")).text
        assert 'emag_source_failures{source="ERP"} 1' in metrics


async def test_a_source_is_read_by_one_at_a_time_and_anew_after_its_reader_died(
    sourcing: Sourcing, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = await sourcing.add()
    sourcing.write(f"sku,stock\n{await sourcing.part_number(1)},3\n")
    readings = sourcing.api.services.sources.readings
    both = await asyncio.gather(
        *(readings.read(source["id"], trigger="request", by=name) for name in ("ana", "dan")), return_exceptions=True
    )
    assert sorted(type(one).__name__ for one in both) == ["Reading", "SourceBusy"]
    begun = asyncio.Event()

    async def never_there(*_: object) -> Fetched | None:
        begun.set()
        return await asyncio.Future()

    with monkeypatch.context() as patched:
        patched.setattr(Fetcher, "fetch", never_there)
        stopped = asyncio.ensure_future(readings.read(source["id"], trigger="request", by="ana", force=True))
        await begun.wait()
        assert (await sourcing.api.viewer.get(f"{SOURCES}/{source['id']}")).json()["is_being_read"]
        stopped.cancel()
        with pytest.raises(asyncio.CancelledError):
            await stopped
    again = await sourcing.read(source, force=True)
    assert again["status"] == "previewed"
    listed = (await sourcing.api.viewer.get(f"{SOURCES}/{source['id']}/readings")).json()["readings"]
    assert [one["status"] for one in listed] == ["previewed", "failed", "previewed"]
    assert listed[1]["code"] == "interrupted"


async def test_a_reading_that_breaks_is_told_and_keeps_no_other_from_being_read(
    sourcing: Sourcing, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken, well = [await sourcing.add(name=name, address=name, interval_minutes=30) for name in ("a.csv", "b.csv")]
    sourcing.write(f"sku,stock\n{await sourcing.part_number(1)},3\n", "b.csv")
    readings = sourcing.api.services.sources.readings
    fetch = Fetcher.fetch

    async def breaking(self: Fetcher, kind: SourceKind, place: Place, known: Known) -> Fetched | None:
        if place.address == "a.csv":
            raise ZeroDivisionError
        return await fetch(self, kind, place, known)

    monkeypatch.setattr(Fetcher, "fetch", breaking)
    assert await readings.read_due() == "2 sources read: 1 taken in, 1 refused or failed"
    assert await readings.read_due() == "no source is due"
    found = {one["id"]: one for one in (await sourcing.api.viewer.get(SOURCES)).json()["sources"]}
    last = found[broken["id"]]["last_reading"]
    assert (last["status"], last["code"], found[broken["id"]]["failures"]) == ("failed", "reading_broke", 1)
    assert not found[broken["id"]]["is_being_read"]
    assert found[well["id"]]["last_reading"]["status"] == "previewed"


NULL_REFUSED = ("name", "account", "address")
NULL_IS_THE_DEFAULT = (
    *("format", "enabled", "columns", "key", "mode", "missing_means"),
    *("most_shrink_percent", "interval_minutes", "login", "host_key"),
)


async def test_null_is_the_default_or_refused(sourcing: Sourcing, subtests: pytest.Subtests) -> None:
    source = await sourcing.add(most_shrink_percent=10, mode="direct", format={"separator": ";"}, enabled=False)
    for name in (*NULL_REFUSED, *NULL_IS_THE_DEFAULT):
        with subtests.test(name):
            answer = await sourcing.api.admin.patch(f"{SOURCES}/{source['id']}", json={name: None})
            if name in NULL_REFUSED:
                assert answer.status_code == 422, answer.text
                assert [error["field"] for error in answer.json()["errors"]] == [name]
                continue
            assert answer.status_code == 200, answer.text
            shown = {"enabled": True, "mode": "preview", "missing_means": "nothing", "most_shrink_percent": 50}
            found = answer.json()["username" if name == "login" else name]
            assert (found["separator"] if name == "format" else found) == shown.get(name)


async def test_a_colon_in_a_user_name_is_refused_where_it_would_cut_it(sourcing: Sourcing) -> None:
    asked = {"name": "ERP", "kind": "https", "address": "http://127.0.0.1:9/a.csv", "account": "main"}
    login = {"username": "erp:ro", "password": "secret"}
    answer = await sourcing.api.admin.post(SOURCES, json=asked | {"login": login})
    assert (answer.status_code, answer.json()["reason"]) == (422, "username_colon")
