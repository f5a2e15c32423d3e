"""A list of an account that nobody knows is refused, and so is such an account in a body."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import parse_qsl

from fastapi import Request
from fastapi.routing import APIRoute

from emagsync.accounts.dependencies import account_registry
from emagsync.core.older_names import OLDER_NAMES
from emagsync.rest.auth import Role, authorized, role_needed_by
from emagsync.rest.bodies import json_with
from emagsync.rest.problems import ApiProblem, FieldProblem
from emagsync.rest.state import state_of
from emagsync.sync.known_accounts import SEVERAL, unknown_accounts
from emagsync.views.schemas import SavedFilterBody

_NAMES: Final = ("account", OLDER_NAMES["account"])
# By operation id: bodies whose account is looked for elsewhere, and why.
LOOKED_FOR_ELSEWHERE: Final[Mapping[str, str]] = {
    "add_account": "the account is to become known",
    "start_sync": "only accounts that are configured can be read: the refusal names those",
}
_EACH: Final = "*"  # of a list
# Where bodies have accounts. Rows and keys of a list are not here: each is answered for itself.
_IN_BODIES: Final = (
    *((name,) for name in _NAMES),
    *(("rules", _EACH, name) for name in _NAMES),
    ("changes", "accounts"),
    *(("changes", "selection", name) for name in _NAMES),
    *(("filter", name) for name in _NAMES),
)
_WORDS: Final = (b"account",)

# A place, such as `changes.accounts.0`, and the account that is named there.
Named = tuple[str, str]


async def refuse_unknown_accounts(request: Request) -> None:
    """Raises a 422 problem that names the parameter `account` of a list, or the place in a body, where that account is
    neither configured nor in the local copy, and the nearest that is.

    A dependency of the whole application. Who may not call the route is told so first: the answer names accounts.
    """
    route = request.scope.get("route")
    if not isinstance(route, APIRoute):
        return
    named = list(_in_query(request)) if request.method == "GET" else await _in_body(request, route)
    wanted = [(place, name) for place, name in named if name not in SEVERAL]
    if not wanted:
        return
    configured = (await account_registry(request)).all_names
    if all(name in configured for _, name in wanted):
        return
    await authorized(request, role_needed_by(route) or Role.VIEWER)
    unknown = await unknown_accounts(state_of(request).database, {name for _, name in wanted}, configured)
    errors = [
        FieldProblem(
            field=place,
            message=unknown[name].message,
            code="unknown_account",
            values={"nearest": nearest} if (nearest := unknown[name].nearest) else {},
        )
        for place, name in wanted
        if name in unknown
    ]
    if errors:
        detail = "; ".join(f"{one.field}: {one.message}" for one in errors)
        raise ApiProblem(HTTPStatus.UNPROCESSABLE_ENTITY, "invalid_request", detail, errors=errors)


def _in_query(request: Request) -> Iterator[Named]:
    for name in _NAMES:
        for value in request.query_params.getlist(name):
            yield name, value.lower()


async def _in_body(request: Request, route: APIRoute) -> list[Named]:
    document = await json_with(request, _WORDS)
    if not isinstance(document, dict):
        return []
    paths = () if route.name in LOOKED_FOR_ELSEWHERE else _IN_BODIES
    found = [named for path in paths for named in _at(document, path)]
    field = route.body_field
    if field is not None and field.field_info.annotation is SavedFilterBody and isinstance(document.get("query"), str):
        found += [("query", value.lower()) for name, value in _pairs(document["query"]) if name in _NAMES]
    return found


def _at(value: Any, path: tuple[str, ...], place: tuple[str, ...] = ()) -> Iterator[Named]:
    """The accounts at this path. What is no text there is left to the body's model."""
    name, *further = path or (_EACH,)
    if not path and isinstance(value, str):
        yield ".".join(place), value.lower()
    elif name == _EACH and isinstance(value, list):
        for number, one in enumerate(value):
            yield from _at(one, tuple(further), (*place, str(number)))
    elif isinstance(value, dict) and name in value:
        yield from _at(value[name], tuple(further), (*place, name))


def _pairs(query: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(query.removeprefix("?"), max_num_fields=500)
    except ValueError:
        return []  # the body's model says what is wrong with it
