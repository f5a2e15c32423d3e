"""The parameter `fields`: which values of an offer somebody asks for.

Names are those of the model; the older ones are refused with the newer, because nobody can have asked by them before.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Final

from fastapi import Depends, Query

from emagsync.core.older_names import newer_word
from emagsync.offers.field_choice import FieldChoice
from emagsync.offers.product_schemas import Product
from emagsync.rest.nearest import nearest_of
from emagsync.rest.problems import ApiProblem, FieldProblem

PARAMETER: Final = "fields"

_FIELDS: Final = Query(
    alias=PARAMETER,
    max_length=2000,
    description="Only these fields of each offer, with a comma between them: `sale_price,stock`. `account` and "
    "`emag_id` are always there. Names are those of the whole answer, without its older ones.",
    examples=["sale_price,stock,updated_at"],
)


FieldsParameter = Annotated[str | None, _FIELDS]


async def _of_list(fields: FieldsParameter = None) -> FieldChoice | None:
    return choice_of(fields, Product)


def choice_of(asked: str | None, model: type[Product]) -> FieldChoice | None:
    """The choice; None for all fields. Raises a 422 problem that names what is unknown, and the nearest known name."""
    if asked is None:
        return None
    names = [name.strip() for name in asked.split(",")]
    unknown = [_unknown(name, model) for name in dict.fromkeys(names) if name not in model.model_fields]
    if unknown:
        detail = "; ".join(f"{one.field}: {one.message}" for one in unknown)
        raise ApiProblem(HTTPStatus.UNPROCESSABLE_ENTITY, "invalid_request", detail, errors=unknown)
    return FieldChoice(frozenset(names), model)


def _unknown(name: str, model: type[Product]) -> FieldProblem:
    newer = newer_word(name)
    if newer != name and newer in model.model_fields:
        message, nearest = f"`{name}` is the older name of `{newer}`: ask for that", str(newer)
    else:
        nearest = nearest_of(name, model.model_fields) or ""
        hint = f"; did you mean `{nearest}`?" if nearest else ""
        message = f"an offer has no field `{name[:100]}`{hint}"
    return FieldProblem(
        field=PARAMETER, message=message, code="unknown_field", values={"nearest": nearest} if nearest else {}
    )


FieldsOfList = Annotated[FieldChoice | None, Depends(_of_list)]
