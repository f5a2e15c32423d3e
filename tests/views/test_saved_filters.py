"""Filters under a name, one's own or shared with everybody, and the columns that one prefers."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import httpx2
import pytest

from emagsync.rest.principals import Role
from emagsync.views.service import MOST_FILTERS
from support.api import PASSWORD, Api

pytestmark = pytest.mark.databases("both", often="sqlite")

FILTERS = "/api/v1/emag/saved-filters"
COLUMNS = "/api/v1/emag/preferences/offer_columns"


LogIn = Callable[[str, Role], Awaitable[httpx2.AsyncClient]]


@pytest.fixture
async def log_in(api: Api) -> AsyncIterator[LogIn]:
    async with AsyncExitStack() as clients:

        async def new_user(name: str, role: Role) -> httpx2.AsyncClient:
            await api.add_user(name, role)
            answer = await api.stranger.post("/api/v1/auth/login", json={"username": name, "password": PASSWORD})
            return await clients.enter_async_context(api.bearing(answer.json()["access_token"]))

        yield new_user


async def save(caller: httpx2.AsyncClient, name: str, query: str = "brand=Bosch", **more: Any) -> dict[str, Any]:
    answer = await caller.post(FILTERS, json={"name": name, "query": query, **more})
    assert answer.status_code == 201, answer.text
    return answer.json()  # type: ignore[no-any-return]


async def names(caller: httpx2.AsyncClient) -> dict[str, bool]:
    """What the caller sees, and whether it may be changed."""
    return {one["name"]: one["may_change"] for one in (await caller.get(FILTERS)).json()["filters"]}


async def test_ones_own_filters_are_seen_by_oneself_and_shared_ones_by_all(api: Api, log_in: LogIn) -> None:
    maria, ion = await log_in("maria", Role.OPERATOR), await log_in("ion", Role.VIEWER)
    await save(maria, "  Bosch ieftine ")
    await save(maria, "abc", shared=True)
    await save(ion, "Bosch ieftine", "stock=0")
    assert await names(maria) == {"abc": True, "Bosch ieftine": True}
    assert await names(ion) == {"abc": False, "Bosch ieftine": True}
    (shared,) = [one for one in (await ion.get(FILTERS)).json()["filters"] if one["shared"]]
    assert (shared["owner"], shared["query"]) == ("maria", "brand=Bosch")
    assert await names(api.admin) == {"abc": True}


async def test_it_is_renamed_replaced_and_deleted_by_its_owner_and_shared_ones_by_an_admin(
    api: Api, log_in: LogIn
) -> None:
    maria, ion = await log_in("maria", Role.OPERATOR), await log_in("ion", Role.OPERATOR)
    own, shared = await save(maria, "own"), await save(maria, "shared", shared=True)
    wanted = {"name": "new", "query": "stock=0", "shared": False}
    for caller, one, status in (
        (ion, own, 404),
        (ion, shared, 404),
        (api.admin, own, 404),
        (api.admin, shared, 200),
        (maria, shared, 200),
    ):
        put = await caller.put(f"{FILTERS}/{one['id']}", json=wanted | {"shared": one["shared"]})
        assert put.status_code == status
        if status == 404:
            assert (await caller.delete(f"{FILTERS}/{one['id']}")).status_code == 404
    assert (put.json()["name"], put.json()["query"], put.json()["owner"]) == ("new", "stock=0", "maria")
    assert (await api.admin.delete(f"{FILTERS}/{shared['id']}")).status_code == 204
    assert (await maria.delete(f"{FILTERS}/{own['id']}")).status_code == 204
    assert await names(maria) == {}
    told = [
        (row["action"], row["target"]) for row in await api.rows("SELECT action, target FROM audit_log ORDER BY id")
    ]
    assert [one for one in told if one[0].startswith("saved_filter")] == [
        ("saved_filter.add", "own"),
        ("saved_filter.add", "shared"),
        ("saved_filter.change", "new"),
        ("saved_filter.change", "new"),
        ("saved_filter.remove", "new"),
        ("saved_filter.remove", "own"),
    ]


async def test_a_name_is_given_once_and_there_are_only_so_many(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    await save(api.operator, "one")
    again = await api.operator.post(FILTERS, json={"name": "one", "query": "stock=1"})
    assert (again.status_code, again.json()["code"]) == (409, "saved_filter_name_taken")
    two = await save(api.operator, "two")
    put = await api.operator.put(f"{FILTERS}/{two['id']}", json={"name": "one", "query": "stock=1"})
    assert (put.status_code, put.json()["code"]) == (409, "saved_filter_name_taken")
    assert MOST_FILTERS == 100
    monkeypatch.setattr("emagsync.views.service.MOST_FILTERS", 2)
    third = await api.operator.post(FILTERS, json={"name": "three", "query": "stock=1"})
    assert (third.status_code, third.json()["code"]) == (409, "too_many_saved_filters")


@pytest.mark.parametrize(
    ("query", "kept"),
    [
        ("?brand=A%26B&brand=%C8%9A&sort=-price", "brand=A%26B&brand=%C8%9A&sort=-price"),
        ("stock=0&page=7&offer=3&size=25&saved=1&cols=name", "stock=0"),
        ("page=7", None),
        ("", None),
        ("no equals sign", None),
        ("a=b;" * 3000, None),
    ],
)
async def test_a_query_is_kept_without_the_place_in_the_list(api: Api, query: str, kept: str | None) -> None:
    answer = await api.viewer.post(FILTERS, json={"name": "x", "query": query})
    assert (answer.status_code, answer.json().get("query")) == (422 if kept is None else 201, kept)


async def test_who_only_looks_shares_nothing(api: Api) -> None:
    answer = await api.viewer.post(FILTERS, json={"name": "x", "query": "stock=0", "shared": True})
    assert (answer.status_code, answer.json()["code"]) == (403, "role_too_small")


async def test_everybody_has_columns_of_their_own(api: Api, log_in: LogIn) -> None:
    maria = await log_in("maria", Role.VIEWER)
    assert (await maria.get(COLUMNS)).json() == {"value": None}
    for value in (["name", "price"], ["price", "stock_quantity", "name"]):
        assert (await maria.put(COLUMNS, json={"value": value})).status_code == 200
        assert (await maria.get(COLUMNS)).json() == {"value": value}
    assert (await api.viewer.get(COLUMNS)).json() == {"value": None}
    await maria.put(COLUMNS, json={"value": None})
    assert (await maria.get(COLUMNS)).json() == {"value": None}
    assert (await maria.put(COLUMNS, json={"value": ["<b>"]})).status_code == 422
    assert (await maria.put(COLUMNS.replace("offer_columns", "colour"), json={"value": []})).status_code == 422
