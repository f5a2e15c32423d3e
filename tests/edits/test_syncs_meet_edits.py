"""Edits and syncs: what becomes of an edit when a run reads what eMAG has, under every strategy."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from emagsync.core.edit_rules import ConflictStrategy
from emagsync.sync import dry_run_repository
from emagsync.sync.schemas import Mode
from support.editing import EMAG, Editing, open_editing
from support.local import until

pytestmark = pytest.mark.databases("both", often="sqlite")


async def test_edits_survive_syncs_that_find_nothing_new_under_every_strategy(editing: Editing) -> None:
    await editing.edit(1, sale_price="120", stock=3)
    await editing.edit(2, stock_change=-2)
    edits = await editing.every_edit()
    for strategy in ConflictStrategy:
        for mode in (Mode.FULL, Mode.INCREMENTAL):
            editing.on_emag(1, name=f"Named anew for {strategy} and {mode}")
            await editing.sync(conflict_strategy=strategy, mode=mode)
            assert await editing.every_edit() == edits
    assert [state for _, _, state in edits] == ["open", "open", "open"]


async def both_changed(editing: Editing, **run: Any) -> dict[str, Any]:
    """The price was edited here to 120, and changed on eMAG to 130; the product after a run."""
    await editing.edit(1, sale_price="120")
    editing.on_emag(1, sale_price="130.0000")
    await editing.sync(**run)
    product = await editing.product(1)
    assert product["price"] == "130.0000"  # the copy is eMAG's, whoever wins
    return product


async def test_with_emag_priority_emags_change_wins_and_the_edit_is_on_record(editing: Editing) -> None:
    product = await both_changed(editing, conflict_strategy=ConflictStrategy.EMAG_PRIORITY)
    assert (product["pending_edits"], product["sync_status"]) == ([], "synced")
    (edit,) = await editing.edits(state="lost")
    assert (edit["value"], edit["closed_value"]) == ("120.0000", "130.0000")
    assert "from 100.0000 to 130.0000" in edit["reason"]
    assert edit["closed_by_run"] == (await editing.api.rows("SELECT max(last_seen_run) AS run FROM offers"))[0]["run"]


async def test_with_local_priority_the_edit_stands_on_emags_new_value(editing: Editing) -> None:
    product = await both_changed(editing, conflict_strategy=ConflictStrategy.LOCAL_PRIORITY)
    (pending,) = product["pending_edits"]
    assert (pending["base"], pending["value"], pending["state"]) == ("130.0000", "120.0000", "open")
    assert product["effective"]["price"] == "120.0000"


async def test_newest_wins_goes_by_when_we_first_saw_emags_change(editing: Editing) -> None:
    product = await both_changed(editing, conflict_strategy=ConflictStrategy.NEWEST_WINS)
    assert product["pending_edits"] == []
    await editing.edit(1, sale_price="140")
    await editing.sync(conflict_strategy=ConflictStrategy.NEWEST_WINS)
    assert (await editing.product(1))["effective"]["price"] == "140.0000"


async def test_with_manual_a_conflict_is_opened_once_and_follows_emag(editing: Editing) -> None:
    product = await both_changed(editing, conflict_strategy=ConflictStrategy.MANUAL)
    assert (product["sync_status"], product["pending_edits"][0]["state"]) == ("conflict", "conflict")
    editing.on_emag(1, sale_price="135.0000")
    await editing.sync(conflict_strategy=ConflictStrategy.MANUAL)
    (conflict,) = await editing.conflicts()
    assert {key: conflict[key] for key in ("base", "local", "emag", "state", "field")} == {
        "base": "100.0000",
        "local": "120.0000",
        "emag": "135.0000",
        "state": "open",
        "field": "sale_price",
    }


CONVERTED = {"currency": "EUR", "sale_price": "51.1292", "min_sale_price": "5.1129", "max_sale_price": "511.2919"}


async def test_a_price_that_waits_while_its_offers_currency_changes_is_a_conflict_under_every_strategy(
    editing: Editing,
) -> None:
    strategies = dict(enumerate(ConflictStrategy, start=1))
    for emag_id, strategy in strategies.items():
        # eMAG's number may even be the one that was wanted.
        await editing.edit(emag_id, sale_price="51.1292", stock=3)
        editing.on_emag(emag_id, **CONVERTED)
        await editing.sync(conflict_strategy=strategy)
    conflicts = await editing.conflicts()
    assert {one["emag_id"] for one in conflicts} == set(strategies)
    for conflict in conflicts:
        sides = {name: conflict[name] for name in ("field", "base", "local", "currency", "emag", "emag_currency")}
        assert sides == {
            "field": "sale_price",
            "base": "100.0000",
            "local": "51.1292",
            "currency": "RON",
            "emag": "51.1292",
            "emag_currency": "EUR",
        }
    product = await editing.product(1)
    # The price that is shown is eMAG's: the edit's number is of another currency.
    assert (product["effective"]["price"], product["effective"]["stock_quantity"]) == ("51.1292", 3)
    (edit,) = await editing.edits(emag_id=1, state="conflict")
    assert edit["why"] == {"code": "other_currency", "values": {"was": "RON", "now": "EUR"}}


async def in_another_currency(editing: Editing, emag_id: int) -> int:
    """The id of the conflict of a price of 120 RON, of an offer that is in EUR by now."""
    await editing.edit(emag_id, sale_price="120")
    editing.on_emag(emag_id, **CONVERTED)
    await editing.sync()
    (conflict,) = await editing.conflicts(emag_id=emag_id)
    return int(conflict["id"])


async def test_a_number_of_another_currency_is_not_kept_as_it_is_and_a_person_gives_the_new_one(
    editing: Editing,
) -> None:
    first, second, third = [await in_another_currency(editing, emag_id) for emag_id in (1, 2, 3)]
    answer = await editing.resolve(first, resolution="local")
    assert answer.status_code == 422
    assert [one["code"] for one in answer.json()["errors"]] == ["other_currency"]
    everything = {"all": True, "resolution": "local"}
    answer = await editing.api.operator.post(f"{EMAG}/conflicts/resolve", json=everything)
    assert answer.json() == {"conflicts": [], "has_more": False}
    assert (await editing.resolve(first, resolution="other", value="61.5")).status_code == 200
    # The same number may be meant, if a person says so.
    assert (await editing.resolve(second, resolution="other", value="120")).status_code == 200
    assert (await editing.resolve(third, resolution="emag")).status_code == 200
    await editing.sync()
    assert await editing.conflicts() == []
    found = {(edit["emag_id"], edit["value"], edit["currency"], edit["base"]) for edit in await editing.edits()}
    assert found == {(1, "61.5000", "EUR", "51.1292"), (2, "120.0000", "EUR", "51.1292")}


async def test_an_edit_anew_takes_the_place_of_one_in_another_currency_also_with_the_same_number(
    editing: Editing,
) -> None:
    await in_another_currency(editing, 1)
    await editing.edit(1, sale_price="120")
    assert await editing.every_edit(emag_id=1) == [
        ("sale_price", "120.0000", "replaced"),
        ("sale_price", "120.0000", "open"),
    ]
    assert (await editing.product(1))["effective"]["price"] == "120.0000"


async def test_the_same_change_on_both_sides_is_settled_under_every_strategy(editing: Editing) -> None:
    for emag_id, strategy in enumerate(ConflictStrategy, start=1):
        await editing.edit(emag_id, sale_price="120")
        editing.on_emag(emag_id, sale_price="120.0000")
        await editing.sync(conflict_strategy=strategy)
        assert await editing.every_edit(emag_id=emag_id) == [("sale_price", "120.0000", "settled")]


async def test_stock_sold_meanwhile_is_a_difference_and_no_conflict_under_every_strategy(editing: Editing) -> None:
    await editing.edit(1, stock=15)
    await editing.edit(2, stock_change=5)
    for sold, strategy in enumerate(ConflictStrategy, start=1):
        for emag_id in (1, 2):
            editing.on_emag(emag_id, stock=10 - sold)
        await editing.sync(conflict_strategy=strategy)
        for emag_id in (1, 2):
            product = await editing.product(emag_id)
            assert (product["stock_quantity"], product["effective"]["stock_quantity"]) == (10 - sold, 15 - sold)
    assert await editing.conflicts() == []
    (edit,) = await editing.edits(emag_id=1)
    assert "from 12 to 11" in edit["reason"]


async def test_stock_is_merged_warehouse_by_warehouse(editing: Editing) -> None:
    def on_emag(first: int, second: int) -> None:
        stock = [{"warehouse_id": 1, "value": first}, {"warehouse_id": 2, "value": second}]
        editing.market.change("change", ids=[1], set={"stock": stock, "general_stock": first + second})

    on_emag(10, 20)
    await editing.sync()
    await editing.edit(1, stock=[{"warehouse_id": 1, "value": 5}, {"warehouse_id": 2, "change": -4}])
    on_emag(9, 25)
    await editing.sync(conflict_strategy=ConflictStrategy.MANUAL)
    product = await editing.product(1)
    assert (product["stock_quantity"], product["effective"]["stock_quantity"]) == (34, 4 + 21)
    assert await editing.conflicts() == []


async def test_owners_and_strategies_of_the_settings_decide_where_a_run_does_not(tmp_path: Path) -> None:
    settings = {"conflict_strategy": "emag_priority, main=manual", "owners": "sale_price=local, fbe.vat_id=local"}
    async with open_editing(tmp_path, edits=settings) as editing:
        await editing.edit(1, sale_price="120", handling_time=5)
        editing.on_emag(1, sale_price="130.0000", handling_time=[{"warehouse_id": 1, "value": 9}])
        await editing.sync()
        assert sorted(await editing.every_edit()) == [
            ("handling_time", "5", "conflict"),
            ("sale_price", "120.0000", "open"),
        ]


async def test_a_dry_run_tells_what_would_become_of_edits_and_changes_none(editing: Editing) -> None:
    await editing.edit(1, sale_price="120")
    await editing.edit(2, stock=3)
    editing.on_emag(1, sale_price="130.0000")
    editing.on_emag(2, stock=3)
    run = await editing.sync(dry_run=True)
    async with editing.api.state.database.snapshot() as connection:
        told = {one.emag_id: one.fields for one in await dry_run_repository.read(connection, run.id)}
    assert told[1]["edit:sale_price"] == ("120.0000", "lost")
    assert told[2]["edit:stock@1"] == ("3", "settled")
    assert sorted(state for _, _, state in await editing.every_edit()) == ["open", "open"]
    assert (await editing.product(1))["price"] == "100.0000"


async def test_an_edit_made_while_a_page_is_on_its_way_is_decided_by_the_next_run(editing: Editing) -> None:
    """A page that was asked for before the edit may be older than what the edit was made against."""
    editing.on_emag(1, sale_price="130.0000")
    editing.market.fault(kind="slow", pages=[1], held=True)
    before = editing.market.page_reads()["2/100"]
    run = asyncio.ensure_future(editing.sync(conflict_strategy=ConflictStrategy.NEWEST_WINS))
    # Page 2 is asked for right after page 1, which is still on its way then.
    await until(lambda: editing.market.page_reads()["2/100"] > before)
    await editing.edit(1, sale_price="120")
    editing.market.mend()
    await run
    (edit,) = await editing.edits()
    assert (edit["state"], edit["base"]) == ("open", "100.0000")
    assert edit["emag_changed_at"] < edit["made_at"]
    await editing.sync(conflict_strategy=ConflictStrategy.NEWEST_WINS)
    assert (await editing.product(1))["effective"]["price"] == "120.0000"


class TestResolving:
    async def conflict(self, editing: Editing) -> int:
        await both_changed(editing, conflict_strategy=ConflictStrategy.MANUAL)
        (conflict,) = await editing.conflicts()
        return int(conflict["id"])

    async def test_emags_value_can_be_taken(self, editing: Editing) -> None:
        answer = await editing.resolve(await self.conflict(editing), resolution="emag")
        assert answer.status_code == 200, answer.text
        assert (answer.json()["state"], answer.json()["value"]) == ("resolved", "130.0000")
        assert await editing.every_edit() == [("sale_price", "120.0000", "lost")]

    async def test_ours_can_be_kept(self, editing: Editing) -> None:
        await editing.resolve(await self.conflict(editing), resolution="local")
        (pending,) = (await editing.product(1))["pending_edits"]
        assert (pending["base"], pending["value"], pending["state"]) == ("130.0000", "120.0000", "open")
        await editing.sync(conflict_strategy=ConflictStrategy.MANUAL)
        assert await editing.conflicts() == []

    async def test_another_value_can_be_given_and_is_checked(self, editing: Editing) -> None:
        conflict = await self.conflict(editing)
        refused = await editing.resolve(conflict, resolution="other", value="5")
        assert (refused.status_code, refused.json()["errors"][0]["code"]) == (422, "below_min_price")
        answer = await editing.resolve(conflict, resolution="other", value="125")
        assert (answer.json()["resolution"], answer.json()["value"]) == ("other", "125.0000")
        assert await editing.every_edit() == [
            ("sale_price", "120.0000", "replaced"),
            ("sale_price", "125.0000", "open"),
        ]

    @pytest.mark.parametrize(
        ("value", "states"), [("120", ["open"]), ("130", ["replaced"])], ids=["our-own", "emags-own"]
    )
    async def test_the_other_value_may_be_one_of_the_two(self, editing: Editing, value: str, states: list[str]) -> None:
        answer = await editing.resolve(await self.conflict(editing), resolution="other", value=value)
        assert answer.json()["value"] == f"{value}.0000"
        assert [state for _, _, state in await editing.every_edit()] == states

    async def test_a_conflict_is_resolved_once(self, editing: Editing) -> None:
        conflict = await self.conflict(editing)
        await editing.resolve(conflict, resolution="emag")
        again = await editing.resolve(conflict, resolution="local")
        assert (again.status_code, again.json()["code"]) == (409, "conflict_over")
        assert (await editing.resolve(999_999, resolution="emag")).status_code == 404
        assert (await editing.resolve(conflict, resolution="other")).status_code == 422

    async def test_many_are_resolved_at_once_by_filter_or_by_id(self, editing: Editing) -> None:
        for emag_id in (1, 2, 3):
            await editing.edit(emag_id, sale_price="120", handling_time=5)
            editing.on_emag(emag_id, sale_price="130.0000", handling_time=[{"warehouse_id": 1, "value": 9}])
        await editing.sync(conflict_strategy=ConflictStrategy.MANUAL)
        many = f"{EMAG}/conflicts/resolve"
        assert (await editing.api.operator.post(many, json={"resolution": "emag"})).status_code == 422
        answer = await editing.api.operator.post(many, json={"resolution": "emag", "field": "handling_time"})
        assert (len(answer.json()["conflicts"]), answer.json()["has_more"]) == (3, False)
        ids = [conflict["id"] for conflict in await editing.conflicts()]
        assert len(ids) == 3
        assert (await editing.api.viewer.post(many, json={"resolution": "local", "ids": ids})).status_code == 403
        await editing.api.operator.post(many, json={"resolution": "local", "ids": ids})
        assert await editing.conflicts() == []
        assert [edit["state"] for edit in await editing.edits()] == ["open"] * 3

    async def test_a_conflict_ends_by_itself_when_emag_goes_back_or_comes_to_our_value(self, editing: Editing) -> None:
        await self.conflict(editing)
        editing.on_emag(1, sale_price="100.0000")
        await editing.sync(conflict_strategy=ConflictStrategy.MANUAL)
        assert await editing.every_edit() == [("sale_price", "120.0000", "open")]
        editing.on_emag(1, sale_price="130.0000")
        await editing.sync(conflict_strategy=ConflictStrategy.MANUAL)
        editing.on_emag(1, sale_price="120.0000")
        await editing.sync(conflict_strategy=ConflictStrategy.MANUAL)
        ended = await editing.conflicts(state="resolved")
        assert [conflict["resolution"] for conflict in ended] == ["settled", "reverted"]
        assert await editing.every_edit() == [("sale_price", "120.0000", "settled")]

    async def test_withdrawing_the_edit_ends_its_conflict(self, editing: Editing) -> None:
        await self.conflict(editing)
        (edit,) = await editing.edits()
        await editing.api.operator.delete(f"{EMAG}/edits/{edit['id']}")
        assert await editing.conflicts() == []


async def test_a_conflict_is_told_to_webhooks(tmp_path: Path) -> None:
    webhooks = {"url": "http://127.0.0.1:9/hook", "secret": "a-secret-of-enough-letters", "events": "conflict"}
    async with open_editing(tmp_path, webhooks={**webhooks, "allow_private": True}) as editing:
        await both_changed(editing, conflict_strategy=ConflictStrategy.MANUAL)
        told = await editing.api.rows("SELECT event, body FROM webhook_deliveries")
        assert [row["event"] for row in told] == ["conflict"]
        assert '"local":"120.0000","emag":"130.0000"' in told[0]["body"]
