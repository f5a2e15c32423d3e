"""A list of an account that nobody knows is refused: a slip of the pen must not look like an account without offers."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import Final

from fastapi import Request
from fastapi.routing import APIRoute

from emagsync.accounts.dependencies import account_registry
from emagsync.core.older_names import OLDER_NAMES
from emagsync.edits.offer_repository import accounts_with_offers
from emagsync.rest.auth import Role, authorized
from emagsync.rest.nearest import nearest_of
from emagsync.rest.problems import ApiProblem, FieldProblem
from emagsync.rest.state import state_of
from emagsync.sync.repository import read_runs

_NAMES: Final = ("account", OLDER_NAMES["account"])
_SEVERAL: Final = frozenset({"all", "both"})


async def refuse_unknown_accounts(request: Request) -> None:
    """Raises a 422 problem that names the parameter `account` of a list, where that account is neither configured nor
    in the local copy, and the nearest that is.

    A dependency of the whole application. Who may not read is told so first: the answer names accounts.
    """
    if request.method != "GET" or not isinstance(request.scope.get("route"), APIRoute):
        return
    asked = [(name, value.lower()) for name in _NAMES for value in request.query_params.getlist(name)]
    wanted = [(name, value) for name, value in asked if value not in _SEVERAL]
    if not wanted:
        return
    configured = (await account_registry(request)).configured.all_names
    if all(value in configured for _, value in wanted):
        return
    await authorized(request, Role.VIEWER)
    known = {*configured, *await _accounts_with_data(request, [value for _, value in wanted])}
    errors = [_unknown(name, value, known) for name, value in wanted if value not in known]
    if errors:
        detail = "; ".join(f"{one.field}: {one.message}" for one in errors)
        raise ApiProblem(HTTPStatus.UNPROCESSABLE_ENTITY, "invalid_request", detail, errors=errors)


async def _accounts_with_data(request: Request, wanted: Sequence[str]) -> set[str]:
    """The accounts with offers, and those of `wanted` with runs: what a removed account has left stays readable."""
    database = state_of(request).database
    async with database.snapshot() as connection:
        known = set(await accounts_with_offers(connection))
    return known | {name for name in wanted if name not in known and await read_runs(database, account=name, limit=1)}


def _unknown(name: str, value: str, known: set[str]) -> FieldProblem:
    nearest = nearest_of(value, sorted(known))
    hint = f"; did you mean {nearest!r}?" if nearest else ""
    listed = ", ".join(sorted(known)) or "none"
    message = f"there is no account of this name; there are: {listed}{hint}"
    return FieldProblem(
        field=name, message=message, code="unknown_account", values={"nearest": nearest} if nearest else {}
    )
