"""What a value may be, as annotations of a request's models say it: the shapes of a union, and what is within each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import NoneType
from typing import Any, get_args, get_origin

from pydantic import BaseModel

from emagsync.core.vocabulary import names_of


def shapes_of(annotation: Any) -> list[Any]:
    """What a value of the annotation may be: the members of a union, but None, without what is noted about them."""
    if isinstance(annotation, type) and not get_args(annotation):
        return [] if annotation is NoneType else [annotation]
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin in (list, dict, tuple, set, frozenset) or _is_mapping(origin) or _is_sequence(origin):
        return [annotation]
    if hasattr(annotation, "__metadata__"):
        return shapes_of(arguments[0])
    if type(annotation).__name__ == "TypeAliasType":
        return shapes_of(annotation.__value__)
    members = [shape for argument in arguments for shape in shapes_of(argument)] if arguments else []
    return members or [annotation]


def within(shape: Any, part: str | int) -> list[Any]:
    """The annotations of what is called `part` in a value of this shape."""
    if isinstance(shape, type) and issubclass(shape, BaseModel):
        return [field.annotation for name, field in shape.model_fields.items() if part in names_of(name, field)]
    origin, arguments = get_origin(shape), get_args(shape)
    if _is_mapping(origin) and len(arguments) == 2:
        return [arguments[1]]
    if _is_sequence(origin) and arguments and isinstance(part, int):
        return [arguments[0]]
    return []


def _is_mapping(origin: Any) -> bool:
    return isinstance(origin, type) and issubclass(origin, Mapping)


def _is_sequence(origin: Any) -> bool:
    return isinstance(origin, type) and issubclass(origin, Sequence | set | frozenset)
