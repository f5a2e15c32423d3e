"""What the options of `emagsync bulk change` stand for: the body of `POST /bulk-changes`, in words of the options."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import typer
from pydantic import ValidationError

from emagsync.edits.bulk_changes.request_schemas import FoundChange
from emagsync.offers.product_parameters import OfferSelection
from emagsync.rest.refused_values import refusal_of
from emagsync.rest.unknown_names import name_nearest

# What an option's values are called in a body.
_OPTIONS: Final[Mapping[str, str]] = {"filter": "--where", "set": "--set", "adjust": "--adjust"}


def found_change(
    where: Sequence[str], values: Sequence[str], steps: Sequence[str], *, decimals: int, warehouse: int | None
) -> FoundChange:
    """The change that is asked for. Raises typer.BadParameter, which names the option and the value that is wrong."""
    body: dict[str, Any] = {"filter": _filter_in(_pairs("--where", where))}
    if values:
        body["set"] = _once("--set", _pairs("--set", values))
    if steps:
        adjusted = _once("--adjust", _pairs("--adjust", steps))
        body["adjust"] = {name: {**_step(step), "decimals": decimals} for name, step in adjusted.items()}
    if warehouse is not None:
        body["warehouse_id"] = warehouse
    try:
        return FoundChange.model_validate(body)
    except ValidationError as error:
        found = [{**one, "loc": ("body", *one["loc"])} for one in error.errors(include_url=False)]
        problem = refusal_of(name_nearest(found, FoundChange))
        raise typer.BadParameter("; ".join(f"{_option(one.field)}: {one.message}" for one in problem.errors)) from None


def _pairs(option: str, given: Iterable[str]) -> list[tuple[str, str]]:
    pairs = []
    for one in given:
        name, equals, value = one.partition("=")
        if not name.strip() or not equals:
            raise typer.BadParameter(f"{option} {one}: write NAME=VALUE, such as {option} {_EXAMPLES[option]}")
        pairs.append((name.strip(), value.strip()))
    return pairs


_EXAMPLES: Final = {"--where": "brand=Bosch", "--set": "handling_time=2", "--adjust": "sale_price=-2.5%"}


def _filter_in(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """As JSON would have it: what may have several values is a list."""
    properties = OfferSelection.model_json_schema()["properties"]
    found: dict[str, Any] = {}
    for name, value in pairs:
        if _takes_several(properties.get(name, {})):
            found.setdefault(name, []).append(value)
        elif name in found:
            raise typer.BadParameter(f"--where {name}: it takes one value, and is given twice")
        else:
            found[name] = value
    return found


def _takes_several(schema: Mapping[str, Any]) -> bool:
    return schema.get("type") == "array" or any(map(_takes_several, schema.get("anyOf", ())))


def _once(option: str, pairs: Sequence[tuple[str, str]]) -> dict[str, str]:
    values = dict(pairs)
    if len(values) < len(pairs):
        raise typer.BadParameter(f"{option}: a value is given twice")
    return values


def _step(text: str) -> dict[str, str]:
    return {"percent": text.removesuffix("%").rstrip()} if text.endswith("%") else {"change": text}


def _option(field: str) -> str:
    place, _, name = field.partition(".")
    return f"{_OPTIONS[place]} {name}".strip() if place in _OPTIONS else field
