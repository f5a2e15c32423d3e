"""The cursor of the list of offers: a place in one order of one selection, as text.

`<list>.<position>`: the order with a digest of each filter, and what the last row of a page has in that order. With
another order or other filters it would be a place in another list: that is refused, and what differs is named.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import blake2b
from http import HTTPStatus
from typing import Any, Final

from emagsync.offers.position_repository import Position, plain_types, plain_values, position_from
from emagsync.offers.product_parameters import LONGEST_PLACE, ProductListQuery, ProductQuery
from emagsync.offers.selection_repository import columns_of
from emagsync.rest.paging import CursorValue, bad_cursor, decode_cursor, encode_cursor
from emagsync.rest.problems import ApiProblem, FieldProblem, invalid

_LIST: Final = "offers"
_POSITION: Final = "offer"
_FIELD: Final = "after"


def cursor_of(query: ProductListQuery, position: Position) -> str:
    """The cursor of a position in the list that `query` asks for."""
    listed = encode_cursor(_LIST, [query.sort, _written(_digests(query))])
    return f"{listed}.{encode_cursor(_POSITION, [position.rank, *plain_values(position)])}"


def position_in(query: ProductListQuery) -> Position | None:
    """The position that `query` names by `after`, if it does.

    Raises a 422 problem for a cursor that is none, or is one of another list, and for one together with `skip`.
    """
    if query.after is None:
        return None
    if query.skip:
        raise invalid("skip", "Give `after` or `skip`, not both.", "not_both")
    listed, _, position = query.after.partition(".")
    sort, filters = _decoded(_LIST, listed, [str, str])
    _expect_the_same(query, str(sort), dict(one.split("=", 1) for one in str(filters).split("&") if "=" in one))
    columns = columns_of(query.order())
    rank, *values = _decoded(_POSITION, position, [int, *plain_types(columns)])
    try:
        return position_from(columns, values, rank=0 if rank == 0 else 1)
    except ValueError:
        raise bad_cursor(_FIELD) from None


def _decoded(kind: str, text: str, types: list[type[CursorValue]]) -> tuple[CursorValue, ...]:
    return decode_cursor(kind, text, types, field=_FIELD, longest=LONGEST_PLACE)


def _expect_the_same(query: ProductListQuery, sort: str, filters: Mapping[str, str]) -> None:
    """Raises a 422 problem that names what of the query is not that of the cursor."""
    own = _digests(query)
    changed = sorted(name for name in {*own, *filters} if own.get(name) != filters.get(name))
    errors = [_other(name, f"`{_FIELD}` is a place in a list with another `{name}`, or without it") for name in changed]
    if sort != query.sort:
        errors.insert(0, _other("sort", f"`{_FIELD}` is a place in the list sorted by `{sort}`"))
    if errors:
        detail = "; ".join(f"{one.field}: {one.message}" for one in errors)
        raise ApiProblem(HTTPStatus.UNPROCESSABLE_ENTITY, "invalid_request", detail, errors=errors)


def _other(field: str, message: str) -> FieldProblem:
    return FieldProblem(
        field=field, message=f"{message}: ask for the same, or begin again without `{_FIELD}`.", code="other_list"
    )


def _digests(query: ProductQuery) -> dict[str, str]:
    """A digest of each filter that is given, by its name. What differs in case or order alone is the same filter."""
    given = query.model_dump(mode="json", include=set(ProductQuery.model_fields), exclude_defaults=True)
    return {name: _digest(value) for name, value in sorted(given.items())}


def _digest(value: Any) -> str:
    values = sorted({str(one).lower() for one in (value if isinstance(value, list) else [value])})
    return blake2b("\0".join(values).encode("utf-8", "replace"), digest_size=4).hexdigest()


def _written(digests: Mapping[str, str]) -> str:
    return "&".join(f"{name}={digest}" for name, digest in digests.items())
