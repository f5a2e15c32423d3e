"""The parameter `fields`: which values of an offer, or of a change, somebody asks for.

Names are those of the model; the older ones are refused with the newer, because nobody can have asked by them before.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Final

from fastapi import Depends, Query
from pydantic import BaseModel, Field

from emagsync.core.older_names import newer_word
from emagsync.offers.change_schemas import CHANGE_KEYS, ProductChange
from emagsync.offers.field_choice import FieldChoice
from emagsync.offers.product_schemas import Product
from emagsync.rest.nearest import nearest_of
from emagsync.rest.problems import ApiProblem, FieldProblem

PARAMETER: Final = "fields"

_LONGEST: Final = 2000
_FIELDS: Final = Query(
    alias=PARAMETER,
    max_length=_LONGEST,
    description="Only these fields of each offer, with a comma between them: `sale_price,stock`. `account` and "
    "`emag_id` are always there. Names are those of the whole answer, without its older ones.",
    examples=["sale_price,stock,updated_at"],
)


FieldsParameter = Annotated[str | None, _FIELDS]
# As a member of a model of parameters.
FieldsOfChanges = Annotated[
    str | None,
    Field(
        max_length=_LONGEST,
        description="Only these fields of each change, with a comma between them: `field,new`. `seq`, `account` and "
        "`emag_id` are always there.",
        examples=["field,old,new,part_number"],
    ),
]


async def _of_list(fields: FieldsParameter = None) -> FieldChoice | None:
    return choice_of(fields, Product)


def choice_of(asked: str | None, model: type[Product]) -> FieldChoice | None:
    """The choice; None for all fields. Raises a 422 problem that names what is unknown, and the nearest known name."""
    names = _asked_for(asked, model, "an offer")
    return None if names is None else FieldChoice(names, model)


def fields_of_changes(asked: str | None) -> frozenset[str] | None:
    """The fields of changes that an answer is to have; None for all. Raises a 422 problem as `choice_of` does."""
    names = _asked_for(asked, ProductChange, "a change")
    return None if names is None else names.union(CHANGE_KEYS)


def _asked_for(asked: str | None, model: type[BaseModel], thing: str) -> frozenset[str] | None:
    if asked is None:
        return None
    names = [name.strip() for name in asked.split(",")]
    unknown = [_unknown(name, model, thing) for name in dict.fromkeys(names) if name not in model.model_fields]
    if unknown:
        detail = "; ".join(f"{one.field}: {one.message}" for one in unknown)
        raise ApiProblem(HTTPStatus.UNPROCESSABLE_ENTITY, "invalid_request", detail, errors=unknown)
    return frozenset(names)


def _unknown(name: str, model: type[BaseModel], thing: str) -> FieldProblem:
    newer = newer_word(name)
    if not name:
        message, nearest = "a name is empty: give one or more, with a comma between them", ""
    elif newer != name and newer in model.model_fields:
        message, nearest = f"`{name}` is the older name of `{newer}`: ask for that", str(newer)
    else:
        nearest = nearest_of(name, model.model_fields) or ""
        hint = f"; did you mean `{nearest}`?" if nearest else ""
        message = f"{thing} has no field `{name[:100]}`{hint}"
    return FieldProblem(
        field=PARAMETER, message=message, code="unknown_field", values={"nearest": nearest} if nearest else {}
    )


FieldsOfList = Annotated[FieldChoice | None, Depends(_of_list)]
