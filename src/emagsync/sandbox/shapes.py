"""Shapes: rules by which rows are served in another spelling that says the same, as PHP and careless sellers write it.

The offers themselves stay as they are: what the control API calls the truth does not change with these rules.
"""

import html
from collections.abc import Callable, Sequence
from typing import Any, Final, Literal

import msgspec

from emagsync.sandbox.codec import encode
from emagsync.sandbox.settings import SandboxError

Nothing = Literal["null", "empty_text", "empty_list", "empty_object", "missing", "null_text"]
ShapeKind = Literal["nothing", "spaced_eans", "json_text", "html_entities"]
_LISTS: Final = ("ean", "images", "attachments", "characteristics", "stock", "handling_time", "availability", "family")
_TEXTS: Final = ("name", "brand", "brand_name", "description")
# Fields in which "null" may be meant as a text.
_TEXTS_OR_NOTHING: Final = (
    *("id", "name", "brand", "brand_name", "part_number", "part_number_key", "description", "url"),
    *("safety_information", "doc_errors"),
)
_NOTHINGS: Final[dict[Nothing, Any]] = {
    "null": None,
    "empty_text": "",
    "empty_list": [],
    "empty_object": {},
    "null_text": "null",
}


class Shape(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True, omit_defaults=True):
    """One rule, for the offers ``ids`` (all when not given) of ``account`` (all) and their ``fields``.

    * ``nothing``: what is nothing already (null, empty or missing) is written ``as_`` ``null``, ``empty_text``,
      ``empty_list``, ``empty_object``, ``null_text`` (``"null"``), or is ``missing``; with ``force`` any value is lost
      so. Without ``fields``: every field that the row has, but the id, and texts in the case of ``null_text``;
    * ``spaced_eans``: each EAN with ``separator`` between its groups, like ``5 941234 567890``;
    * ``json_text``: lists and objects as JSON text (``fields``: the lists of a row, ``ean`` and ``images`` among them);
    * ``html_entities``: texts with HTML entities (``fields``: names, brands and the description).
    """

    kind: ShapeKind
    account: str | None = None
    ids: list[int] | None = None
    fields: list[str] | None = None
    as_: Nothing = msgspec.field(name="as", default="empty_list")
    force: bool = False
    separator: str = " "

    def concerns(self, account: str, emag_id: int) -> bool:
        """Whether the rule is for this offer."""
        return self.account in (None, account) and (self.ids is None or emag_id in self.ids)


def shape_from(values: Any) -> Shape:
    """A rule from plain values. Raises :class:`SandboxError` that says what makes no sense."""
    try:
        shape = msgspec.convert(values, Shape)
    except msgspec.ValidationError as error:
        raise SandboxError(f"shape: {error}") from error
    if "id" in (shape.fields or ()):
        raise SandboxError("shape: an id has one shape only.")
    return shape


class Shapes:
    """The rules in force. ``version`` grows with every change of them."""

    def __init__(self) -> None:
        self._rules: list[Shape] = []
        self.version = 1

    def add(self, *shapes: Shape) -> None:
        """Put rules behind those in force."""
        self._rules.extend(shapes)
        self.version += 1

    def clear(self) -> None:
        """Serve rows as they are again."""
        self._rules.clear()
        self.version += 1

    def of(self, account: str, emag_id: int) -> Sequence[Shape]:
        """The rules for one offer."""
        return [shape for shape in self._rules if shape.concerns(account, emag_id)]

    def to_list(self) -> list[dict[str, Any]]:
        """The rules as plain values."""
        return [msgspec.to_builtins(shape) for shape in self._rules]


def shaped(row: dict[str, Any], shapes: Sequence[Shape]) -> dict[str, Any]:
    """A copy of the row in these shapes, one after the other."""
    row = dict(row)
    for shape in shapes:
        _APPLY[shape.kind](row, shape)
    return row


def is_nothing(value: Any) -> bool:
    """Whether a value says nothing, however it is written."""
    return value is None or (isinstance(value, str | list | dict) and (len(value) == 0 or value == "null"))


def _nothing(row: dict[str, Any], shape: Shape) -> None:
    fields = shape.fields
    if fields is None:
        spared = _TEXTS_OR_NOTHING if shape.as_ == "null_text" else ("id",)
        fields = [key for key in row if key not in spared]
    for key in fields:
        if not (shape.force or is_nothing(row.get(key))):
            continue
        if shape.as_ == "missing":
            row.pop(key, None)
        else:
            row[key] = _NOTHINGS[shape.as_]


def _spaced_eans(row: dict[str, Any], shape: Shape) -> None:
    eans = row.get("ean")
    if isinstance(eans, list):
        row["ean"] = [_spaced(ean, shape.separator) for ean in eans]
    elif eans is not None:
        row["ean"] = _spaced(eans, shape.separator)


def _spaced(ean: Any, separator: str) -> Any:
    return separator.join(part for part in (ean[:1], ean[1:7], ean[7:]) if part) if isinstance(ean, str) else ean


def _json_text(row: dict[str, Any], shape: Shape) -> None:
    for key in _LISTS if shape.fields is None else shape.fields:
        if isinstance(row.get(key), list | dict):
            row[key] = encode(row[key]).decode()


def _html_entities(row: dict[str, Any], shape: Shape) -> None:
    for key in _TEXTS if shape.fields is None else shape.fields:
        if isinstance(row.get(key), str):
            row[key] = html.escape(row[key]).encode("ascii", "xmlcharrefreplace").decode()


_APPLY: Final[dict[ShapeKind, Callable[[dict[str, Any], Shape], None]]] = {
    "nothing": _nothing,
    "spaced_eans": _spaced_eans,
    "json_text": _json_text,
    "html_entities": _html_entities,
}
