"""What a request names and no route knows is refused, never passed over: `?stockmax=0` would select everything.

A query parameter is looked at here, for all routes. Of bodies, models refuse what they do not know (`RequestModel`;
a test walks all routes); here is what the refusal says. Both name the nearest name that is known.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, get_args
from weakref import WeakKeyDictionary

from fastapi import Request
from fastapi.dependencies.models import Dependant
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from starlette.datastructures import QueryParams

from emagsync.core.vocabulary import names_of
from emagsync.rest.nearest import nearest_of
from emagsync.rest.plain_refusals import without_union_members
from emagsync.rest.query_reader import QueryReader, takes_several

_UNKNOWN: Final = "extra_forbidden"
_TWICE: Final = "given_twice"
_REPEATED: Final = "given_repeatedly"

Names = tuple[str, ...]
# By endpoint: routes themselves cannot be kept in a table.
_KNOWN: Final[WeakKeyDictionary[Any, tuple[Names, ...]]] = WeakKeyDictionary()
_SINGLE: Final[WeakKeyDictionary[Any, frozenset[str]]] = WeakKeyDictionary()


async def refuse_unknown_parameters(request: Request) -> None:
    """Raises RequestValidationError, 422, that names every query parameter that the route does not have, and every
    one that is repeated and takes one value only: the last alone would count.

    A dependency of the whole application. Routes that are not in the OpenAPI document, such as the page's, take any.
    """
    route = request.scope.get("route")
    if not request.query_params or not isinstance(route, APIRoute) or not route.include_in_schema:
        return
    known = _parameters(route)
    errors = [
        _unknown(("query", name), name, (each for names in known for each in names))
        for name in request.query_params
        if not any(name in names for names in known)
    ]
    errors += [
        {"type": _REPEATED, "loc": ("query", name), "msg": "it is given more than once, and takes one value"}
        for name in _repeated(request.query_params)
        if name in _single_parameters(route)
    ]
    for newer, *older in known:
        errors += [
            {"type": _TWICE, "loc": ("query", name), "msg": f"it is the older name of `{newer}`, which is given too"}
            for name in older
            if name in request.query_params and newer in request.query_params
        ]
    if errors:
        raise RequestValidationError(errors)


def with_nearest_names(errors: Iterable[Any], route: object) -> list[Any]:
    """The errors of a body that FastAPI read; those about unknown names with the nearest known one."""
    field = route.body_field if isinstance(route, APIRoute) else None
    return list(errors) if field is None else name_nearest(errors, field.field_info.annotation)


def name_nearest(errors: Iterable[Any], body: Any) -> list[Any]:
    """The errors of validating `body`, a model or another annotation, with the nearest known name where one is not.

    Places begin with `body`, as FastAPI gives them. Names of a union's members are taken out of them.
    """
    return without_union_members([_named_nearest(error, body) for error in errors], body)


def _named_nearest(error: Any, body: Any) -> Any:
    place = error["loc"]
    if error["type"] != _UNKNOWN or "values" in error or place[0] != "body":
        return error
    models = _models_at(body, place[1:-1])
    known = [names for model in models for names in _fields(model)]
    return _unknown(place, str(place[-1]), (name for names in known for name in names))


def _unknown(place: Sequence[str | int], name: str, known: Iterable[str]) -> dict[str, Any]:
    word = "parameter" if place[0] == "query" else "field"
    nearest = nearest_of(name, known)
    hint = f"; did you mean `{nearest}`?" if nearest else ""
    values = {"nearest": nearest} if nearest else {}
    return {"type": _UNKNOWN, "loc": place, "msg": f"there is no such {word}{hint}", "values": values}


def _parameters(route: APIRoute) -> tuple[Names, ...]:
    """The query parameters of a route: the name of each, then the older ones."""
    known = _KNOWN.get(route.endpoint)
    if known is None:
        known = _KNOWN[route.endpoint] = tuple(_parameters_of(route.dependant))
    return known


def _parameters_of(dependant: Dependant) -> Iterator[Names]:
    for name, field in _fields_of(dependant):
        yield names_of(name, field)


def _fields_of(dependant: Dependant) -> Iterator[tuple[str, FieldInfo]]:
    """The fields of models, and the parameters that are in none, that a route reads from the query."""
    if isinstance(dependant.call, QueryReader):
        yield from dependant.call.model.model_fields.items()
    for parameter in dependant.query_params:
        models = list(_models_in(parameter.field_info.annotation))
        fields = [item for model in models for item in model.model_fields.items()]
        yield from fields or [(parameter.alias, parameter.field_info)]
    for part in dependant.dependencies:
        yield from _fields_of(part)


def _repeated(given: QueryParams) -> list[str]:
    return [name for name in given if len(given.getlist(name)) > 1]


def _single_parameters(route: APIRoute) -> frozenset[str]:
    """The names of the query parameters that take one value, older ones included: of several, one would be taken."""
    known = _SINGLE.get(route.endpoint)
    if known is None:
        known = _SINGLE[route.endpoint] = frozenset(_single_parameters_of(route.dependant))
    return known


def _single_parameters_of(dependant: Dependant) -> Iterator[str]:
    for name, field in _fields_of(dependant):
        if not takes_several(field.annotation):
            yield from names_of(name, field)


def _fields(model: type[BaseModel]) -> Iterator[Names]:
    for name, field in model.model_fields.items():
        yield names_of(name, field)


def _models_at(annotation: Any, place: Sequence[str | int]) -> list[type[BaseModel]]:
    """The models at a place of a body. Numbers of entries and pydantic's names of a union's members are no names."""
    for part in place:
        fields = [
            field
            for model in _models_in(annotation)
            for name, field in model.model_fields.items()
            if part in names_of(name, field)
        ]
        if fields:
            annotation = _any_of(fields)
    return list(_models_in(annotation))


def _any_of(fields: Sequence[FieldInfo]) -> Any:
    return tuple(field.annotation for field in fields)


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    """The models that an annotation consists of, whatever lists, unions and metadata are around them."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
        return
    for part in annotation if isinstance(annotation, tuple) else get_args(annotation):
        yield from _models_in(part)
