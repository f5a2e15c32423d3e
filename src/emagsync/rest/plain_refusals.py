"""What a refused value is told to be, in words of JSON: pydantic speaks of Python's types.

It also names the members of a union in the place of an error (`stock.list[LevelEdit].0`), and gives an error for each.
Here such names are left out, and the errors about one value become one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from emagsync.rest.shapes import shapes_of, within

_AN_OBJECT: Final = "a JSON object is needed: {...}"
_A_LIST: Final = "a list is needed: [...]"
_WHOLE: Final = "a whole number is needed"
_AMOUNT: Final = "a number such as 12.50 is needed, with a point"
_TIME: Final = "a time is needed, such as 2026-11-23T10:00:00Z"
_TRUTH: Final = "true or false is needed"
_WORDS: Final[Mapping[str, str]] = {
    "missing": "it is needed",
    "extra_forbidden": "there is no such field",
    "model_type": _AN_OBJECT,
    "model_attributes_type": _AN_OBJECT,
    "dict_type": _AN_OBJECT,
    "list_type": _A_LIST,
    "tuple_type": _A_LIST,
    "string_type": "a text is needed",
    "int_type": _WHOLE,
    "int_parsing": _WHOLE,
    "int_parsing_size": _WHOLE,
    "int_from_float": _WHOLE,
    "float_type": _AMOUNT,
    "float_parsing": _AMOUNT,
    "decimal_type": _AMOUNT,
    "decimal_parsing": _AMOUNT,
    "bool_type": _TRUTH,
    "bool_parsing": _TRUTH,
    "datetime_type": _TIME,
    "datetime_parsing": _TIME,
    "datetime_from_date_parsing": _TIME,
    "datetime_object_invalid": _TIME,
    "date_type": _TIME,
    "date_parsing": _TIME,
    "date_from_datetime_parsing": _TIME,
}
# A `+` in an address means a space: `...T10:00:00+02:00` arrives so.
_LOST_PLUS: Final = re.compile(r"\d \d{2}:?\d{2}$")
_IS_OF_UNION: Final = "is_of_union"


def in_words_of_json(error: Any) -> Any:
    """The validation error with a message that says what is needed, where pydantic's is about Python."""
    message = _words(error)
    hint = _hint(error)
    return error if message is None and not hint else {**error, "msg": (message or error["msg"]) + hint}


def without_union_members(errors: Iterable[Any], body: Any) -> list[Any]:
    """The errors of validating `body`, a model or another annotation, whose places are names of JSON only.

    Where a value may be of several shapes there is one error about it: about what is wrong within the shape that it
    has, or all that it could have been.
    """
    found = [_placed(error, body) for error in errors]
    of_unions = [tuple(error["loc"]) for error in found if _IS_OF_UNION in error]
    told: dict[tuple[Any, ...], Any] = {}
    for number, error in enumerate(found):
        place = tuple(error["loc"])
        if _IS_OF_UNION not in error:
            told[(number,)] = error
        elif any(len(other) > len(place) and other[: len(place)] == place for other in of_unions):
            continue  # it is of another shape, and what is wrong with that one is told
        elif place in told:
            told[place] = {**told[place], "msg": _joined(told[place], error)}
        else:
            told[place] = error
    return list(told.values())


def _joined(first: Any, second: Any) -> str:
    parts = [_words(error) or str(error["msg"]) for error in (first, second)]
    return "; or ".join(dict.fromkeys(parts))


def _words(error: Any) -> str | None:
    kind, context = error["type"], error.get("ctx") or {}
    if "values" in error:  # it is worded already
        return None
    if kind in ("too_long", "string_too_long") and _is_text(error):
        return f"at most {context['max_length']} characters can be given"
    if kind in ("too_short", "string_too_short") and _is_text(error):
        return f"at least {_counted(context['min_length'])} must be given"
    if kind == "too_long" and "max_length" in context:
        return f"at most {context['max_length']} entries can be given, not {context.get('actual_length') or 'more'}"
    if kind == "too_short" and "min_length" in context:
        return f"at least {context['min_length']} must be given"
    if "; or " in str(error["msg"]):
        return None
    return _WORDS.get(kind)


def _is_text(error: Any) -> bool:
    """Whether the bound is one of characters. What a validator of ours made a text of, pydantic calls a `Value`."""
    return str(error["type"]).startswith("string_") or (error.get("ctx") or {}).get("field_type") == "Value"


def _counted(number: int) -> str:
    return f"{number} character{'' if number == 1 else 's'}"


def _hint(error: Any) -> str:
    given = error.get("input")
    if not isinstance(given, str) or error["loc"][0] != "query":
        return ""
    if _LOST_PLUS.search(given) and str(error["type"]).startswith("date"):
        return "; a + in an address is a space, write it as %2B"
    if "," in given and isinstance(error["loc"][-1], int):
        name = error["loc"][-2]
        return f"; several values are given one by one: {name}=...&{name}=..."
    return ""


def _placed(error: Any, body: Any) -> Any:
    place = list(error["loc"])
    if not place or place[0] != "body":
        return error
    kept, is_of_union = _names_only(place[1:], body, is_name_last=error["type"] in ("extra_forbidden", "missing"))
    if not is_of_union:
        return error
    return {**error, "loc": (place[0], *kept), _IS_OF_UNION: True}


def _names_only(place: Sequence[str | int], annotation: Any, *, is_name_last: bool) -> tuple[list[str | int], bool]:
    """The parts of a place that are names of fields, keys or numbers of entries; whether others were left out."""
    kept: list[str | int] = []
    left_out = False
    shapes = shapes_of(annotation)
    for number, part in enumerate(place):
        inner = [found for shape in shapes for found in within(shape, part)]
        is_last = number == len(place) - 1
        if inner or isinstance(part, int) or (is_last and is_name_last):
            kept.append(part)
            shapes = [shape for each in inner for shape in shapes_of(each)] if inner else shapes
        elif len(shapes) > 1:
            left_out = True
        else:
            kept.append(part)
    return kept, left_out
