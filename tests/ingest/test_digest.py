"""Copies with equal digests hold the same offers. The outside witness computes each digest from the marketplace."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emagsync.ingest.digest import CopyDigest, content_line, digest_of_all, read_digest, read_state
from emagsync.offers import digest_repository
from support.local import Local, open_local
from support.market import open_market
from support.witness import digest_of_market, told

both = pytest.mark.databases("both")

SAMPLE = json.loads((Path(__file__).parents[1] / "data" / "offers_sample.json").read_text(encoding="utf-8"))
ROW: dict[str, Any] = {
    "id": 7,
    "part_number": "A-7",
    "name": "Cască",
    "sale_price": "121.8400",
    "stock": [{"warehouse_id": 1, "value": 5}, {"warehouse_id": 2, "value": 0}],
    "ean": ["5941234567890"],
    "status": 1,
    "family": {"id": 3, "name": "Căști"},
    "a_new_field": {"of": [1, 2.50, "3"], "and": None},
}


async def digest(local: Local, account: str = "main") -> CopyDigest:
    async with local.database.snapshot() as connection:
        return await read_digest(connection, account)


@both
async def test_the_digest_is_what_the_documented_formula_gives_for_the_marketplace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # More than are read at a time.
    monkeypatch.setattr(digest_repository, "_PAYLOADS_AT_ONCE", 40)
    async with open_market({"main": 130}) as market, open_local(tmp_path, market.url) as local:
        await local.completed(per_page=100)
        assert await digest(local) == CopyDigest(130, digest_of_market(market))


@both
async def test_a_copy_with_another_history_has_the_same_digest(tmp_path: Path) -> None:
    async with open_market({"main": 40}) as market, open_local(tmp_path, market.url) as local:
        await local.completed(per_page=7)
        market.change("change", ids=[3, 8], set={"sale_price": "9.9900", "a_new_field": [True]})
        market.change("remove", ids=[5, 6])
        gone = market.account().catalogue.build(9)
        market.change("remove", ids=[9])
        await local.completed(per_page=11)
        market.change("add", count=2)
        market.change("add", rows=[gone], whole=True)  # an offer that comes back
        # The same content in other words: the order of keys, and numbers as texts.
        market.change("change", ids=[3], set={"sale_price": 9.99})
        catalogue = market.account().catalogue
        catalogue.put(10, dict(reversed(catalogue.build(10).items())))
        await local.completed(per_page=13)
        assert await digest(local) == CopyDigest(40, digest_of_market(market))
        async with open_local(tmp_path / "other", market.url) as other:
            await other.completed(per_page=50)
            assert await digest(other) == await digest(local)


@both
async def test_every_change_of_an_offer_changes_the_digest_and_undoing_it_restores_it(tmp_path: Path) -> None:
    async with open_market({"main": 12}) as market, open_local(tmp_path, market.url) as local:
        await local.completed()
        before = await digest(local)
        seen = {before.digest}
        unchanged = market.account().catalogue.build(4)
        for name in ("sale_price", "description", "images", "ean", "stock", "never_seen_before"):
            market.change("change", ids=[4], set={name: ["something else"]})
            await local.completed()
            seen.add((await digest(local)).digest)
        assert len(seen) == 7
        market.change("remove", ids=[4])
        await local.completed()
        removed = await digest(local)
        assert (removed.offers, removed.digest) == (11, digest_of_market(market))
        market.change("add", rows=[unchanged], whole=True)
        await local.completed()
        assert await digest(local) == before


@both
async def test_the_state_is_the_same_as_long_as_nothing_changes(tmp_path: Path) -> None:
    async with open_market({"main": 30}) as market, open_local(tmp_path, market.url) as local:
        states = []
        for change in (None, None, {"sale_price": "1.5000"}, {"sale_price": 1.5}):
            if change is not None:
                market.change("change", ids=[2], set=change)
            await local.completed()
            async with local.database.snapshot() as connection:
                states.append((await read_state(connection, "main")).digest)
        assert states[0] == states[1] != states[2] == states[3]


async def test_accounts_are_found_by_their_offers_and_one_without_any_adds_nothing(tmp_path: Path) -> None:
    async with open_market({"main": 3, "fbe": 2}) as market, open_local(tmp_path, market.url, "main", "fbe") as local:
        await local.completed()
        await local.completed("fbe")
        async with local.database.snapshot() as connection:
            assert await digest_repository.accounts(connection) == ["fbe", "main"]
        copies = {name: await digest(local, name) for name in ("main", "fbe")}
        whole = digest_of_all(copies.items())
        assert whole == digest_of_all(reversed(copies.items()))
        assert whole != digest_of_all([("main", copies["main"])])
        nothing = await digest(local, "other")
        assert nothing.offers == 0
        assert whole == digest_of_all([*copies.items(), ("other", nothing)])


def respelled(value: Any) -> Any:
    """The same content: keys in another order, numbers as texts."""
    if isinstance(value, dict):
        return {key: respelled(member) for key, member in reversed(value.items())}
    if isinstance(value, list):
        return [respelled(member) for member in value]
    if isinstance(value, int | float) and not isinstance(value, bool):
        return f"{value}" if isinstance(value, int) else f"{value:.4f}"
    return value


@pytest.mark.parametrize("row", [ROW, *SAMPLE], ids=lambda row: str(row["id"]))
def test_a_row_that_is_spelled_otherwise_has_the_same_line(row: dict[str, Any]) -> None:
    emag_id = int(row["id"])
    line = content_line(emag_id, json.dumps(row))
    assert content_line(emag_id, json.dumps(respelled(row), indent=2)) == line


@given(
    field=st.sampled_from(sorted(set(ROW) - {"id"})),
    value=st.none() | st.booleans() | st.integers() | st.text() | st.lists(st.integers()),
)
def test_any_other_value_of_any_field_gives_another_line(field: str, value: Any) -> None:
    changed = ROW | {field: value}
    same = json.dumps(respelled(told(changed)), sort_keys=True) == json.dumps(respelled(told(ROW)), sort_keys=True)
    assert (content_line(7, json.dumps(changed)) == content_line(7, json.dumps(ROW))) == same


def test_how_the_row_was_asked_for_and_how_it_says_nothing_make_no_difference() -> None:
    in_a_list = ROW | {"manufacturer": True, "eu_representative": False, "start_date": []}
    by_id = ROW | {"manufacturer": [{"name": "A", "address": "B", "email": "c@d.example"}], "start_date": None}

    assert content_line(7, json.dumps(in_a_list)) == content_line(7, json.dumps(by_id))
    assert content_line(7, json.dumps(in_a_list)) != content_line(7, json.dumps(ROW))


@pytest.mark.parametrize(
    ("row", "line"),
    [
        pytest.param('{"id": 1}', "1 7619ceb7a45a6028523e9dcc88382171", id="nothing but an id"),
        pytest.param(json.dumps(ROW), "7 fc99464dc629a46ef88ef126647f3026", id="some fields"),
    ],
)
def test_lines_are_those_of_earlier_versions(row: str, line: str) -> None:
    """Another line means that digests of earlier versions cannot be compared any more: raise `DIGEST_VERSION`."""
    assert content_line(int(line.split()[0]), row) == f"{line}\n"
